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

"""hand-tracking-dsp hourglass times: time the parts of a hand's way, and a network in each framework."""

from __future__ import annotations

import argparse

from hand_tracking_dsp.commands.arguments import require_at_least
from hand_tracking_dsp.commands.hourglass.common import (
    add_network,
    add_samples,
    choose_exits,
    require_joints,
    require_torch,
)
from hand_tracking_dsp.commands.output import machine_line, make_console, make_table

_CALIBRATION = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Times, with one thread and in turn, what the tracker does from a depth image to joints in metres, "
        "and an exit of a network in PyTorch, ONNX Runtime and OpenVINO, in each arithmetic."
    )
    add_network(parser)
    add_samples(parser, "--samples", "to calibrate INT8 on")
    parser.add_argument("--exit", metavar="NAME", help="exit, for example stack1_l4; the last if not given")
    parser.add_argument("--runs", type=int, default=200, help="timed runs of each")


def run(options: argparse.Namespace) -> int:
    """Time, and print the tables."""
    require_at_least(options, runs=1)
    require_torch()
    from hand_tracking_dsp.compression.hourglass.measure import measure_frameworks, measure_parts
    from hand_tracking_dsp.compression.hourglass.samples import read_samples
    from hand_tracking_dsp.compression.hourglass.study_tables import frameworks_table, parts_table
    from hand_tracking_dsp.compression.hourglass.train import trained_network

    network = trained_network(options.network)
    (exit_,) = choose_exits(network, [options.exit or str(network.options.exits[-1])])
    samples = read_samples(options.samples).hands.first(_CALIBRATION)
    require_joints(samples, network.options, options.samples)
    console = make_console()
    for table in (
        parts_table(measure_parts(network, exit_, samples, options.runs)),
        frameworks_table(measure_frameworks(network, exit_, samples, options.runs)),
    ):
        console.print(make_table(table.title, table.headings, table.rows))
    console.print(f"{exit_}; {machine_line()}")
    return 0
