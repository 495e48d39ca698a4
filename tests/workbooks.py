"""Workbooks made in memory, byte by byte where no library writes them."""

import io
import struct
from collections.abc import Mapping, Sequence

import xlsxwriter

Cells = Mapping[tuple[int, int], object]


def xlsx(sheets: Mapping[str, Cells], *, hidden: Sequence[str] = ()) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for (row, column), value in cells.items():
                sheet.write(row, column, value, None if value is not None else book.add_format())
            if name in hidden:
                sheet.hide()
    return content.getvalue()


def grid(*lines: Sequence[object]) -> Cells:
    return {
        (row, column): value for row, line in enumerate(lines) for column, value in enumerate(line)
    }


def xls(cells: Cells, *, protected: bool = False) -> bytes:
    """A BIFF8 workbook with one sheet "Servers", in an OLE file: no library here writes them."""
    start = biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    start += biff(0x002F, struct.pack("<H", 1) + bytes(52)) if protected else b""
    padding = biff(0x00E1, bytes(4096))  # an OLE stream below 4,096 bytes is kept elsewhere
    offset = len(start) + 19 + len(padding) + 4
    start += biff(0x0085, struct.pack("<IHBB", offset, 0, 7, 0) + b"Servers") + padding
    sheet = biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for (row, column), value in cells.items():
        place = struct.pack("<HHH", row, column, 0)
        if isinstance(value, str):
            text = struct.pack("<HB", len(value), 0) + value.encode("latin-1")
            sheet += biff(0x0204, place + text)
        else:
            sheet += biff(0x0203, place + struct.pack("<d", value))
    return ole(start + biff(0x000A) + sheet + biff(0x000A))


def biff(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def ole(stream: bytes) -> bytes:
    """A compound file whose only stream is the workbook: header, FAT, directory, stream."""
    end, free, no_entry = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF
    count = -(-len(stream) // 512)
    fat = [0xFFFFFFFD, end, *range(3, count + 2), end] + [free] * (126 - count)
    header = struct.pack(
        "<8s16x5H10x8I109I",
        bytes.fromhex("d0cf11e0a1b11ae1"),
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(1, 1, 0, 4096, end, 0, end, 0),
        *(0, *[free] * 108),
    )
    directory = b""
    for name, kind, child, first, size in [
        ("Root Entry", 5, 1, end, 0),
        ("Workbook", 2, no_entry, 2, len(stream)),
    ]:
        title = (name + "\0").encode("utf-16-le")
        links = (no_entry, no_entry, child)
        directory += struct.pack("<64sHBB3I36xIQ", title, len(title), kind, 1, *links, first, size)
    sectors = struct.pack("<128I", *fat) + directory.ljust(512, b"\0") + stream
    return header + sectors.ljust((count + 2) * 512, b"\0")
