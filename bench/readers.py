"""What reading costs beside the bare libraries: `python bench/readers.py`.

Each reader and its reference take turns in one run; the figures are medians, in wall time. Memory
is the peak of a fresh process that writes 1,000,000 rows to Parquet (on Linux, which tells it).
"""

import csv
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import polars as pl
import xlsxwriter
from python_calamine import CalamineWorkbook

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from discovery.readers import read_file  # noqa: E402 (the project is not installed)

ROWS = 100_000
MANY_ROWS = 1_000_000
TURNS = 11

# Not ru_maxrss, which begins with what the process that started it had.
PEAK = (
    "; status = Path('/proc/self/status').read_text().partition('VmHWM:')[2]"
    "; print(int(status.split()[0]) // 1024)"
)
OURS = (
    "from pathlib import Path; from discovery.readers import read_file; "
    "read_file(Path({0!r}), '')[0].rows.sink_parquet({1!r})" + PEAK
)
BARE = (
    "from pathlib import Path; import polars; "
    "polars.scan_csv({0!r}, infer_schema=False).sink_parquet({1!r})" + PEAK
)


def machines(count: int) -> Iterator[list[str | int | float]]:
    """A header and rows of 30 cells as inventories have them: names, figures, short words."""
    chance = random.Random(30)
    yield [f"Column {place}" for place in range(30)]
    for number in range(count):
        host = f"srv-{number:06}"
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        os = chance.choice(["Red Hat Enterprise Linux 8 (64-bit)", "Windows Server 2019, Standard"])
        figures = [chance.randrange(1, 64), chance.randrange(1024, 10**6), chance.random()]
        words = [chance.choice(["prod", "a word", "", "12345", "3.25"]) for _ in range(19)]
        fixed = ["2024-01-31", "poweredOn", "", f"{number * 7919:x}"]
        yield [host, f"{host}.corp.example.com", address, os, *figures, *fixed, *words]


def write_csv(path: Path, count: int) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(machines(count))
    return path


def write_xlsx(path: Path) -> Path:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(machines(ROWS)):
            sheet.write_row(number, 0, row)
    return path


def compare(what: str, bare: Callable[[], object], ours: Callable[[], object]) -> None:
    """Both in turns, so that a busy machine slows both, and the median of their ratios."""
    times = [(seconds(bare), seconds(ours)) for _ in range(TURNS)]
    reference, measured = (median(turns) * 1000 for turns in zip(*times, strict=True))
    report(what, reference, measured, "ms", median(mine / its for its, mine in times))


def seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def peak(script: str, source: Path) -> float:
    """MiB of a process of its own."""
    code = script.format(str(source), str(source.with_suffix(".parquet")))
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return float(run.stdout)


def report(what: str, reference: float, measured: float, unit: str, ratio: float) -> None:
    print(f"{what:<44}{reference:>8,.0f} {unit:<4}{measured:>8,.0f} {unit:<4}{ratio:>6.2f}")


def rows(path: Path) -> pl.LazyFrame:
    return read_file(path, path.name)[0].rows


def frame(path: Path) -> pl.DataFrame:
    return rows(path).collect()


def bare_workbook(path: Path) -> object:
    with CalamineWorkbook.from_path(path) as book:
        return book.get_sheet_by_index(0).to_python()


def main() -> None:
    print(f"{'':<44}{'bare':>8}     {'reader':>8}     {'ratio':>6}")
    with tempfile.TemporaryDirectory() as folder:
        text = write_csv(Path(folder, "small.csv"), ROWS)
        target = Path(folder, "out.parquet")
        compare(
            f"CSV {ROWS:,} x 30, polars.read_csv",
            lambda: pl.read_csv(text),
            lambda: frame(text),
        )
        compare(
            f"CSV {ROWS:,} x 30, to Parquet",
            lambda: pl.read_csv(text).write_parquet(target),
            lambda: rows(text).sink_parquet(target),
        )
        book = write_xlsx(Path(folder, "small.xlsx"))
        compare(
            f"XLSX {ROWS:,} x 30, calamine's to_python",
            lambda: bare_workbook(book),
            lambda: frame(book),
        )
        large = write_csv(Path(folder, "large.csv"), MANY_ROWS)
        name = f"CSV {MANY_ROWS:,} x 30 to Parquet, peak memory"
        reference, measured = peak(BARE, large), peak(OURS, large)
        report(name, reference, measured, "MiB", measured / reference)


if __name__ == "__main__":
    main()
