"""The styles in which dates are written. Each turns texts into clock readings and zone offsets."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import polars as pl

from discovery.cleaning.vocabulary import MONTHS, ZONE_MINUTES

# `wall` is the clock as written, `offset` its minutes ahead of UTC (null: a zone nobody knows).
WALL: Final[dict[str, pl.DataType]] = {"wall": pl.Datetime("us"), "offset": pl.Int64()}

# A style reads texts, told whether the day stands before the month where both are numbers.
Style = Callable[[pl.Series, bool], pl.DataFrame]

_ZONE: Final = (
    r"\s*\(?(?P<zone>[A-Za-z]{1,5})?\s*(?:(?P<sign>[+-])(?P<ahead>\d{1,2}):?(?P<beside>\d{2})?)?\)?"
)
_HALF: Final = r"\s*(?:(?P<half>[AaPp])\.?[Mm]\.?)?"
_TIME: Final = (
    r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
)
_CLOCK: Final = rf"(?:(?:[T ,]|at|um)+{_TIME}{_HALF}(?:\s*Uhr)?{_ZONE})?$"
_YEAR: Final = r"(?P<year>\d{4}|\d{2})"
_MONTH_NAME: Final = r"(?P<word>[^\W\d_]+)\.?"
_DAY_NAME: Final = r"^(?:[^\W\d_]+\.?,?\s+)?"
_OF: Final = r"(?:\s*[-/.,]\s*|\s+(?:del?\s+)?)"

_NUMBERS_ISO: Final = rf"^(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_CLOCK}"
_NUMBERS_POINTS: Final = rf"^(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}{_CLOCK}"
_NUMBERS: Final = rf"^(?P<one>\d{{1,2}})[-/](?P<two>\d{{1,2}})[-/]{_YEAR}{_CLOCK}"
_NAMES: Final = (
    rf"{_DAY_NAME}{_MONTH_NAME}\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_CLOCK}",
    rf"{_DAY_NAME}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?{_OF}{_MONTH_NAME}{_OF}{_YEAR}{_CLOCK}",
    rf"^(?P<year>\d{{4}})年(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})日{_CLOCK}",
    rf"^(?P<year>\d{{4}})[-/ ]{_MONTH_NAME}[-/ ](?P<day>\d{{1,2}}){_CLOCK}",
    # What `date` and ctime print.
    rf"{_DAY_NAME}{_MONTH_NAME}\s+(?P<day>\d{{1,2}})\s+{_TIME}{_ZONE}\s+(?P<year>\d{{4}})$",
)
_PARTS: Final = (
    *("year", "month", "day", "word", "one", "two"),
    *("hour", "minute", "second", "fraction", "half", "zone", "sign", "ahead", "beside"),
)
# Two digits from 60 on are the last century: 69 is Unix's zero seen from the west.
_CENTURY_TURN: Final = 60
_LAST_MONTH: Final = 12


def by_example(texts: pl.Series, _day_first: bool) -> pl.DataFrame:
    """The two commonest styles, without a regular expression."""
    wall = texts.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    if wall.null_count() > texts.null_count():
        wall = wall.fill_null(texts.str.to_date("%Y-%m-%d", strict=False).cast(WALL["wall"]))
    return wall.to_frame("wall").with_columns(offset=pl.lit(0, dtype=pl.Int64))


def by_parts(texts: pl.Series, day_first: bool, pattern: str) -> pl.DataFrame:
    found = texts.str.extract_groups(pattern).struct.unnest()
    missing = [pl.lit(None, dtype=pl.String).alias(part) for part in _PARTS if part not in found]
    parts = found.with_columns(missing)
    return parts.select(wall=_wall(day_first), offset=_offset())


def order_evidence(texts: pl.Series) -> tuple[int, int, pl.Series]:
    """How many texts can only be day/month, only be month/day, and those that can be both."""
    parts = texts.str.extract_groups(_NUMBERS).struct.unnest()
    one, two = parts["one"].cast(pl.Int64), parts["two"].cast(pl.Int64)
    days = int((one > _LAST_MONTH).sum())
    months = int(((two > _LAST_MONTH) | parts["half"].is_not_null()).sum())
    return days, months, texts.filter((one <= _LAST_MONTH) & (two <= _LAST_MONTH) & (one != two))


def _wall(day_first: bool) -> pl.Expr:
    year, (day, month) = _number("year"), _day_and_month(day_first)
    short = pl.col("year").str.len_bytes() == 2  # noqa: PLR2004
    century = pl.when(short).then(pl.when(year < _CENTURY_TURN).then(2000).otherwise(1900))
    moment = pl.format(
        "{}-{}-{} {}:{}:{}.{}",
        (year + century.fill_null(0)).cast(pl.String).str.zfill(4),
        *(number.cast(pl.String).str.zfill(2) for number in (month, day, _hour())),
        *(pl.col(part).fill_null("00") for part in ("minute", "second")),
        pl.col("fraction").fill_null("0").str.pad_end(9, "0"),
    )
    return moment.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)


def _number(part: str) -> pl.Expr:
    return pl.col(part).cast(pl.Int64)


def _day_and_month(day_first: bool) -> tuple[pl.Expr, pl.Expr]:
    """A number above 12 is the day wherever it stands; the column decides the others."""
    one, two = _number("one"), _number("two")
    swapped = (two > _LAST_MONTH) | ((one <= _LAST_MONTH) & (not day_first))
    day = pl.when(swapped).then(two).otherwise(one)
    month = pl.when(swapped).then(one).otherwise(two)
    named = (
        pl.col("word")
        .str.to_lowercase()
        .replace_strict(MONTHS, default=None, return_dtype=pl.Int64)
    )
    return pl.coalesce(_number("day"), day), pl.coalesce(_number("month"), named, month)


def _hour() -> pl.Expr:
    """12 AM is the first hour of a day and 12 PM the thirteenth."""
    hour, half = _number("hour").fill_null(0), pl.col("half").str.to_lowercase()
    return pl.when(half.is_null()).then(hour).otherwise(hour % 12 + 12 * (half == "p"))


def _offset() -> pl.Expr:
    """`GMT+0200` counts from GMT; no zone at all counts as UTC."""
    zone = pl.col("zone").str.to_lowercase()
    named = zone.replace_strict(ZONE_MINUTES, default=None, return_dtype=pl.Int64)
    ahead = _number("ahead") * 60 + _number("beside").fill_null(0)
    signed = pl.when(pl.col("sign") == "-").then(-ahead).otherwise(ahead)
    return pl.when(zone.is_null()).then(0).otherwise(named) + signed.fill_null(0)


def by_digits(texts: pl.Series, _day_first: bool) -> pl.DataFrame:
    """20240131, 20240131101112, and counts since an epoch: Unix in s, ms, µs or ns, or Excel's."""
    table = texts.to_frame("text").select(wall=pl.coalesce(*_compact_forms(), _counted()))
    return table.with_columns(offset=pl.lit(0, dtype=pl.Int64))


