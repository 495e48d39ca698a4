"""Readers on nasty cases made by hand; test_readers_exports.py holds the real files."""

import io
import struct
import zipfile
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from discovery.readers import ROW, Limits, Table, Unreadable, read_file
from tests.workbooks import Cells, grid, xls, xlsx


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def tables(path: Path, content: bytes, *, limits: Limits | None = None) -> list[Table]:
    path.write_bytes(content)
    return read_file(path, "Servers 2026.csv", limits=limits)


def table(path: Path, content: bytes, *, limits: Limits | None = None) -> Table:
    (only,) = tables(path, content, limits=limits)
    return only


def rows(found: Table) -> list[tuple[object, ...]]:
    frame = found.rows.collect()
    assert frame.columns == [ROW, *found.columns]
    assert frame.dtypes == [pl.Int64, *[pl.String] * len(found.columns)]
    assert frame.height == found.row_count
    return frame.rows()


def refusal(path: Path, content: bytes, *, limits: Limits | None = None) -> Unreadable:
    path.write_bytes(content)
    with pytest.raises(Unreadable) as caught:
        read_file(path, "upload", limits=limits)
    return caught.value


TEXTS = {
    "utf-8": (b"Name,IP\na,1\n", ("utf-8", ","), ("Name", "IP"), [(2, "a", "1")]),
    "byte order mark": (
        "\ufeffName;Größe\nä;5\n".encode(),
        ("utf-8", ";"),
        ("Name", "Größe"),
        [(2, "ä", "5")],
    ),
    "utf-16": (
        'Name\tNote\r\na\t"x\ny"\r\n'.encode("utf-16"),
        ("utf-16", "\t"),
        ("Name", "Note"),
        [(2, "a", "x\ny")],
    ),
    "cp1252": (
        "Größe|Preis\n5|3 €\n".encode("cp1252"),
        ("cp1252", "|"),
        ("Größe", "Preis"),
        [(2, "5", "3 €")],
    ),
    "cp1252 after a megabyte of ASCII": (
        b"Name,IP\n" + b"a,1\n" * 300_000 + b"\xfc,2\n",
        ("cp1252", ","),
        ("Name", "IP"),
        [*((row, "a", "1") for row in range(2, 300_002)), (300_002, "ü", "2")],
    ),
    "bare CR": (
        b"Name,IP\ra,1\rb,2",
        ("utf-8", ","),
        ("Name", "IP"),
        [(2, "a", "1"), (3, "b", "2")],
    ),
    "NUL": (b"Name,IP\na\x00b,1\n", ("utf-8", ","), ("Name", "IP"), [(2, "ab", "1")]),
    "one column": (b"Name\na\nb c\n", ("utf-8", None), ("Name",), [(2, "a"), (3, "b c")]),
    "header only": (b"Name,IP", ("utf-8", ","), ("Name", "IP"), []),
    "bar in a header": (
        b"CPU|RAM,Name\n4,a\n8,b\n",
        ("utf-8", ","),
        ("CPU|RAM", "Name"),
        [(2, "4", "a"), (3, "8", "b")],
    ),
    "decimal commas": (
        b"Name;CPU;RAM\na;1,5;2,5\nb;0,5;3,5\n",
        ("utf-8", ";"),
        ("Name", "CPU", "RAM"),
        [(2, "a", "1,5", "2,5"), (3, "b", "0,5", "3,5")],
    ),
    "delimiters in quotes": (
        b'Name,Tags\na,"x;y,z"\nb,"p;q;r"\n',
        ("utf-8", ","),
        ("Name", "Tags"),
        [(2, "a", "x;y,z"), (3, "b", "p;q;r")],
    ),
    "preamble": (
        b'"Report, of ""all"""\nMade by;me\n\nName;IP;OS;Site\na;1;x;y\n',
        ("utf-8", ";"),
        ("Name", "IP", "OS", "Site"),
        [(5, "a", "1", "x", "y")],
    ),
    "separator line": (b"sep=;\nName;IP\na;1\n", ("utf-8", ";"), ("Name", "IP"), [(3, "a", "1")]),
    "blank padding": (
        b"Name,,IP,,\n,,,,\na,,1,,\n\n  , ,,,\nb,,,,\n" + b",,,,\n" * 5_000,
        ("utf-8", ","),
        ("Name", "IP"),
        [(3, "a", "1"), (6, "b", None)],
    ),
    "short rows": (
        b"a,b,c\n1\n1,2\n",
        ("utf-8", ","),
        ("a", "b", "c"),
        [(2, "1", None, None), (3, "1", "2", None)],
    ),
    "a delimiter at the end of each row": (
        b"a,b\n1,2,\n3,4,\n",
        ("utf-8", ","),
        ("a", "b"),
        [(2, "1", "2"), (3, "3", "4")],
    ),
    "names": (
        b"Tag,Tag , Tag (2),,Free   %,__row__\n1,2,3,4,5,6\n",
        ("utf-8", ","),
        ("Tag", "Tag (3)", "Tag (2)", "Column 4", "Free %", "__row__ (2)"),
        [(2, "1", "2", "3", "4", "5", "6")],
    ),
    "outer white space": (
        'a,b\n\u00a0x\u3000,\ty \n" z\n",""\n'.encode(),
        ("utf-8", ","),
        ("a", "b"),
        [(2, "x", "y"), (3, "z", None)],
    ),
    "inches in an open cell": (
        b'Name,Disk,Site\na,2.5" SSD,x\nb,3.5" HDD,y\nc,"19"" rack",z\n',
        ("utf-8", ","),
        ("Name", "Disk", "Site"),
        [(2, "a", '2.5" SSD', "x"), (3, "b", '3.5" HDD', "y"), (4, "c", '19" rack', "z")],
    ),
    "one stray quote": (
        b'Name,Disk\na,2.5"\nb,x\n',
        ("utf-8", ","),
        ("Name", "Disk"),
        [(2, "a", '2.5"'), (3, "b", "x")],
    ),
    "a space before a quote": (
        b'Name,Owners,Site\na, "Sam, Kim",x\nb, "Lee"\n',
        ("utf-8", ","),
        ("Name", "Owners", "Site"),
        [(2, "a", "Sam, Kim", "x"), (3, "b", "Lee", None)],
    ),
}


