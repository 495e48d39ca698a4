"""How well the column mapping does on labelled columns of real tools, and how fast.

    python bench/mapping.py [--data DIR] [--worst N] [--families NAME,NAME]

Every family of tools is judged with figures that were fitted on the other families only. A column is
right when its target (or none) is the label or one of its alternatives.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from labels import Labelled, Table, load
from mapping_calibration import fit
from rapidfuzz import fuzz, process

from assets.fields import EDGE_FIELDS, FIELDS
from discovery.mapping import ColumnMapping
from discovery.mapping.tables import map_table
