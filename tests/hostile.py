"""Files made to hurt: small where they lie, large where they are read."""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping

from tests.workbooks import biff, grid, ole, xlsx

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


def zipped(parts: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return content.getvalue()


def parts_of(workbook: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return {part.filename: archive.read(part) for part in archive.infolist()}


def workbook(**parts: bytes) -> bytes:
    """A small sound workbook (Name: a) in which `sheet`, `strings` or `book` are replaced."""
    names = {"sheet": SHEET, "strings": STRINGS, "book": "xl/workbook.xml"}
    sound = parts_of(xlsx({"S": grid(["Name"], ["a"])}))
    return zipped(sound | {names[key]: data for key, data in parts.items()})


def sheet(rows: str, *, extent: str = "A1:A2", before: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<worksheet {MAIN}>'
        f'<dimension ref="{extent}"/><sheetData>{rows}</sheetData></worksheet>'
    ).encode()


def strings(*texts: str, count: int | None = None) -> bytes:
    count = len(texts) if count is None else count
    items = "".join(f"<si><t>{text}</t></si>" for text in texts)
    return f'<sst {MAIN} count="{count}" uniqueCount="{count}">{items}</sst>'.encode()


NAMED = '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row>'
ONE = NAMED + '<row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c></row>'


def declared_rows() -> bytes:
    """Says that it has 17 billion cells, and has two."""
    return workbook(sheet=sheet(ONE, extent="A1:XFD1048576"))


def far_cell() -> bytes:
    return xlsx({"S": {(0, 0): "Name", (1_048_575, 16_383): "x"}})


def far_cell_without_reference() -> bytes:
    """The corner's column stands in one row, and its row bears a cell that does not say where."""
    corner = '<row r="1"><c r="XFD1"><v>1</v></c></row><row r="1048576"><c><v>1</v></c></row>'
    return workbook(sheet=sheet(corner))


def column_beyond_the_last() -> bytes:
    return workbook(sheet=sheet(NAMED + '<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>'))


def row_beyond_the_last() -> bytes:
    return workbook(sheet=sheet(NAMED + '<row r="2"><c r="A4000000000"><v>1</v></c></row>'))


def laughs(entity: str = "&laugh9;") -> str:
    levels = "".join(
        f'<!ENTITY laugh{n} "{f"&laugh{n - 1};" * 10}">' for n in range(1, 10)
    )  # ten to the power of nine
    return f'<!DOCTYPE x [<!ENTITY laugh0 "ha">{levels}]>'


def laughing_sheet() -> bytes:
    row = '<row r="1"><c r="A1" t="inlineStr"><is><t>&laugh9;</t></is></c></row>'
    return workbook(sheet=sheet(row, before=laughs()))


def laughing_strings() -> bytes:
    return workbook(strings=laughs().encode() + strings("&laugh9;"))


def laughing_book() -> bytes:
    book = parts_of(xlsx({"S": grid(["Name"])}))["xl/workbook.xml"]
    return workbook(book=book.replace(b"<workbook", laughs().encode() + b"<workbook", 1))


def external_entity() -> bytes:
    fetch = '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    return workbook(strings=fetch.encode() + strings("&file;"))


def repeated_string() -> bytes:
    """30 kB, said 100,000 times: 3 GB of text."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 100_001))
    return workbook(sheet=sheet(rows), strings=strings("x" * 30_000))


def repeated_string_below_the_memory() -> bytes:
    """30 kB, said 6,000 times: 180 MB of text, which fit into the memory for once."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 6_001))
    return workbook(sheet=sheet(rows), strings=strings("x" * 30_000))


def absurd_count() -> bytes:
    return workbook(strings=strings("Name", count=4_000_000_000))


def long_cell() -> bytes:
    cell = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"x" * 100 * 2**20}</t></is></c></row>'
    return workbook(sheet=sheet(NAMED + cell))


def wide_xml() -> bytes:
    text = sheet(ONE).decode().replace("UTF-8", "UTF-16")
    return workbook(sheet=text.encode("utf-16"))


def bomb() -> bytes:
    """200 MB of zeros in 200 kB, none of which is large by itself."""
    zeros = {f"xl/worksheets/sheet{n}.xml": bytes(10 * 2**20) for n in range(20)}
    return zipped({"xl/workbook.xml": b"<workbook/>"} | zeros)


def steep_bomb() -> bytes:
    return zipped({"xl/workbook.xml": b"<workbook/>", SHEET: bytes(100 * 2**20)})


def lying_bomb() -> bytes:
    """Declares the size and the checksum of its first kilobyte; the stream goes on for 100 MB."""
    bomb = zipped({"xl/workbook.xml": b"<workbook/>", SHEET: bytes(100 * 2**20)})
    true = struct.pack("<I", zlib.crc32(bytes(100 * 2**20))), struct.pack("<I", 100 * 2**20)
    told = struct.pack("<I", zlib.crc32(bytes(1024))), struct.pack("<I", 1024)
    for old, new in zip(true, told, strict=True):
        bomb = bomb.replace(old, new)
    return bomb


def nested_zip() -> bytes:
    inner = zipped({"deep.csv": bytes(50 * 2**20)})
    for _ in range(3):
        inner = zipped({f"{n}.zip": inner for n in range(10)})
    return inner


def many_files() -> bytes:
    return zipped({"xl/workbook.xml": b""} | {f"xl/{n}.xml": b"" for n in range(20_000)})


def odd_names() -> bytes:
    """A sound workbook with entries that an unpacker would write outside its folder."""
    content = io.BytesIO(workbook())
    with zipfile.ZipFile(content, "a") as archive:
        for name in (
            "../../escaped.txt",
            "/tmp/escaped.txt",
            "C:\\escaped.txt",
            "xl/",
            "xl/a\r\nb",
        ):
            archive.writestr(name, b"escaped")
        link = zipfile.ZipInfo("xl/link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return content.getvalue()


def locked_zip() -> bytes:
    locked = bytearray(workbook())
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[locked.index(mark) + place] |= 1
    return bytes(locked)


def same_name_twice() -> bytes:
    content = io.BytesIO(workbook())
    with zipfile.ZipFile(content, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(SHEET, far_sheet())
    return content.getvalue()


def far_sheet() -> bytes:
    return parts_of(far_cell())[SHEET]


def odd_zip() -> bytes:
    """A zip archive of one inventory, which would land outside its folder."""
    content = io.BytesIO(zipped({"../../escaped.txt.csv": b"Name\na\n"}))
    with zipfile.ZipFile(content, "a") as archive:
        link = zipfile.ZipInfo("/tmp/escaped.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return content.getvalue()


def bomb_of_text() -> bytes:
    return zipped({f"{n}.csv": b"Name,Note\n" + b"a,b\n" * 2**20 for n in range(20)})


def bomb_of_workbooks() -> bytes:
    """Each member is harmless: 30 MB in 40 kB. Together they are not."""
    note = {"xl/media/note.txt": bytes(30 * 2**20)}
    book = zipped(parts_of(workbook()) | note)
    return zipped({f"{n}.xlsx": book for n in range(100)})


def bomb_of_bzip2() -> bytes:
    """1 GB of zeros in 800 bytes, which `zipfile` unpacks in one go."""
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_BZIP2) as archive,
        archive.open("a.csv", "w") as member,
    ):
        for _ in range(64):
            member.write(bytes(16 * 2**20))
    return content.getvalue()


def nameless_member() -> bytes:
    """Its name begins with a NUL, where `zipfile` ends it."""
    return zipped({"q.csv": b"Name,CPU\na,2\n"}).replace(b"q.csv", b"\0.csv")


def many_members() -> bytes:
    return zipped({f"{n}.csv": b"Name\na\n" for n in range(600)})


def lists_in_lists() -> bytes:
    """Each list stands in the record of another, 600 of them."""
    inner = b'{"name": "a"}'
    for _ in range(600):
        inner = b'{"name": "a", "vms": [%s]}' % inner
    return b"[" + inner + b"]"


def lists_beside_lists() -> bytes:
    lists = b",".join(b'"l%d vms": [{"name": 1, "os": 2}]' % n for n in range(1_500))
    return b'{"name": "a", %s}' % lists


def rows_in_lists_in_lists() -> bytes:
    """14 MB of rows, each of which the 300 lists around it would tell their names."""
    depth = 300
    rows = b",".join([b'{"name": "b"}'] * 1_000_000)
    return b'{"name": "a", "vms": [' * depth + rows + b"]}" * depth


def endless_key() -> bytes:
    """A name of 1 MB that a hundred columns would bear before their own."""
    inner = b",".join(b'"k%d": 1' % n for n in range(100))
    row = b'{"name": "a", "b": {%s}, "%s": {%s}}' % (inner, b"x" * 2**20, inner)
    return b"[%s]" % row


def types_beside_keys() -> bytes:
    """The keys of 299 types, each held against the four million of another."""
    rows = [b'{"type": "t%d", "kind": "k%d", "z%d": 1}' % (n, n, n) for n in range(299)]
    keys = b",".join(b'"w%d":0' % n for n in range(2_000_000))
    return b'[{"type": "t", "kind": "k", %s}, %s]' % (keys, b",".join(rows))


def keys_in_an_object() -> bytes:
    keys = b",".join(b'"k%d": %d' % (n, n) for n in range(1_000_000))
    return b'[{"name": "a", "inner": {%s}}]' % keys


def types_by_the_thousand() -> bytes:
    rows = b",".join(b'{"type": "t%d", "k%d": 1, "l%d": 2}' % (n, n, n) for n in range(100_000))
    return b"[%s]" % rows


def xls_with(*records: bytes) -> bytes:
    """A BIFF8 workbook with one sheet, whose records these are."""
    start = biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    padding = biff(0x00E1, bytes(4096))
    offset = len(start) + 19 + len(padding) + 4
    start += biff(0x0085, struct.pack("<IHBB", offset, 0, 7, 0) + b"Servers") + padding
    page = biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    return ole(start + biff(0x000A) + page + b"".join(records) + biff(0x000A))


def xls_cell(row: int, column: int, text: str) -> bytes:
    place = struct.pack("<HHHHB", row, column, 0, len(text), 0)
    return biff(0x0204, place + text.encode("latin-1"))


def xls_far_cell() -> bytes:
    return xls_with(xls_cell(0, 0, "Name"), xls_cell(65_535, 65_535, "x"))


def xls_absurd_extent() -> bytes:
    extent = biff(0x0200, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0))
    return xls_with(extent, xls_cell(0, 0, "Name"), xls_cell(1, 0, "a"))


def xls_absurd_strings() -> bytes:
    shared = biff(0x00FC, struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF))
    return xls_with(shared, xls_cell(0, 0, "Name"), xls_cell(1, 0, "a"))


def xls_absurd_sectors() -> bytes:
    whole = bytearray(xls_with(xls_cell(0, 0, "Name")))
    whole[44:48] = whole[72:76] = struct.pack("<I", 0x7FFFFFFF)  # FAT and DIFAT sectors
    return bytes(whole)
