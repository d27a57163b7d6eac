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

"""hand-tracking-dsp hourglass results: find the joints of a data set's test frames, for depth benchmark."""

from __future__ import annotations

import argparse
from pathlib import Path

from hand_tracking_dsp.commands.hourglass.common import (
    add_network,
    add_person,
    choose_exits,
    require_torch,
)
from hand_tracking_dsp.commands.models.output import WorkProgress
from hand_tracking_dsp.commands.output import make_console, make_table, require_writable
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import BENCHMARKS
from hand_tracking_dsp.evaluation.pose_benchmark.joint_file import placed_by_pixels, write_joints
from hand_tracking_dsp.evaluation.pose_benchmark.metrics import joint_errors_mm, mean_joint_error_mm


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Runs a network that was trained on a public data set on its test frames, as the tracker would, and "
        "writes the joints in the form of published results, which depth benchmark compares with others'."
    )
    add_network(parser)
    parser.add_argument("--dataset", required=True, choices=tuple(BENCHMARKS), help="data set to test on")
    parser.add_argument(
        "--folder", type=Path, required=True, metavar="DIR", help="folder of the data set, as published"
    )
    add_person(parser)
    parser.add_argument("--exit", metavar="NAME", help="exit, for example stack1_l4; the last if not given")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="results: u, v, d of each joint, a line a frame",
    )


def run(options: argparse.Namespace) -> int:
    """Find the joints, write them, and print their mean error."""
    require_writable(options.out)
    require_torch()
    from hand_tracking_dsp.compression.bank.sessions import open_exact
    from hand_tracking_dsp.compression.hourglass.export import export_exit
    from hand_tracking_dsp.compression.hourglass.public_samples import find_joints, open_dataset
    from hand_tracking_dsp.compression.hourglass.train import trained_network

    network = trained_network(options.network)
    if network.options.skeleton != options.dataset:
        finds = network.options.skeleton or "the package's own hand"
        msg = f"{options.network} finds the joints of {finds}, not of {options.dataset}: train one on it."
        raise ConfigurationError(msg)
    (exit_,) = choose_exits(network, [options.exit or str(network.options.exits[-1])])
    dataset = open_dataset(options.dataset, options.folder, "test", options.person)
    session = open_exact(export_exit(network, exit_))
    console = make_console()
    with WorkProgress(console) as report:
        joints, empty = find_joints(session, dataset, lambda done, of: report("finding joints", done, of, ""))
    write_joints(options.out, joints, dataset.benchmark)
    truth = placed_by_pixels(dataset.joints, dataset.benchmark)
    error = mean_joint_error_mm(joint_errors_mm(joints, truth.joints_m))
    row = (str(exit_), str(len(dataset)), str(empty), f"{error:.3f}")
    headings = ("exit", "frames", "without depth", "mean error, mm")
    console.print(make_table(f"Test frames of {dataset.benchmark.title}", headings, [row]))
    console.print(
        f"The joints are in {options.out}: compare them with hand-tracking-dsp depth benchmark --dataset "
        f"{options.dataset} --results {options.out} --truth FILE.",
        soft_wrap=True,
    )
    return 0
