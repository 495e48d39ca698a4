"""Readers: from an uploaded file or rows of JSON to tables of text."""

from pathlib import Path, PureWindowsPath

from .choices import Choices, chosen
from .rows import read_json, read_rows
from .signature import Kind, kind_of
from .table import ROW, Limits, Table, Unreadable
from .text import read_text
from .workbook import read_workbook

__all__ = ["ROW", "Choices", "Limits", "Table", "Unreadable", "read_file", "read_rows"]


def read_file(
    path: Path, file_name: str, *, limits: Limits | None = None, choices: Choices | None = None
) -> list[Table]:
    """The tables of a file: delimited text, XLSX, XLS, or a JSON list of objects.

    What the file is, its content tells; `file_name`, which the uploader chose, only names the
    table of a text file. `choices` overrule what would be found out. Clean copies of the file may
    be left beside `path`, and are needed until the rows have been written away: give each file a
    folder of its own.

    Raises Unreadable, with a sentence for the uploader.
    """
    choices = choices or Choices()
    name = PureWindowsPath(file_name).stem or "rows"
    return chosen(_tables(path, name, limits or Limits(), choices), choices.sheet)


def _tables(path: Path, name: str, limits: Limits, choices: Choices) -> list[Table]:
    match kind_of(path):
        case Kind.XLSX:
            return read_workbook(path, limits, choices, is_archive=True)
        case Kind.XLS:
            return read_workbook(path, limits, choices, is_archive=False)
        case Kind.JSON:
            return [read_json(path, name, limits)]
        case Kind.TEXT:
            return [read_text(path, name, limits, choices)]