@pytest.mark.parametrize(("content", "form", "columns", "expected"), TEXTS.values(), ids=TEXTS)
def test_text_is_read_as_it_was_meant(
    content: bytes,
    form: tuple[str, str | None],
    columns: tuple[str, ...],
    expected: list[tuple[object, ...]],
    upload: Path,
) -> None:
    found = table(upload, content)
    assert found.name == "Servers 2026"
    assert (found.encoding, found.delimiter) == form
    assert found.columns == columns
    assert rows(found) == expected


def test_a_text_too_large_to_hold_is_the_same_table(
    upload: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b'Name,,Note\n a ,,"x\ny"\n,,\nb, ,\n,,"  "\n'
    held = table(upload, content)
    monkeypatch.setattr("discovery.readers.lines.HELD_BYTES", 0)
    scanned = table(upload, content)
    assert rows(scanned) == rows(held) == [(2, "a", "x\ny"), (4, "b", None)]
    assert scanned.columns == held.columns == ("Name", "Note")


WHITE_SPACE = "\t\v\f\r \u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("quote", ["", '"'], ids=["bare", "quoted"])
@pytest.mark.parametrize("sign", WHITE_SPACE, ids=ascii)
def test_outer_white_space_of_every_kind_goes(
    sign: str, quote: str, end: str, upload: Path
) -> None:
    """Wherever it stands: whether cells need trimming is told from the lines of the file."""
    for place in range(3):
        for text in (f"{sign}x", f"x{sign}"):
            cells = ["a", "b", "c"]
            cells[place] = f"{quote}{text}{quote}"
            lines = ["n;o;p", ";".join(cells), "d;e;f"]
            found = table(upload, end.join(lines).encode())
            assert rows(found)[0][1 + place] == "x", (place, text)


def test_line_feeds_around_the_text_of_a_cell_go(upload: Path) -> None:
    found = table(upload, b'n,o,p\n"a\n",b,c\nd,"\ne",f\ng,h,"i\n"\n')
    assert rows(found) == [(2, "a", "b", "c"), (3, "d", "e", "f"), (4, "g", "h", "i")]


def test_tabs_are_trimmed_between_tabs(upload: Path) -> None:
    found = table(upload, b'n\to\tp\n"a\t"\tb \t c\n')
    assert rows(found) == [(2, "a", "b", "c")]


def test_thousands_of_blank_columns_are_dropped(upload: Path) -> None:
    padding = b"," * 16_000
    found = table(upload, b"Name" + padding + b"\na" + padding + b"\n")
    assert (found.columns, rows(found)) == (("Name",), [(2, "a")])


REFUSED = {
    "nothing": (b"", "empty", "export it again"),
    "white space": (b" \r\n\n", "empty", "export it again"),
    "blank cells": (b",,\n,,\n", "empty", "export it again"),
    "image": (b"\x89PNG\r\n\x1a\n" + bytes(99), "unsupported", "png image"),
    "document": (b"%PDF-1.7\n%\xe2\xe3", "unsupported", "pdf"),
    "web page": (b"\n<!DOCTYPE html><table>", "unsupported", "html"),
    "program": (bytes(range(256)) * 9, "binary", "csv or xlsx"),
    "cut UTF-16": ("a,b\n".encode("utf-16")[:-1], "encoding", "as utf-8"),
    "Japanese": ("名前,部署\nサーバ,東京\n".encode("shift-jis"), "encoding", "as utf-8"),
    "damaged UTF-8": ("ä,ö,ü\nß,é,ñ\n".encode() + b"\xff\n", "encoding", "as utf-8"),
    "open delimiter": (b"a,b\n1,2\n3,4,5\n6,7\n8,9,0\n", "ragged", "row 3 has more cells"),
    "shifted cells": (b"a,b,c\n1,2,\n3,4,5,\n6,7,\n", "ragged", "row 3 has more cells"),
    "open quote": (b'a,b\n1,2\n3,"4\n5,6\n', "quotes", "row 3"),
    "open quote in a long file": (b'a,b\n1,"2\n' + b"3,4\n" * 50_000, "quotes", "row 2"),
    "wide": (b",".join(b"c%d" % n for n in range(2_001)), "too_many_columns", "2,001"),
    "very wide": (b"," * 20_000 + b"a\n", "too_many_columns", "20,001"),
    "no line ends": (b"x" * 600_000, "too_many_columns", "first line"),
    "long cell": (b"a,b\n1," + b"x" * 100_001, "cell_too_long", "row 2"),
    "cut zip": (b"PK\x03\x04" + bytes(40), "damaged", "save it again"),
    "cut compound": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(999), "damaged", "save it again"),
    "cut JSON": (b'[{"a": 1}, ', "json", "line 1"),
    "cut NDJSON": (b'{"a": 1}\n{"a": ', "json", "line 2 of the file"),
    "JSON document": (b'{"servers":\n [1]}', "json", "a list of objects"),
    "JSON numbers": (b'[{"a": 1}, 2]', "json", "row 2"),
}


