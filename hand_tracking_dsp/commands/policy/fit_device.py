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

"""hand-tracking-dsp policy fit-device: a simulated device from traces, and how well it reproduces others."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from statistics import median

from rich.table import Table

from hand_tracking_dsp.commands.arguments import add_bank, add_option, add_seed
from hand_tracking_dsp.commands.output import machine, make_console, make_table, require_writable, write_json
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.options import declaration
from hand_tracking_dsp.recordings.trace import Trace, read_trace
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.simulation.device import QUANTILES, DeviceModel
from hand_tracking_dsp.rl.simulation.fit_device import BLOCK_S, fit_device, split_blocks
from hand_tracking_dsp.rl.simulation.goodness_of_fit import SHARES, Reproduction, occupancy, reproduce
from hand_tracking_dsp.tracking.manifest import read_manifest

_MEDIAN, _TAIL = QUANTILES.index(0.5), QUANTILES.index(0.99)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "traces", type=Path, nargs="+", metavar="TRACE", help="CSVs that policy record-trace wrote"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the device.json to write")
    parser.add_argument(
        "--held-out",
        type=Path,
        nargs="+",
        default=[],
        metavar="TRACE",
        help=f"compare with these; without, every other {BLOCK_S:g} s of each trace is held out",
    )
    parser.add_argument("--name", default="", help="name of the device; that of the file if not given")
    add_option(parser, "--budget-ms", declaration(ControllerOptions, "budget_ms"))
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the comparison as JSON")
    parser.add_argument(
        "--scenes",
        action="store_true",
        help="take drift and scenes from the traces too; only where they show many scenes, for hours",
    )
    add_bank(parser)
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Fit, write the device, and print what it is and how well it reproduces the held-out frames.

    Raises:
        ConfigurationError: An option cannot be used, or nothing is left to hold out.
        SourceError: A trace cannot be used.
        ModelError: The bank cannot be used.
    """
    manifest = read_manifest(options.bank or default_bank())
    require_writable(options.out)
    require_writable(options.report)
    fitted, held_out = _traces(options)
    names = ", ".join(path.name for path in options.traces)
    model = fit_device(
        fitted, manifest, options.name or options.out.stem, f"traces {names}", scenes=options.scenes
    )
    found = reproduce(model, held_out, options.budget_ms, options.seed)
    model.write(options.out)
    console = make_console()
    console.print(_times(model))
    console.print(_states(model))
    console.print(_comparison(found, options.budget_ms))
    errors = [abs(error) for one in found if one.level is not None for error in one.relative_errors]
    console.print(
        f"Over single levels and quantiles the error is {median(errors):.0%} at the median, "
        f"{max(errors):.0%} at most."
    )
    console.print(f"The device is written into {options.out}.")
    if options.report:
        figures = [asdict(one) | {"relative_errors": one.relative_errors} for one in found]
        report = {
            "machine": machine(),
            "traces": [str(path) for path in options.traces],
            "held_out": [str(path) for path in options.held_out] or f"every other {BLOCK_S:g} s",
            "budget_ms": options.budget_ms,
            "seed": options.seed,
            "quantiles": SHARES,
            "figures": figures,
        }
        write_json(options.report, report)
        console.print(f"The comparison is written into {options.report}.")
    return 0


def _traces(options: argparse.Namespace) -> tuple[list[Trace], list[Trace]]:
    """Return the traces to fit to and those to compare with."""
    traces = [read_trace(path) for path in options.traces]
    if options.held_out:
        return traces, [read_trace(path) for path in options.held_out]
    parts = [split_blocks(trace) for trace in traces]
    held_out = [block for _, blocks in parts for block in blocks]
    if not held_out:
        msg = f"The traces are shorter than {BLOCK_S:g} s, nothing is left to hold out: give --held-out."
        raise ConfigurationError(msg)
    return [block for blocks, _ in parts for block in blocks], held_out


def _times(model: DeviceModel) -> Table:
    levels = zip(model.level_ms, model.easy_percent, model.hard_percent, strict=True)
    rows = [
        ("overhead of a frame", f"{model.overhead_ms:.2f}", "", ""),
        ("palm detector", f"{model.detector_ms:.2f}", "", ""),
        *(
            (f"level {level}, a hand", *(f"{value:.2f}" for value in values))
            for level, values in enumerate(levels)
        ),
    ]
    title = f"{model.name}: on a quiet machine, ms; drift from dense, % of palm size"
    return make_table(title, ("", "time", "drift, easy scenes", "drift, hard scenes"), rows)


def _states(model: DeviceModel) -> Table:
    rows = [
        (
            state.name,
            f"{100 * share:.0f} %",
            f"{state.mean_s:.1f}",
            *(f"{state.multipliers[index]:.2f}" for index in (_MEDIAN, _TAIL)),
        )
        for state, share in zip(model.states, occupancy(model), strict=True)
    ]
    title = "Load states: a frame takes so many times its quiet time"
    return make_table(title, ("state", "share of time", "mean length, s", "median", "99th percentile"), rows)


def _comparison(found: tuple[Reproduction, ...], budget_ms: float) -> Table:
    headings = ("level", "frames", *(f"p{100 * share:g}" for share in SHARES), f"over {budget_ms:g} ms")
    rows = []
    for one in found:
        quantiles = zip(one.measured_ms, one.model_ms, one.relative_errors, strict=True)
        cells = (
            f"{measured:.1f}, {model:.1f} ({100 * error:+.0f} %)" for measured, model, error in quantiles
        )
        late = f"{100 * one.measured_late:.1f}, {100 * one.model_late:.1f} %"
        rows.append(("all" if one.level is None else str(one.level), str(one.frames), *cells, late))
    return make_table("Held-out frames: measured, simulated ms (error)", headings, rows)
