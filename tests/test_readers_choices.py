"""What a person decides about a file overrules what is found, or is refused with a way out."""

from pathlib import Path

import pytest

from discovery.readers import Choices, Table, Unreadable, read_file
from tests.workbooks import grid, xlsx

PREAMBLE = b"Name;Site\nhosts;2\n\nHost;CPU\na;4\nb;8\n"
BOOK = xlsx(
    {
        "VMs": grid(["VM list"], ["Name", "CPU"], ["a", 4]),
        "Hosts": grid(["Host", "Cluster"], ["h1", "c1"]),
        "Blank": {},
        "Long": grid(*[["x", row] for row in range(1, 301)]),
    }
)


def read(path: Path, content: bytes, **chosen: object) -> list[Table]:
    path.write_bytes(content)
    return read_file(path, "servers.csv", choices=Choices(**chosen))  # type: ignore[arg-type]


def rows(found: Table) -> list[tuple[object, ...]]:
    return found.rows.collect().rows()


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    return tmp_path / "upload"


def test_a_header_row_of_a_text(upload: Path) -> None:
    (found,) = read(upload, PREAMBLE, header_row=4)
    assert (found.columns, found.header_row) == (("Host", "CPU"), 4)
    assert rows(found) == [(5, "a", "4"), (6, "b", "8")]


def test_a_header_row_beyond_the_rows_that_are_sampled(upload: Path) -> None:
    (found,) = read(upload, b'"x\ny",1\n' * 100_000 + b"Host,CPU\na,4\n", header_row=100_001)
    assert (found.columns, found.header_row) == (("Host", "CPU"), 100_001)
    assert rows(found) == [(100_002, "a", "4")]


def test_a_header_row_of_a_sheet(upload: Path) -> None:
    (found,) = read(upload, BOOK, sheet="VMs", header_row=1)
    assert (found.columns, found.header_row) == (("VM list", "Column 2"), 1)
    assert rows(found) == [(2, "Name", "CPU"), (3, "a", "4")]


def test_a_header_row_beyond_the_rows_that_a_sheet_is_sampled_by(upload: Path) -> None:
    (found,) = read(upload, BOOK, sheet="Long", header_row=299)
    assert (found.columns, rows(found)) == (("x", "299"), [(300, "x", "300")])


def test_a_delimiter(upload: Path) -> None:
    (found,) = read(upload, b"a,b;c\n1,2;3\n", delimiter=";")
    assert (found.columns, found.delimiter, rows(found)) == (("a,b", "c"), ";", [(2, "1,2", "3")])
    (found,) = read(upload, b"a^b,c\n1^2,3\n", delimiter="^")
    assert rows(found) == [(2, "1", "2,3")]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Größe,b"),
        ("utf-8-sig", "Größe,b"),
        ("utf-16", "名前,部署"),
        ("cp1252", "Größe,b"),
        ("latin-1", "Größe,b"),
        ("cp1250", "Příkaz,b"),
        ("cp1251", "Имя,b"),
        ("shift_jis", "名前,部署"),
        ("gb18030", "名称,部门"),
        ("euc-kr", "이름,부서"),
        ("big5", "名稱,部門"),
    ],
)
def test_an_encoding(encoding: str, text: str, upload: Path) -> None:
    (found,) = read(upload, f"{text}\n{text}\n".encode(encoding), encoding=encoding)
    assert (found.columns, found.encoding) == (tuple(text.split(",")), encoding)
    assert rows(found) == [(2, *text.split(","))]


def test_one_sheet_alone(upload: Path) -> None:
    (found,) = read(upload, BOOK, sheet="Hosts")
    assert (found.name, rows(found)) == ("Hosts", [(2, "h1", "c1")])
    (found,) = read(upload, b'[{"a": 1}]', sheet="servers")
    assert rows(found) == [(1, "1")]


@pytest.mark.parametrize(
    ("content", "chosen", "words"),
    [
        (BOOK, {"sheet": "vms"}, "no sheet or table “vms” with a value. Choose one of: “VMs”"),
        (BOOK, {"sheet": "a\0b\ud800"}, "Choose one of: “VMs”, “Hosts”"),
        (BOOK, {"sheet": "Blank"}, "Choose one of: “VMs”"),
        (BOOK, {"sheet": "VMs", "header_row": 4}, "the last row with a value is row 3"),
        (BOOK, {"header_row": 3}, "Sheet “Hosts” has no value in row 3"),
        (b"a,b\n1,2\n", {"sheet": "x"}, "Choose one of: “servers”"),
        (b'[{"a": 1}]', {"sheet": "x"}, "Choose one of: “servers”"),
        (PREAMBLE, {"header_row": 3}, "The file has no value in row 3"),
        (PREAMBLE, {"header_row": 7}, "the last row with a value is row 6"),
        ("Größe\n".encode("cp1252"), {"encoding": "utf-8"}, "not written in utf-8"),
        (b"a\n\x81\n", {"encoding": "cp1252"}, "not written in cp1252"),
        ("Größe\n".encode(), {"encoding": "euc-kr"}, "Choose another encoding"),
    ],
)
def test_a_choice_that_does_not_fit_the_file(
    content: bytes, chosen: dict[str, object], words: str, upload: Path
) -> None:
    with pytest.raises(Unreadable) as caught:
        read(upload, content, **chosen)
    assert caught.value.code == "choice"
    assert words in caught.value.message
    assert caught.value.message.encode()


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"header_row": 0}, "counted from 1"),
        ({"delimiter": ""}, "one ASCII sign"),
        ({"delimiter": ",,"}, "one ASCII sign"),
        ({"delimiter": '"'}, "one ASCII sign"),
        ({"delimiter": "\n"}, "one ASCII sign"),
        ({"delimiter": "\x1e"}, "one ASCII sign"),
        ({"delimiter": "、"}, "one ASCII sign"),
        ({"encoding": "rot13"}, "must be one of: utf-8"),
    ],
)
def test_a_choice_that_never_can_be(chosen: dict[str, object], words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        Choices(**chosen)  # type: ignore[arg-type]
    assert (caught.value.code, words in caught.value.message) == ("choice", True)
