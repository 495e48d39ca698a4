"""Zip archives: which members are read, which are left out and which end the import."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from discovery.readers import Limits, Table, Unreadable, read_file
from tests.hostile import zipped
from tests.workbooks import grid, xls, xlsx

CSV = b"Name,CPU\na,2\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(99)


def read(folder: Path, content: bytes, limits: Limits | None = None) -> list[Table]:
    path = folder / "upload"
    path.write_bytes(content)
    return read_file(path, "export.zip", limits=limits)


def cells(tables: list[Table]) -> dict[str, list[tuple[object, ...]]]:
    return {table.name: table.rows.collect().rows() for table in tables}


def refusal(folder: Path, parts: Mapping[str, bytes], limits: Limits | None = None) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(folder, zipped(parts), limits)
    return caught.value


def test_each_member_is_read_by_its_content(tmp_path: Path) -> None:
    parts = {
        "out/": b"",
        "out/servers.csv": CSV,
        "out/wide.txt": "Name\tCPU\nb\t4\n".encode("utf-16"),
        "out/lists.json": b'{"hosts": [{"name": "c", "vms": [{"name": "d", "os": "x"}]}]}',
        "out/lines.log": b'{"name": "e"}\n{"name": "f"}\n',
        "out/book.bin": xlsx({"S1": grid(["Name"], ["g"]), "S2": grid(["Name"], ["h"])}),
        "out/old.dat": xls({(0, 0): "Name", (1, 0): "i"}),
    }
    tables = read(tmp_path, zipped(parts))
    assert cells(tables) == {
        "servers": [(2, "a", "2")],
        "wide": [(2, "b", "4")],
        "lists/hosts": [(1, "c")],
        "lists/vms": [(1, "c", "d", "x")],
        "lines": [(1, "e"), (2, "f")],
        "book/S1": [(2, "g")],
        "book/S2": [(2, "h")],
        "old/Servers": [(2, "i")],
    }
    assert [table.notes for table in tables] == [()] * 8
    assert (tables[1].encoding, tables[1].delimiter, tables[1].header_row) == ("utf-16", "\t", 1)


def test_a_name_that_turns_the_direction_of_writing_is_shown_plainly(tmp_path: Path) -> None:
    (table,) = read(tmp_path, zipped({"out/\u202eab\r\nc.csv": CSV}))
    assert table.name == "abc"


def test_a_single_member_keeps_its_names(tmp_path: Path) -> None:
    book = xlsx({"vInfo": grid(["VM"], ["a"]), "vHost": grid(["Host"], ["h"])})
    assert list(cells(read(tmp_path, zipped({"RVTools.xlsx": book})))) == ["vInfo", "vHost"]


def test_members_of_the_same_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    parts = {"east/servers.csv": CSV, "west/servers.csv": CSV}
    assert list(cells(read(tmp_path, zipped(parts)))) == ["east/servers", "west/servers"]


def test_what_is_no_inventory_is_left_out_and_told(tmp_path: Path) -> None:
    parts = {
        "__MACOSX/._servers.csv": b"\x00\x05\x16\x07",
        ".DS_Store": bytes(99),
        "Thumbs.db": bytes(99),
        "servers.csv": CSV,
        "empty.csv": b"",
        "logo.png": PNG,
        "manual.pdf": b"%PDF-1.7\n%\xe2\xe3",
        "README.md": b"Name, role\nof each file\n",
        "note.txt": b"Made by the exporter\non a Monday\n",
    }
    (table,) = read(tmp_path, zipped(parts))
    assert [note.partition(" was left out. ")[::2] for note in table.notes] == [
        ("empty.csv", "The file is empty. Export it again and check that it has rows."),
        ("logo.png", "The file is a PNG image. Export the inventory as CSV or XLSX instead."),
        ("manual.pdf", "The file is a PDF document. Export the inventory as CSV or XLSX instead."),
        ("README.md", "It describes the archive."),
        ("note.txt", "It is text without columns."),
    ]


def test_long_lists_of_what_was_left_out_end_with_their_number(tmp_path: Path) -> None:
    (table,) = read(tmp_path, zipped({"a.csv": CSV} | {f"{n}.png": PNG for n in range(1_000)}))
    assert (len(table.notes), table.notes[-1]) == (21, "980 more were left out.")


REFUSED = {
    # members, the verdict, words of it
    "damaged member": ({"a.csv": CSV, "b.xlsx": xlsx({})[:-40]}, "damaged", "b.xlsx: The workbook"),
    "ragged member": ({"a.csv": b"x,y\n1,2\n3,4,5\n6,7\n8,9,0\n"}, "ragged", "a.csv: Row 3"),
    "picture called CSV": ({"a.csv": PNG}, "unsupported", "a.csv: The file is a PNG image"),
    "nested": ({"a.csv": CSV, "b.zip": zipped({"c.csv": CSV})}, "unsupported", "Unpack it"),
    "nested and renamed": ({"b.csv": zipped({"c.csv": CSV})}, "unsupported", "b.csv is a zip"),
    "pictures": ({"a.png": PNG, "b.png": PNG}, "unsupported", "a.png was left out"),
    "litter": ({".DS_Store": bytes(9)}, "unsupported", "holds no inventory. It is empty"),
    "document": ({"[Content_Types].xml": b"", "word/a.xml": b""}, "unsupported", "as XLSX"),
}


@pytest.mark.parametrize(("parts", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_a_member_that_is_an_inventory_must_be_readable(
    parts: Mapping[str, bytes], code: str, words: str, tmp_path: Path
) -> None:
    verdict = refusal(tmp_path, parts)
    assert verdict.code == code
    assert words in verdict.message
    assert verdict.message.endswith(".")


def test_limits_hold_for_the_archive_as_a_whole(tmp_path: Path) -> None:
    two = {"a.csv": CSV * 9, "b.csv": CSV * 9}
    size = len(CSV) * 9
    assert len(read(tmp_path, zipped(two), Limits(max_archive_bytes=2 * size))) == 2
    for limits, code in [
        (Limits(max_archive_bytes=2 * size - 1), "too_large"),
        (Limits(max_archive_files=1), "too_large"),
        (Limits(max_tables=1), "too_many_tables"),
        (Limits(max_rows=1), "too_many_rows"),
    ]:
        assert refusal(tmp_path, two, limits).code == code


def test_a_workbook_in_the_archive_counts_with_what_it_unpacks_to(tmp_path: Path) -> None:
    book = xlsx({"S": grid(["Name"], *([["x" * 999]] * 99))})
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        size = sum(part.file_size for part in parts.infolist()) + len(book)
    assert len(read(tmp_path, zipped({"a.xlsx": book}), Limits(max_archive_bytes=size))) == 1
    limits = Limits(max_archive_bytes=size - 1)
    assert refusal(tmp_path, {"a.xlsx": book}, limits).code == "too_large"


def test_a_locked_archive_is_refused(tmp_path: Path) -> None:
    locked = bytearray(zipped({"a.csv": CSV}))
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[locked.index(mark) + place] |= 1
    with pytest.raises(Unreadable, match="protected by a password") as caught:
        read(tmp_path, bytes(locked))
    assert caught.value.code == "encrypted"


def test_names_of_members_lead_nowhere(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    names = ("../../escaped.csv", "/tmp/escaped.csv", "C:\\escaped.csv", "x/../../escaped.csv")
    tables = read(folder, zipped(dict.fromkeys(names, CSV)))
    assert [table.row_count for table in tables] == [1] * 4
    assert not list(tmp_path.rglob("*escaped*"))
    assert not Path("/tmp/escaped.csv").exists()