@pytest.mark.parametrize(("content", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_an_unreadable_file_is_refused_with_a_remedy(
    content: bytes, code: str, words: str, upload: Path
) -> None:
    verdict = refusal(upload, content)
    assert verdict.code == code
    assert words in verdict.message.lower()
    assert str(verdict) == verdict.message


def test_limits_are_exact(upload: Path) -> None:
    content = "Name,Note\na,äöü\nb,x\n".encode()
    assert len(rows(table(upload, content, limits=Limits(2, 2, 3)))) == 2
    assert refusal(upload, content, limits=Limits(1, 2, 3)).code == "too_many_rows"
    assert refusal(upload, content, limits=Limits(2, 1, 3)).code == "too_many_columns"
    assert refusal(upload, content, limits=Limits(2, 2, 2)).code == "cell_too_long"


def test_sheets_are_read_as_people_see_them(upload: Path) -> None:
    content = xlsx(
        {
            "VMs": {
                **{
                    (3, 2 + place): name for place, name in enumerate(["Name", "CPU", "Seen", "On"])
                },
                (3, 7): "Free % ",
                (5, 2): " vm1 ",
                (5, 3): 8,
                (5, 4): date(2024, 1, 31),
                (5, 5): True,
                (5, 6): "no name",
                (5, 7): 0.1 + 0.2,
                (7, 3): 123_456_789_012_345,
                (7, 4): datetime.fromisoformat("2024-01-31T12:00:00"),
                (7, 5): False,
            },
            "Blank": {},
            "Header only": grid(["Host", "Cluster"]),
            "Hidden": grid(["List of hosts"], [], ["Host", "Cluster"], ["h1", "c1"]),
        },
        hidden=["Hidden"],
    )
    vms, header_only, hidden = tables(upload, content)
    assert (vms.name, vms.header_row, vms.encoding, vms.delimiter) == ("VMs", 4, None, None)
    assert vms.columns == ("Name", "CPU", "Seen", "On", "Column 7", "Free %")
    assert rows(vms) == [
        (6, "vm1", "8", "2024-01-31", "true", "no name", "0.3"),
        (8, None, "123456789012345", "2024-01-31T12:00:00", "false", None, None),
    ]
    assert (header_only.columns, rows(header_only)) == (("Host", "Cluster"), [])
    assert (hidden.name, hidden.header_row, rows(hidden)) == ("Hidden", 3, [(4, "h1", "c1")])


def test_formatted_cells_far_outside_do_not_count(upload: Path) -> None:
    far = xlsx({"S": {(0, 0): "Name", (1, 0): "a", (1_048_575, 16_383): None}})
    assert rows(table(upload, far)) == [(2, "a")]


def test_values_far_outside_are_refused_before_they_fill_the_memory(upload: Path) -> None:
    far = xlsx({"S": {(0, 0): "Name", (1_048_575, 16_383): "x"}})
    verdict = refusal(upload, far)
    assert verdict.code == "too_large"
    assert "1,048,576 rows and 16,384 columns" in verdict.message


def test_a_tall_sheet_of_blank_rows_is_small(upload: Path) -> None:
    tall = xlsx({"S": {(0, 0): "Name", (1, 0): "a", (1_048_575, 0): "z"}})
    assert rows(table(upload, tall)) == [(2, "a"), (1_048_576, "z")]


def test_a_zip_bomb_is_refused_by_what_it_declares_and_by_what_it_holds(upload: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(2_000_000))
    bomb = content.getvalue()
    assert refusal(upload, bomb, limits=Limits(max_archive_bytes=1_000_000)).code == "too_large"
    lying = bomb.replace(struct.pack("<I", 2_000_000), struct.pack("<I", 1_000))
    assert refusal(upload, lying, limits=Limits(max_archive_bytes=3_000_000)).code == "damaged"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (xlsx({"S": {}}), "empty"),
        (xlsx({"S": grid(["Name"], ["a"])})[:-40], "damaged"),
        (xlsx({"S": grid(["Name"], ["x" * 20_000])}), None),
    ],
    ids=["blank", "cut", "whole"],
)
def test_a_workbook_is_whole_or_refused(content: bytes, code: str | None, upload: Path) -> None:
    if code:
        assert refusal(upload, content).code == code
    else:
        assert rows(table(upload, content)) == [(2, "x" * 20_000)]


