"""How fast cleaning and folding are: `python -m bench.cleaning [rows]`, on one core.

The table is made here: 12 columns in the styles of real exports, every name and address once.
"""

import os
import sys
import time

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import polars as pl

from discovery.cleaning import ColumnRule, clean_table
from discovery.cleaning.folding import Part, fold

RULES = [
    ColumnRule("VM", "name", None),
    ColumnRule("DNS Name", "fqdn", None),
    ColumnRule("Primary IP Address", "ip_address", None),
    ColumnRule("Powerstate", "status", None),
    ColumnRule("Environment", "environment", None),
    ColumnRule("CPUs", "cpu_cores", None),
    ColumnRule("Memory", "memory_gb", "MiB"),
    ColumnRule("Provisioned MiB", "storage_gb", "MiB"),
    ColumnRule("OS", "operating_system", None),
    ColumnRule("Creation date", "install_date", None),
    ColumnRule("VM ID", "external_id", None),
    ColumnRule("Annotation", None, None),
]


def table(height: int) -> pl.DataFrame:
    number = pl.col("number")
    texts = {
        "VM": pl.format("srv-{}", number.cast(pl.String).str.zfill(7)),
        "DNS Name": pl.format("srv-{}.corp.example", number.cast(pl.String).str.zfill(7)),
        "Primary IP Address": pl.format(
            "10.{}.{}.{}", number // 65_536 % 256, number // 256 % 256, number % 256
        ),
        "Powerstate": _cycle("poweredOn", "poweredOff", "suspended"),
        "Environment": _cycle("Production", "UAT", "dev", "N/A"),
        "CPUs": _cycle("1", "2", "4", "8"),
        "Memory": (number % 61 * 1024 + 512).cast(pl.String),
        "Provisioned MiB": pl.format("{},{}", number % 899 + 1, number % 900 + 100),
        "OS": _cycle(
            "Microsoft Windows Server 2019 (64-bit)", "Red Hat Enterprise Linux 8 (64-bit)"
        ),
        "Creation date": pl.format("2024/{}/{} 10:11:12", number % 12 + 1, number % 28 + 1),
        "VM ID": pl.format("vm-{}", number),
        "Annotation": pl.format('{} says "keep"', number),
    }
    numbers = pl.int_range(height, eager=True).alias("number").to_frame()
    return numbers.select((number + 2).alias("__row__"), **texts)


def _cycle(*values: str) -> pl.Expr:
    return pl.lit(pl.Series(values)).gather(pl.col("number") % len(values))


def main() -> None:
    height = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    frame = table(height)
    started = time.perf_counter()
    cleaned = clean_table(frame, RULES)
    between = time.perf_counter()
    folded = fold([Part("vInfo", "asset", "virtual_machine", cleaned.frame)])
    ended = time.perf_counter()
    assert folded.frame.height == height
    assert cleaned.findings.is_empty()
    for name, seconds in (
        ("clean", between - started),
        ("fold", ended - between),
        ("both", ended - started),
    ):
        print(f"{name:6} {seconds:6.3f} s  {height / seconds:12,.0f} rows/s")


if __name__ == "__main__":
    main()
