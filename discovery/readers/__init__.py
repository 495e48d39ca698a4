"""Readers: from an uploaded file to tables of text."""

from dataclasses import replace
from functools import partial
from pathlib import Path, PureWindowsPath

from .archive import is_workbook
from .bundle import read_bundle
from .choices import Choices, chosen, impossible
from .objects import read_json
from .signature import Kind, kind_of
from .table import ROW, Limits, Table, Unreadable
from .text import read_text
from .workbook import read_workbook

__all__ = ["ROW", "Choices", "Limits", "Table", "Unreadable", "read_file"]


def read_file(
    path: Path, file_name: str, *, limits: Limits | None = None, choices: Choices | None = None
) -> list[Table]:
    """The tables of a file: delimited text, XLSX, XLS, JSON, NDJSON, or a zip archive of those.

    What the file is, its content tells; `file_name`, which the uploader chose, only names the
    table of a text file or of a list. `choices` overrule what would be found out. Clean copies and
    parts of the file may be left beside `path`, and are needed until the rows have been written
    away: give each file a folder of its own.

    Raises Unreadable, with a sentence for the uploader.
    """
    choices = choices or Choices()
    name = PureWindowsPath(file_name).stem or "rows"
    return chosen(_tables(path, name, limits or Limits(), choices), choices.sheet)


def _tables(path: Path, name: str, limits: Limits, choices: Choices) -> list[Table]:
    match kind_of(path):
        case Kind.ZIP if is_workbook(path, limits):
            return read_workbook(path, limits, choices, is_archive=True)
        case Kind.ZIP:
            return _bundle(path, limits, choices)
        case Kind.XLS:
            return read_workbook(path, limits, choices, is_archive=False)
        case Kind.JSON:
            return read_json(path, name, limits)
        case Kind.TEXT:
            return [read_text(path, name, limits, choices)]


def _bundle(path: Path, limits: Limits, choices: Choices) -> list[Table]:
    if choices.header_row is not None:
        raise impossible(
            "The header row of a file in a zip archive cannot be chosen: upload it by itself."
        )
    of_members = replace(choices, sheet=None)
    return read_bundle(path, limits, partial(read_file, limits=limits, choices=of_members))
