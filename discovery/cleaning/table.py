"""Cleaning of one table: every column is read, and what was not understood is kept and reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from assets.fields import BY_NAME, EDGE_FIELDS, Kind
from discovery.cleaning import addresses, attributes
from discovery.cleaning.addresses import FURTHER
from discovery.cleaning.dates import read_date
from discovery.cleaning.enumerations import read_enumeration
from discovery.cleaning.findings import FINDING_SCHEMA, MAX_VALUE, ROW
from discovery.cleaning.names import read_host_name, read_identifier
from discovery.cleaning.ports import read_ports
from discovery.cleaning.quantities import read_quantity
from discovery.cleaning.reading import ColumnRule, Notice, Reader, Reading, Target
from discovery.cleaning.texts import read_list, read_text, tidy
from discovery.cleaning.uniting import Offer, united

_QUOTED: Final = 60

_BY_KIND: Final[dict[Kind, Reader]] = {
    Kind.TEXT: read_text,
    Kind.ENUM: read_enumeration,
    Kind.INTEGER: read_quantity,
    Kind.NUMBER: read_quantity,
    Kind.MONEY: read_quantity,
    Kind.DATE: read_date,
    Kind.DATETIME: read_date,
    Kind.ADDRESS: addresses.read_addresses,
    Kind.MAC: addresses.read_hardware_addresses,
    Kind.TEXT_LIST: read_list,
    Kind.INTEGER_LIST: read_ports,
    Kind.ADDRESS_LIST: addresses.read_addresses,
    Kind.MAC_LIST: addresses.read_hardware_addresses,
    Kind.REFERENCES: read_list,
}
_BY_TARGET: Final[dict[str, Reader]] = {
    "hostname": read_host_name,
    "fqdn": read_host_name,
    "serial_number": read_identifier,
    "external_id": read_identifier,
    "asset_tag": read_identifier,
    "edge.source_ip": addresses.read_addresses,
    "edge.target_ip": addresses.read_addresses,
    "edge.port": read_ports,
    "edge.count": read_quantity,
    "edge.observed_at": read_date,
}
_READERS: Final[dict[str, Reader]] = {
    **{name: _BY_KIND[known.kind] for name, known in BY_NAME.items()},
    **{edge.name: read_text for edge in EDGE_FIELDS},
    **_BY_TARGET,
}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`frame`: `__row__`, a typed column per target, `attributes` (a JSON object as text).

    `findings`: what could not be read, by row and column, with the reason and the remedy.
    """

    frame: pl.DataFrame
    findings: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _Column:
    rule: ColumnRule
    texts: pl.Series
    reading: Reading

    @property
    def offer(self) -> Offer:
        return Offer(self.rule.target, self.reading.values)


def clean_table(frame: pl.DataFrame, rules: Sequence[ColumnRule]) -> Cleaned:
    """Columns without a rule are kept in the attributes, rows without a value are left out.

    Raises ValueError for a rule whose column the table lacks, whose target no field has, or that
    speaks of a column for the second time.
    """
    frame = frame.rechunk()  # Polars 2.1 panics where it joins texts of an empty chunk
    columns = [_read(frame[rule.source_field], rule) for rule in _complete(frame, rules)]
    values = united(column.offer for column in columns)
    kept = {column.rule.source_field: _kept(column, values) for column in columns}
    own = attributes.of_table(kept, frame.height).alias("attributes")
    cleaned = pl.DataFrame([frame[ROW], *values.values(), own])
    return Cleaned(
        cleaned.filter(_says_something(columns, frame.height)), _findings(frame[ROW], columns)
    )


def _complete(frame: pl.DataFrame, rules: Sequence[ColumnRule]) -> list[ColumnRule]:
    ruled = {rule.source_field: rule for rule in rules}
    if len(ruled) < len(rules):
        raise ValueError("The mapping names a column twice: keep one target for each column.")
    for rule in rules:
        _check(rule, frame)
    names = [name for name in frame.columns if name != ROW]
    return [ruled.get(name, ColumnRule(name, None, None)) for name in names]


def _check(rule: ColumnRule, frame: pl.DataFrame) -> None:
    if rule.source_field == ROW or rule.source_field not in frame.columns:
        raise ValueError(
            f'The mapping names the column "{rule.source_field}", which the table does not have; '
            "map the columns of this table again."
        )
    if rule.target is not None and rule.target not in _READERS:
        raise ValueError(
            f'The mapping sends the column "{rule.source_field}" to "{rule.target}", which is no '
            "field of the catalogue; choose one of its fields or none."
        )


def _read(column: pl.Series, rule: ColumnRule) -> _Column:
    texts = tidy(column)
    if rule.target is None:
        return _Column(rule, texts, Reading({}))
    return _Column(rule, texts, _READERS[rule.target](texts, Target(rule.target, rule.unit)))


def _kept(column: _Column, values: dict[str, pl.Series]) -> pl.Series:
    """The texts that the typed columns do not (wholly) tell; null where they do."""
    if column.rule.target is None:
        return column.texts
    keep = pl.repeat(False, len(column.texts), eager=True)
    if column.reading.aside is not None:
        keep |= column.reading.aside.fill_null(value=False)
    if column.reading.fault is not None:
        keep |= column.reading.fault.is_not_null()
    for target, value in column.reading.values.items():
        if target in FURTHER:  # what is not the asset's own address stands in the list
            continue
        if target in values and value.dtype != pl.List:
            keep |= (value != values[target]).fill_null(value=False)
    return column.texts.zip_with(keep, pl.Series([None], dtype=pl.String))


def _says_something(columns: Sequence[_Column], height: int) -> pl.Series:
    nothing = pl.repeat(value=False, n=height, eager=True)
    said = pl.any_horizontal(nothing, *(column.texts.is_not_null() for column in columns))
    return pl.select(said).to_series()


def _findings(rows: pl.Series, columns: Sequence[_Column]) -> pl.DataFrame:
    found = [_faults(rows, column) for column in columns if column.reading.fault is not None]
    told = [
        _notice(rows, column, notice) for column in columns for notice in column.reading.notices
    ]
    nothing = pl.DataFrame(schema=FINDING_SCHEMA)
    return pl.concat([nothing, *found, *told], rechunk=True).sort("row", maintain_order=True)


def _faults(rows: pl.Series, column: _Column) -> pl.DataFrame:
    table = pl.DataFrame({"row": rows, "value": column.texts, "reason": column.reading.fault})
    return _worded(table.filter(pl.col("reason").is_not_null()), column.rule)


def _notice(rows: pl.Series, column: _Column, notice: Notice) -> pl.DataFrame:
    place = rows[column.texts.index_of(notice.example) or 0]
    table = pl.DataFrame({"row": [place], "value": [notice.example], "reason": [notice.reason]})
    return _worded(table, column.rule)


def _worded(table: pl.DataFrame, rule: ColumnRule) -> pl.DataFrame:
    value = pl.col("value").str.slice(0, MAX_VALUE)
    quoted = pl.format('"{}" {}.', pl.col("value").str.slice(0, _QUOTED), "reason")
    return table.select(
        "row",
        column=pl.lit(rule.source_field),
        target=pl.lit(rule.target),
        value=value,
        reason=quoted,
    ).cast(FINDING_SCHEMA)  # type: ignore[arg-type]
