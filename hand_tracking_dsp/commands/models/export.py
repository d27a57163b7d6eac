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

"""hand-tracking-dsp models export: make a bank of what 'models train' left."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.progress import track

from hand_tracking_dsp.commands.arguments import add_bank, add_out, add_seed, require_other_folder
from hand_tracking_dsp.commands.models.output import NOTE, steps_table
from hand_tracking_dsp.commands.models.training import require_pytorch
from hand_tracking_dsp.commands.output import machine_line, make_console, require_writable, write_json
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Makes a bank of the networks that 'models train' left: INT8 files, calibrated on the pack, of all "
        "levels, fp32 files of the dense one and of those asked for, each measured on the pack's crops. "
        "'models measure --pack' prints more of it."
    )
    parser.add_argument("work", type=Path, metavar="WORK", help="folder that 'models train' left")
    parser.add_argument(
        "--pack", type=Path, required=True, metavar="FILE", help="pictures that it was trained on"
    )
    add_bank(parser)
    parser.add_argument(
        "--fp32",
        nargs="+",
        default=[],
        metavar="NAME",
        help="sparse levels that are to have fp32 files, too",
    )
    add_out(parser)
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Quantize, check and measure level after level, and write the bank and the curves."""
    folder = options.bank or default_bank()
    require_other_folder(options.out, folder)
    require_pytorch()
    require_writable(options.out, MANIFEST_NAME)
    from hand_tracking_dsp.compression.distillation.joint_curves import save_curves
    from hand_tracking_dsp.compression.distillation.joint_export import CHECKED, JointExporter

    console = make_console()
    exporter = JointExporter(read_manifest(folder), options.pack, options.work, options.fp32, options.seed)
    steps = []
    for network in track(exporter.networks, "quantizing", console=console, transient=True):
        steps += [(network.name, step) for step in exporter.make(network)]
    exporter.write(options.out)
    console.print(steps_table(steps, CHECKED))
    curves = options.out.with_name(f"{options.out.name}-curves.png")
    save_curves(exporter.record["curve"], curves)
    write_json(curves.with_suffix(".json"), exporter.record)
    console.print(
        f"{machine_line()}\n{NOTE}\nThe bank is written into {options.out}, the curves into {curves} and "
        f"{curves.with_suffix('.json').name}."
    )
    return 0