def _compact_forms() -> Iterator[pl.Expr]:
    text = pl.col("text").str.replace(r"(?:\.\d+)?Z?$", "")
    for length, form in ((8, "%Y%m%d"), (12, "%Y%m%d%H%M"), (14, "%Y%m%d%H%M%S")):
        digits = pl.when(text.str.contains(rf"^(?:19|20)\d{{{length - 2}}}$")).then(text)
        yield digits.str.to_datetime(form, time_unit="us", strict=False)


def _counted() -> pl.Expr:
    """The size of a number says its unit: 45,000 days, 1.7e9 seconds, 1.7e12 milliseconds …"""
    number = pl.col("text").cast(pl.Float64, strict=False)
    days_to_unix = 25_569  # from 1899-12-30, where Excel's calendar starts
    microseconds = (
        pl.when(number.is_between(20_000, 80_000))
        # Its fractions of a day miss the second by some microseconds.
        .then(((number - days_to_unix) * 86_400).round() * 1e6)
        .when(number.is_between(1e8, 1e10))
        .then(number * 1e6)
        .when(number.is_between(1e11, 1e13))
        .then(number * 1e3)
        .when(number.is_between(1e14, 1e16))
        .then(number)
        .when(number.is_between(1e17, 1e19))
        .then(number / 1e3)
    )
    return microseconds.round().cast(pl.Int64).cast(WALL["wall"])


STYLES: Final[tuple[Style, ...]] = (
    by_example,
    *(partial(by_parts, pattern=form) for form in (_NUMBERS_ISO, _NUMBERS_POINTS, _NUMBERS)),
    by_digits,
    *(partial(by_parts, pattern=form) for form in _NAMES),
)
