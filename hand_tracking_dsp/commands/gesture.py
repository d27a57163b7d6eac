"""hand-tracking-dsp gesture: record gestures of one's own by example, list them, and measure all of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.table import Table

from hand_tracking_dsp.commands import gesture_measure, gesture_record
from hand_tracking_dsp.commands.output import make_console
from hand_tracking_dsp.gestures.examples import load_gestures
from hand_tracking_dsp.gestures.types import BUILT_IN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    gesture_record.add_arguments(
        actions.add_parser("record", help="learn a gesture of your own from hands that show it")
    )
    listing = actions.add_parser("list", help="print the built-in gestures and those of a file")
    listing.add_argument("--gestures", type=Path, metavar="FILE", help="gestures by example, YAML")
    gesture_measure.add_arguments(actions.add_parser("measure", help="measure how well gestures are read"))


def run(options: argparse.Namespace) -> int:
    """Run a sub-command."""
    actions = {"record": gesture_record.run, "list": _list, "measure": gesture_measure.run}
    return actions[options.action](options)


def _list(options: argparse.Namespace) -> int:
    table = Table("gesture", "known by", "examples", "tolerance, degrees")
    for name in BUILT_IN:
        table.add_row(name, "rules", "", "")
    for gesture in load_gestures(options.gestures) if options.gestures else ():
        examples = str(len(gesture.examples))
        table.add_row(gesture.name, "examples", examples, f"{gesture.tolerance_deg:g}")
    make_console().print(table)
    return 0