def test_an_xls_is_told_by_its_content(upload: Path) -> None:
    cells: Cells = {(1, 1): "Name", (1, 2): "CPU", (2, 1): "a", (2, 2): 4.0, (4, 2): 2.5}
    found = table(upload, xls(cells))
    assert (found.name, found.header_row, found.columns) == ("Servers", 2, ("Name", "CPU"))
    assert rows(found) == [(3, "a", "4"), (5, None, "2.5")]
    assert refusal(upload, xls(cells, protected=True)).code == "encrypted"


@pytest.mark.parametrize("name", ["upload.xls", "upload.csv", "upload.xlsb"])
def test_an_xlsx_is_told_by_its_content(name: str, tmp_path: Path) -> None:
    found = table(tmp_path / name, xlsx({"S": grid(["Name", "CPU"], ["a", 2])}))
    assert rows(found) == [(2, "a", "2")]


def test_a_garbled_xls_is_refused_even_where_calamine_panics(upload: Path) -> None:
    whole = xls({(0, 0): "Name", (1, 0): "a"})
    place = whole.index(struct.pack("<HH", 0x0085, 15)) + 4
    verdict = refusal(upload, whole[:place] + b"\xff\xff\xff\x7f" + whole[place + 4 :])
    assert verdict.code == "damaged"
