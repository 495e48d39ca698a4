"""Writes the two sample inventories and the truth about them, the same bytes at every run.

.venv/bin/python samples/generate.py [--out FOLDER]
"""

import argparse
from pathlib import Path
from random import Random
from typing import Final

from northwind.assetlist import Clerk, write_list
from northwind.host_tabs import host_tabs
from northwind.items import Keeper
from northwind.list_truth import common_truth, list_truth
from northwind.machine_tabs import machine_tabs
from northwind.machines import Workshop
from northwind.racks import build_racks
from northwind.truth import render
from northwind.workbook import write_workbook
from northwind.workbook_truth import workbook_truth

SEED: Final = 20261116


def generate(folder: Path) -> None:
    random = Random(SEED)
    estate = build_racks(random)
    Workshop(random, estate).build()
    tabs = machine_tabs(estate) + host_tabs(estate)
    rows = Clerk(random, Keeper(random, estate).collect()).rows()
    write_workbook(folder / "vsphere-export.xlsx", tabs)
    write_list(folder / "cmdb.csv", rows)
    truth = {
        "about": "Written by generate.py. Do not edit; README.md explains the parts.",
        "vsphere-export.xlsx": workbook_truth(estate, tabs),
        "cmdb.csv": list_truth(rows),
        "together": common_truth(estate, rows),
    }
    (folder / "expected.json").write_text(render(truth) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the sample inventories.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, metavar="FOLDER")
    generate(parser.parse_args().out)
