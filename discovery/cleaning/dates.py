"""Dates and times, in every style that inventories use.

A time without a zone counts as UTC: no file says where its clock hung. Zero and end-of-calendar
dates mean "never" and become null without a finding.
"""

from datetime import date
from typing import Final

import polars as pl

from assets.fields import BY_NAME, Kind
from discovery.cleaning.date_styles import STYLES, WALL, order_evidence
from discovery.cleaning.reading import Notice, Reading, Target
from discovery.cleaning.vocabulary import NEVER

# Zero of Unix (here and west of Greenwich), of Windows and of spreadsheets, and the year one.
_NEVER_DAYS: Final = (
    *(date(1970, 1, 1), date(1969, 12, 31), date(1601, 1, 1)),
    *(date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1), date(1, 1, 1)),
)
_NEVER_FROM: Final = 9_000
_FIRST, _LAST = 1970, 2100

_UNREAD: Final = "is not a date that can be read; write it as 2024-01-31 or 2024-01-31 10:11:12"
_FAR: Final = f"is not between {_FIRST} and {_LAST}; correct the date or the mapping"


def read_date(texts: pl.Series, target: Target) -> Reading:
    """Date, or Datetime in UTC. A date is the day as written, whatever its zone."""
    never = texts.str.to_lowercase().is_in(NEVER)
    texts = texts.set(never, None) if never.any() else texts
    day_first, notices = _order(texts)
    table = _walls(texts, day_first=day_first).with_columns(text=texts)
    is_day = _is_day(target.name)
    moment = pl.col("wall").dt.date() if is_day else _utc()
    fault = table.select(_fault(moment)).to_series()
    sound = pl.lit(fault.is_null()) & ~_is_never()
    value = table.select(pl.when(sound).then(moment)).to_series()
    return Reading({target.name: value}, fault=fault, notices=notices)


def _is_day(target: str) -> bool:
    return target in BY_NAME and BY_NAME[target].kind is Kind.DATE


def _walls(texts: pl.Series, *, day_first: bool) -> pl.DataFrame:
    """Each style sees only what the ones before it could not read."""
    nothing = pl.Series([None], dtype=pl.String)
    found = pl.DataFrame(schema=WALL).clear(len(texts))
    for style in STYLES:
        rest = texts.zip_with(found["wall"].is_null(), nothing)
        if rest.null_count() == len(rest):
            break
        fresh = pl.col("wall").is_null()
        read = style(rest, day_first)
        found = found.select(
            pl.when(fresh).then(read[name]).otherwise(name).alias(name) for name in WALL
        )
    return found


def _utc() -> pl.Expr:
    moment = pl.col("wall") - pl.duration(minutes="offset", time_unit="us")
    return moment.dt.replace_time_zone("UTC")


def _is_never() -> pl.Expr:
    wall = pl.col("wall").dt
    return (wall.date().is_in(_NEVER_DAYS) | (wall.year() >= _NEVER_FROM)).fill_null(value=False)


def _fault(moment: pl.Expr) -> pl.Expr:
    return (
        pl.when(pl.col("text").is_null() | _is_never())
        .then(None)
        .when(moment.is_null())
        .then(pl.lit(_UNREAD))
        .when(~pl.col("wall").dt.year().is_between(_FIRST, _LAST))
        .then(pl.lit(_FAR))
    )


def _order(texts: pl.Series) -> tuple[bool, tuple[Notice, ...]]:
    """Whether 01/02/2024 is the first of February, as the whole column shows.

    Only dates with a number above 12 can show it. Where none does, the month is taken to stand
    first, as the tools that write slashes do it, and a notice says so; where both orders occur,
    the commoner one is taken, and a notice says so too.
    """
    if not texts.str.contains(r"^\d{1,2}[-/]\d{1,2}[-/]").any():
        return False, ()
    days, months, open_texts = order_evidence(texts)
    if open_texts.is_empty() or bool(days) != bool(months):
        return days > 0, ()
    day_first = days > months
    return day_first, (_notice(open_texts, day_first=day_first),)


def _notice(open_texts: pl.Series, *, day_first: bool) -> Notice:
    order = "day/month/year" if day_first else "month/day/year"
    reason = (
        f"is one of {len(open_texts):,} dates that may be day/month or month/day, and this column "
        f"does not show it; read as {order}, write them as 2024-01-31 to be sure"
    )
    return Notice(open_texts[0], reason)
