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

"""Stops of a base after faults, for bench."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from hand_tracking_dsp.commands.output import markdown_table
from hand_tracking_dsp.evaluation.stops import LIMIT_MS, Stop
from hand_tracking_dsp.nodes.graph.stop_trials import FAULTS, VICTIMS, Fault, run_stop_trials

_LOG = Path("out/bench/nodes.log")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--trials", type=int, default=20, help="stop: trials of each fault")
    parser.add_argument(
        "--busy", type=int, default=0, metavar="N", help="stop: processes that compute beside it all the time"
    )
    parser.add_argument(
        "--victims", nargs="+", choices=VICTIMS, default=VICTIMS, help="stop: nodes to hit (default: all)"
    )


def measure_stops(args: argparse.Namespace) -> dict[str, Any]:
    """Hit each node while a hand drives, print a table, and return the figures."""
    faults = [Fault(victim, name) for victim in args.victims for name in FAULTS]
    stops: dict[Fault, list[Stop]] = {fault: [] for fault in faults}
    _LOG.parent.mkdir(parents=True, exist_ok=True)
    with _LOG.open("w", encoding="utf-8") as log:
        for fault, stop in run_stop_trials(
            faults, args.trials, args.busy, lambda node, line: print(node, line, file=log, flush=True)
        ):
            stops[fault].append(stop)
    print(
        f"From a fault to the base's being told to stand still, {args.trials} trials each, "
        f"{args.busy} busy processes beside it:\n"
    )
    print(
        markdown_table(
            (
                "process",
                "fault",
                "zero sent, median / worst ms",
                "received, median / worst ms",
                f"later than {LIMIT_MS:.0f} ms",
                "no zero",
            ),
            [_row(fault, found) for fault, found in stops.items()],
            left=2,
        )
    )
    return {
        "busy": args.busy,
        "stops": [
            {"process": fault.victim, "fault": fault.name, "sent_ms": s.sent_ms, "received_ms": s.received_ms}
            for fault, found in stops.items()
            for s in found
        ],
    }


def _row(fault: Fault, stops: list[Stop]) -> tuple[str, ...]:
    told = [stop for stop in stops if not np.isnan(stop.received_ms)]
    late = sum(not stop.in_time for stop in told)
    return (
        fault.victim,
        fault.name,
        _middle_and_worst([stop.sent_ms for stop in told]),
        _middle_and_worst([stop.received_ms for stop in told]),
        str(late),
        str(len(stops) - len(told)),
    )


def _middle_and_worst(times_ms: list[float]) -> str:
    return f"{np.median(times_ms):.0f} / {max(times_ms):.0f}" if times_ms else "-"
