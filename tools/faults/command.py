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

"""Puts faults into a running graph and into files, lets a graph run for long, and reports what came of it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from faults.campaign import load_kinds, run_campaign, shares
from faults.damaged_files import read_damaged_files
from faults.folders import Folders
from faults.report import faults_section, files_section, soak_section
from faults.running_graph import RunningGraph
from faults.soak import soak
from hand_tracking_dsp.commands.output import version_lines
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.nodes.graph.domains import reserved_domain


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are asked for and write report.md.

    Args:
        arguments: Words of the command line; sys.argv's if None.

    Returns:
        0 where everything went well, else 1.

    Raises:
        HandTrackingError: A graph did not start, or a file cannot be written.
    """
    args = _parser().parse_args(arguments)
    if args.kinds:
        print("\n".join(load_kinds()))
        return 0
    folder: Path = args.out / time.strftime("%Y%m%d_%H%M%S")
    sections = [_head(args)]
    good = True
    if args.faults:
        outcomes = run_campaign(shares(folder, args.faults, args.graphs, args.seed, args.only))
        good &= all(outcome.good for outcome in outcomes)
        sections.append(faults_section(outcomes))
    if args.files:
        readings = read_damaged_files(folder / "files", args.files, args.jobs, args.seed, args.only)
        good &= all(reading.good for reading in readings)
        sections.append(files_section(readings))
    if args.soak:
        folders = Folders(folder / "soak")
        folders.make()
        with reserved_domain() as domain_id, RunningGraph(folders, domain_id) as graph:
            minutes = soak(graph, args.soak)
        good &= not any(minute.restarted for minute in minutes)
        sections.append(soak_section(minutes))
    write_text(folder / "report.md", "\n".join(sections))
    print(folder / "report.md")
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run_faults.py", description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("out/faults"), metavar="DIR", help="folder of the report"
    )
    parser.add_argument("--faults", type=int, default=1000, help="faults in running graphs (default: 1000)")
    parser.add_argument("--files", type=int, default=10_000, help="damaged files (default: 10000)")
    parser.add_argument("--soak", type=int, default=60, help="minutes of a soak (default: 60)")
    parser.add_argument("--graphs", type=int, default=2, help="graphs side by side (default: 2)")
    parser.add_argument("--jobs", type=int, default=2, help="readers of files side by side (default: 2)")
    parser.add_argument("--seed", type=int, default=0, help="seed of all random numbers (default: 0)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only kinds whose name holds this")
    parser.add_argument("--kinds", action="store_true", help="list the kinds of fault, and end")
    return parser


def _head(args: argparse.Namespace) -> str:
    words = f"--faults {args.faults} --files {args.files} --soak {args.soak} --seed {args.seed}"
    return "\n".join(
        ("# Faults", "", f"Made by `make faults ARGS='{words}'`.", "", "```", *version_lines(), "```", "")
    )
