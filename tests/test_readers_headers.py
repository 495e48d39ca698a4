"""Headers of several rows are told from data, and data is never taken for a header."""

from pathlib import Path

import pytest

from discovery.readers import Choices, Table, read_file
from tests.workbooks import grid, xlsx

Rows = list[list[str]]

BODY: Rows = [["srv1", "4", "16"], ["srv2", "8", "32"], ["srv3", "2", "8"]]
GROUPS = ["", "Memory", "", "Disk", ""]
PARTS = ["Name", "Total", "Used", "Total", "Used"]
FIGURES: Rows = [["a", "8", "4", "80", "40"], ["b", "6", "3", "60", "30"]]

HEADERS: dict[str, tuple[Rows, tuple[str, ...], int, int]] = {
    # what, the rows, the names, the row that names the columns, the number of rows of data
    "types": (
        [["name", "cpu", "ram"], ["String", "Integer", "decimal(10,2)"], *BODY],
        ("name", "cpu", "ram"),
        1,
        3,
    ),
    "types and no data": ([["name", "cpu"], ["text, required", "int"]], ("name", "cpu"), 1, 0),
    "a second header": (
        [["host_name", "cpu_count", "ram_gb"], ["Host name", "CPU count", "RAM (GB)"], *BODY],
        ("host_name", "cpu_count", "ram_gb"),
        1,
        3,
    ),
    "a second header in another language, and types": (
        [
            ["hostname", "cpu", "ram"],
            ["名前", "CPU数", "メモリ"],
            ["string", "int", "int"],
            *BODY,
        ],
        ("hostname", "cpu", "ram"),
        1,
        3,
    ),
    "the header again": (
        [["name", "cpu", "ram"], ["name", "cpu", "ram"], *BODY],
        ("name", "cpu", "ram"),
        1,
        3,
    ),
    "units": (
        [["name", "cpu", "ram (mb)", "disk"], ["", "GHz", "MB", "[GB]"], ["a", "2", "4", "8"]],
        ("name", "cpu (GHz)", "ram (mb)", "disk (GB)"),
        1,
        1,
    ),
    "groups": (
        [GROUPS, PARTS, *FIGURES],
        ("Name", "Memory / Total", "Memory / Used", "Disk / Total", "Disk / Used"),
        2,
        2,
    ),
    "groups of which no name comes twice": (
        [["Machine", "", "Use", "", ""], ["Name", "Site", "CPU", "RAM", "Disk"], *FIGURES],
        ("Name", "Site", "CPU", "RAM", "Disk"),
        2,
        2,
    ),
    "merged cells beside cells of two rows": (
        [["Name", "Memory", "", "Disk", ""], ["", "Total", "Used", "Total", "Used"], *FIGURES],
        ("Name", "Memory / Total", "Memory / Used", "Disk / Total", "Disk / Used"),
        2,
        2,
    ),
    "merged cells beside more cells of two rows": (
        [
            ["Name", "Site", "Owner", "Memory", ""],
            ["", "", "", "Total", "Used"],
            ["a", "x", "p", "8", "4"],
            ["b", "y", "q", "6", "3"],
        ],
        ("Name", "Site", "Owner", "Memory / Total", "Memory / Used"),
        2,
        2,
    ),
    "a preamble and types": (
        [["Servers of all sites"], [], ["name", "cpu", "ram"], ["text", "int", "int"], *BODY],
        ("name", "cpu", "ram"),
        3,
        3,
    ),
}

DATA: dict[str, Rows] = {
    "values that begin as their column is called": [
        ["name", "site", "cluster", "device"],
        ["Machine A", "Site A", "Cluster A", "Device A"],
        ["Machine B", "Site B", "Cluster B", "Device B"],
        ["Machine C", "Site C", "Cluster C", "Device C"],
    ],
    "one row that does": [["Type", "Name"], ["Type A", "Name A"], ["x", "y"], ["z", "w"]],
    "one word that repeats a name": [["name", "type", "cpu"], ["b", "Type", "four"], *BODY],
    "words above figures": [["name", "cpu", "ram"], ["template", "small", "large"], *BODY],
    "words of types": [["column", "type"], ["string", "text"], ["date", "date"], ["x", "int"]],
    "a table of types": [["Field", "Type"], ["host", "string"], ["cpu", "integer"]],
    "a row that goes on": [
        ["Name", "Note", "", "CPU"],
        ["", "more", "of it", ""],
        ["a", "b", "", "1"],
    ],
    "one unit": [["Name", "Unit", "Size"], ["", "GB", ""], ["a", "GB", "1"]],
    "units with a name": [["Name", "Unit", "Other"], ["disk", "GB", "MB"], ["ram", "MB", "GB"]],
    "two rows": [["name", "cpu"], ["Name", "CPU"]],
}


def read(path: Path, rows: Rows, form: str, choices: Choices | None = None) -> Table:
    text = "".join(
        ",".join(f'"{cell}"' if "," in cell else cell for cell in row) + "\n" for row in rows
    )
    path.write_bytes(xlsx({"S": grid(*rows)}) if form == "xlsx" else text.encode())
    (found,) = read_file(path, "upload", choices=choices)
    return found


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(("rows", "names", "row", "count"), HEADERS.values(), ids=HEADERS)
def test_a_header_of_several_rows(
    rows: Rows, names: tuple[str, ...], row: int, count: int, form: str, tmp_path: Path
) -> None:
    found = read(tmp_path / "upload", rows, form)
    assert (found.columns, found.header_row) == (names, row)
    cells = found.rows.collect().rows()
    first = len(rows) - count + 1
    assert [line[0] for line in cells] == list(range(first, len(rows) + 1))
    assert [list(line[1:]) for line in cells] == rows[len(rows) - count :]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("rows", DATA.values(), ids=DATA)
def test_a_row_of_data_is_never_a_header(rows: Rows, form: str, tmp_path: Path) -> None:
    found = read(tmp_path / "upload", rows, form)
    assert (found.header_row, found.row_count) == (1, len(rows) - 1)


def test_a_chosen_header_keeps_what_stands_around_it(tmp_path: Path) -> None:
    rows = [
        ["Servers", "and", "more"],
        GROUPS,
        PARTS,
        ["text", "int", "int", "int", "int"],
        *FIGURES,
    ]
    found = read(tmp_path / "upload", rows, "csv", Choices(header_row=3))
    assert found.columns[1:3] == ("Memory / Total", "Memory / Used")
    assert (found.header_row, found.row_count) == (3, 2)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_chosen_header_names_the_columns_itself(form: str, tmp_path: Path) -> None:
    rows, _, found_row, _ = HEADERS["merged cells beside cells of two rows"]
    found = read(tmp_path / "upload", rows, form, Choices(header_row=found_row - 1))
    assert (found.columns[:3], found.row_count) == (("Name", "Memory", "Column 3"), 3)
    assert found.header_row == 1
