"""hand-tracking-dsp gesture list: print the built-in gestures and those of a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.table import Table

from hand_tracking_dsp.commands.output import make_console
from hand_tracking_dsp.gestures.examples import load_gestures
from hand_tracking_dsp.gestures.types import BUILT_IN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--gestures", type=Path, metavar="FILE", help="gestures by example, YAML")


def run(options: argparse.Namespace) -> int:
    """Print a table of the gestures."""
    table = Table("gesture", "known by", "examples", "tolerance, degrees")
    for name in BUILT_IN:
        table.add_row(name, "rules", "", "")
    for gesture in load_gestures(options.gestures) if options.gestures else ():
        examples = str(len(gesture.examples))
        table.add_row(gesture.name, "examples", examples, f"{gesture.tolerance_deg:g}")
    make_console().print(table)
    return 0
