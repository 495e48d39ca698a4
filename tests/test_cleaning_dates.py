"""Cleaning of dates and moments, in the styles that people write."""

from datetime import UTC, date, datetime

import pytest

from tests.cells import column, kept, values


@pytest.mark.parametrize(
    "cell",
    [
        "2024-01-31",
        "2024-01-31 10:11:12",
        "2024-01-31T10:11:12.123Z",
        "2024-01-31T23:11:12-05:00",
        "2024/01/31 10:11:12",
        "31.01.2024",
        "31.1.24",
        "31.01.2024 10:11",
        "01/31/2024",
        "31/01/2024",
        "1/31/2024 1:05:06 PM",
        "Jan 31, 2024",
        "January 31st, 2024",
        "Wed, 31 Jan 2024 10:11:12 +0000",
        "Wed Jan 31 10:11:12 UTC 2024",
        "31-Jan-24",
        "2024-Jan-31",
        "31. Januar 2024",
        "31 janvier 2024",
        "31 de enero de 2024",
        "2024年1月31日",
        "20240131",
        "20240131101112",
        "1706695872",
        "1706695872000",
        "45322",
        "45322.5",
    ],
)
def test_styles_of_a_date(cell: str) -> None:
    cleaned = column("install_date", cell)
    assert cleaned.frame["install_date"].to_list() == [date(2024, 1, 31)]
    assert cleaned.findings.is_empty()


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2025-06-14 00:00", datetime(2025, 6, 14, tzinfo=UTC)),
        ("2023-06-08T01:58:56.166Z", datetime(2023, 6, 8, 1, 58, 56, 166_000, tzinfo=UTC)),
        ("2024-01-31T10:11:12+02:00", datetime(2024, 1, 31, 8, 11, 12, tzinfo=UTC)),
        ("2024-01-31 10:11 GMT-0330", datetime(2024, 1, 31, 13, 41, tzinfo=UTC)),
        ("Jan 5, 2021 10:24:08 MST", datetime(2021, 1, 5, 17, 24, 8, tzinfo=UTC)),
        ("1/31/2024 12:05 AM", datetime(2024, 1, 31, 0, 5, tzinfo=UTC)),
        ("1695943858155643", datetime(2023, 9, 28, 23, 30, 58, 155_643, tzinfo=UTC)),
        ("45322.4326388889", datetime(2024, 1, 31, 10, 23, tzinfo=UTC)),
    ],
)
def test_moments(cell: str, moment: datetime) -> None:
    assert values("last_seen_date", cell) == [moment]


@pytest.mark.parametrize(
    "cell",
    [
        *("0", "1970-01-01", "1/1/1970", "12/31/69 19:00", "0001-01-01T00:00:00Z", "9999-12-31"),
        *("1900-01-01", "0000-00-00", "1601-01-01 00:00:00", "never"),
    ],
)
def test_dates_that_mean_never(cell: str) -> None:
    cleaned = column("last_seen_date", cell)
    assert cleaned.frame["last_seen_date"].to_list() == [None]
    assert cleaned.findings.is_empty()


@pytest.mark.parametrize(
    "cell",
    [
        "31.02.2027",
        "2024-13-45",
        "last spring",
        "2024",
        "2024-01",
        "2204-01-01",
        "45",
        "2024-01-31 x",
    ],
)
def test_what_is_no_date(cell: str) -> None:
    cleaned = column("warranty_end_date", cell)
    assert cleaned.frame["warranty_end_date"].to_list() == [None]
    assert kept(cleaned) == [cell]
    assert cleaned.findings.height == 1


def test_a_zone_that_nobody_knows_makes_a_moment_unreadable_but_not_a_day() -> None:
    assert values("last_seen_date", "2024-01-31 10:11:12 XYZ") == [None]
    assert values("install_date", "2024-01-31 10:11:12 XYZ") == [date(2024, 1, 31)]


def test_the_column_decides_whether_the_day_stands_first() -> None:
    assert values("install_date", "01/02/2024", "13/02/2024")[0] == date(2024, 2, 1)
    assert values("install_date", "01/02/2024", "02/13/2024")[0] == date(2024, 1, 2)


def test_an_undecided_column_is_read_month_first_and_says_so_once() -> None:
    cleaned = column("install_date", "2024-05-05", "01/02/2024", "03/04/2024")
    assert cleaned.frame["install_date"].to_list()[1:] == [date(2024, 1, 2), date(2024, 3, 4)]
    assert cleaned.findings["row"].to_list() == [3]
    assert "one of 2 dates" in cleaned.findings["reason"][0]
    assert kept(cleaned) == [None, None, None]


def test_a_column_in_both_orders_follows_the_commoner_and_says_so() -> None:
    cleaned = column("install_date", "13/04/2024", "14/04/2024", "04/15/2024", "01/02/2024")
    assert cleaned.frame["install_date"][3] == date(2024, 2, 1)
    assert cleaned.findings["row"].to_list() == [5]
