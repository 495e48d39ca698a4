"""Files made to hurt: a verdict with a remedy, in bounded memory, and never the end of the worker.

Each file is read in a process of its own, which tells the peaks of its memory too.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import hostile
from tests.conftest import ROOT

MIB = 2**20
READ = """
import json, resource, sys
from pathlib import Path
from discovery.readers import Limits, Unreadable, read_file
path = Path(sys.argv[1])
limits = Limits(max_workbook_bytes=512 * 2**20, max_text_bytes=128 * 2**20)
said = {"code": None, "message": "", "rows": []}
try:
    tables = read_file(path, "upload.csv", limits=limits)
    for n, table in enumerate(tables):
        table.rows.sink_parquet(path.with_name(f"{n}.parquet"))
    said["rows"] = [[table.row_count, len(table.columns)] for table in tables]
except Unreadable as error:
    said |= {"code": error.code, "message": error.message}
# Not its own ru_maxrss, which begins with what the process that started it had.
status = Path("/proc/self/status").read_text().partition("VmHWM:")[2]
children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
said["peak"] = [int(status.split()[0]) * 1024, children * 1024]
print(json.dumps(said))
"""


def read(path: Path, content: bytes) -> dict[str, Any]:
    path.write_bytes(content)
    command = [sys.executable, "-c", READ, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    return said


Made = Callable[[], bytes]

REFUSED: dict[str, tuple[Made, str, str, int]] = {
    # what, the verdict, words of it, the most memory in MiB
    "zip bomb": (hostile.bomb, "too_large", "MAX_ARCHIVE_", 300),
    "steep bomb": (hostile.steep_bomb, "too_large", "200 times its size (MAX_ARCHIVE_RATIO)", 300),
    "bomb that lies": (hostile.lying_bomb, "too_large", "MAX_ARCHIVE_RATIO", 300),
    "zips in zips": (hostile.nested_zip, "unsupported", "Unpack it", 300),
    "many files": (hostile.many_files, "too_large", "10,000 files (MAX_ARCHIVE_FILES)", 300),
    "locked": (hostile.locked_zip, "encrypted", "without protection", 300),
    "bomb of text": (hostile.bomb_of_text, "too_large", "MAX_ARCHIVE_RATIO", 300),
    "bomb of workbooks": (hostile.bomb_of_workbooks, "too_large", "MAX_ARCHIVE_", 300),
    "many members": (
        hostile.many_members,
        "too_many_tables",
        "500 tables (MAX_IMPORT_TABLES)",
        300,
    ),
    "bomb of BZIP2": (hostile.bomb_of_bzip2, "unsupported", "another method than Deflate", 300),
    "rows in lists in lists": (
        hostile.rows_in_lists_in_lists,
        "too_many_cells",
        "The list “vms” has 1,000,000 rows and 300 columns",
        700,
    ),
    "endless key": (hostile.endless_key, "cell_too_long", "a key of more than 100,000", 300),
    "types beside keys": (
        hostile.types_beside_keys,
        "too_many_columns",
        "2,000,002 columns",
        900,
    ),
    "lists in lists": (hostile.lists_in_lists, "json", "nested too deeply", 300),
    "lists beside lists": (hostile.lists_beside_lists, "too_many_tables", "MAX_IMPORT_TABLES", 300),
    "keys in an object": (hostile.keys_in_an_object, "too_many_columns", "2,001 columns", 900),
    "types by the thousand": (
        hostile.types_by_the_thousand,
        "too_many_columns",
        "MAX_IMPORT_COLUMNS",
        600,
    ),
    "the same name twice": (hostile.same_name_twice, "too_large", "MAX_WORKBOOK_MB", 300),
    "far cell": (hostile.far_cell, "too_large", "1,048,576 rows and 16,384 columns", 300),
    "far cell, unnamed": (hostile.far_cell_without_reference, "too_large", "MAX_WORKBOOK_MB", 300),
    "column ZZZZZZ": (hostile.column_beyond_the_last, "too_large", "MAX_WORKBOOK_MB", 300),
    "row 4,000,000,000": (hostile.row_beyond_the_last, "too_large", "MAX_WORKBOOK_MB", 300),
    "entities in a sheet": (hostile.laughing_sheet, "unsupported", "entities", 300),
    "entities in strings": (hostile.laughing_strings, "unsupported", "entities", 300),
    "entities in the book": (hostile.laughing_book, "unsupported", "entities", 300),
    "external entity": (hostile.external_entity, "unsupported", "entities", 300),
    "string said often": (hostile.repeated_string, "too_large", "MAX_WORKBOOK_MB", 600),
    "much text": (hostile.repeated_string_below_the_memory, "too_large", "MAX_UPLOAD_MB", 800),
    "absurd count": (hostile.absurd_count, "too_large", "MAX_WORKBOOK_MB", 300),
    "UTF-16": (hostile.wide_xml, "unsupported", "UTF-16", 300),
    "100 MB cell, XLSX": (hostile.long_cell, "too_large", "MAX_ARCHIVE_RATIO", 300),
    "far cell, XLS": (hostile.xls_far_cell, "too_large", "MAX_WORKBOOK_MB", 300),
    "extent of XLS": (hostile.xls_absurd_extent, "too_large", "MAX_WORKBOOK_MB", 300),
    "100 MB cell": (
        lambda: b"Name,Note\na," + b"x" * 100 * MIB,
        "line_too_long",
        "Line 2 is longer than 16 MB (MAX_LINE_MB)",
        300,
    ),
    "100 MB cell in quotes": (
        lambda: b'Name,Note\na,"' + b"xxxxxxxxx\n" * 10 * MIB + b'"\n',
        "cell_too_long",
        "MAX_CELL_CHARS",
        1200,
    ),
    "100 MB of delimiters": (
        lambda: b"Name,Note\n" + b"," * 100 * MIB,
        "line_too_long",
        "Line 2",
        300,
    ),
    "100 MB first line": (lambda: b"x" * 100 * MIB, "too_many_columns", "first line", 300),
    "quote never closed": (
        lambda: b'Name,Note\na,"b\n' + b"c,d\n" * 10 * MIB,
        "quotes",
        "row 2",
        1200,
    ),
    "50,000 columns": (
        lambda: b",".join(b"c%d" % n for n in range(50_000)) + b"\n1,2\n",
        "too_many_columns",
        "",
        300,
    ),
    "16,000 columns and many rows": (
        lambda: b",".join(b"c%d" % n for n in range(16_000)) + b"\n" + b"1,2\n" * MIB,
        "too_many_cells",
        "16,000 columns",
        300,
    ),
    "short rows of many columns": (
        lambda: b",".join(b"c%d" % n for n in range(2_000)) + b"\n" + b"1,2\n" * 10 * MIB,
        "too_many_cells",
        "2,000 columns",
        300,
    ),
    "empty rows of JSON": (
        lambda: (
            b"[" + b"{}," * 2 * MIB + b"{%s}]" % b",".join(b'"c%d":1' % n for n in range(2_000))
        ),
        "too_many_rows",
        "MAX_IMPORT_ROWS",
        1000,
    ),
    "sparse rows of JSON": (
        lambda: b"[" + b"{}," * MIB + b"{%s}]" % b",".join(b'"c%d":1' % n for n in range(2_000)),
        "too_many_cells",
        "MAX_IMPORT_CELLS",
        1000,
    ),
    "100 MB string of JSON": (
        lambda: b'[{"name": "' + b"x" * 100 * MIB + b'"}]',
        "too_large",
        "64 MB (MAX_JSON_MB)",
        300,
    ),
    "50 MB string of JSON": (
        lambda: b'[{"name": "' + b"x" * 50 * MIB + b'"}]',
        "cell_too_long",
        "MAX_CELL_CHARS",
        1000,
    ),
    "brackets": (lambda: b"[" * 100_000 + b"]" * 100_000, "json", "nested too deeply", 300),
    "objects": (
        lambda: b'[{"a":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"]",
        "json",
        "nested too deeply",
        300,
    ),
    "NDJSON with a broken line": (
        lambda: b'{"name": "a"}\n{"name": \n{"name": "c"}\n',
        "json",
        "line 2 of the file",
        300,
    ),
    "UTF-32 cut off": (lambda: "Name\na\n".encode("utf-32")[:-2], "encoding", "UTF-32", 300),
    "UTF-8 cut off": (lambda: "Größe,é\nü,ñ\n".encode() + b"\xc3\n", "encoding", "UTF-8", 300),
    "delimiters alone": (lambda: b",,,,\n" * 100_000, "empty", "check that it has rows", 300),
    "nothing": (lambda: b"", "empty", "Export it again", 300),
    "NUL alone": (lambda: bytes(MIB), "binary", "CSV or XLSX", 300),
}


@pytest.mark.parametrize(("made", "code", "words", "most"), REFUSED.values(), ids=REFUSED)
def test_a_hostile_file_is_refused_within_bounds(
    made: Made, code: str, words: str, most: int, tmp_path: Path
) -> None:
    said = read(tmp_path / "upload", made())
    assert said["code"] == code, said
    assert words in said["message"]
    assert said["message"].endswith(".")
    assert max(said["peak"]) < most * MIB, [peak // MIB for peak in said["peak"]]


READ_AS: dict[str, tuple[Made, list[int]]] = {
    # what, rows and columns
    "declared rows": (hostile.declared_rows, [1, 1]),
    "odd names": (hostile.odd_names, [1, 1]),
    "odd names in a zip": (hostile.odd_zip, [1, 1]),
    "nameless member": (hostile.nameless_member, [1, 2]),
    "strings of XLS": (hostile.xls_absurd_strings, [1, 1]),
    "sectors of XLS": (hostile.xls_absurd_sectors, [0, 1]),
    "thousands of equal headers": (lambda: b",".join([b"Name"] * 2_000) + b"\na,b\n", [1, 2_000]),
    "header alone": (lambda: b"Name,Type\n", [0, 2]),
    "UTF-7": (lambda: "Name,Größe\na,ü\n".encode("utf-7"), [1, 2]),
    "UTF-32": (lambda: "Name,Größe\na,ü\n".encode("utf-32"), [1, 2]),
    "half surrogates": (lambda: b'[{"na\\ud800me": "\\udfff"}]', [1, 1]),
    "keys twice": (lambda: b'[{"name": "a", "name": "b"}]', [1, 1]),
    "figures": (lambda: b'[{"a": 1e400, "b": -0, "c": 1%s, "d": NaN}]' % (b"0" * 5_000), [1, 4]),
}


@pytest.mark.parametrize(("made", "size"), READ_AS.values(), ids=READ_AS)
def test_an_odd_file_is_read_for_what_it_is(made: Made, size: list[int], tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    said = read(folder / "upload", made())
    assert said["rows"] == [size], said
    assert max(said["peak"]) < 300 * MIB
    assert not list(tmp_path.rglob("*escaped*"))
    assert not Path("/tmp/escaped.txt").exists()
