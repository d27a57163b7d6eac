# Copyright 2026 the hand_tracking_dsp authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

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
