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

"""hand-tracking-dsp models baselines: compare pruned networks with those of other methods."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.table import Table

from hand_tracking_dsp.commands.arguments import add_seed, require_at_least, require_threads
from hand_tracking_dsp.commands.models.output import WorkProgress
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    make_console,
    make_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.compression.data.crops import MIN_CROPS
from hand_tracking_dsp.errors import ConfigurationError

_AGREEMENT = "agreement with the dense network, not accuracy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    for name, meaning in (
        ("--images", "pictures to train on; synthetic hands where none is given"),
        ("--validation", "pictures to measure on, besides synthetic hands"),
        ("--samples", "samples made by distill to train on; made of the pictures where none is given"),
    ):
        parser.add_argument(
            name, type=Path, nargs="+", default=[], metavar="DIR", help=f"folders of {meaning}"
        )
    parser.add_argument(
        "--work",
        type=Path,
        required=True,
        help="folder of networks, checkpoints and figures; resumed",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of baselines.json and baselines.png")
    parser.add_argument("--bank", type=Path, help="folder of a bank whose levels are measured too")
    parser.add_argument(
        "--latency-ratio",
        type=float,
        nargs="+",
        default=[0.55],
        metavar="RATIO",
        help="latencies to prune for, relative to the dense network (ONNX Runtime, 1 thread, fp32)",
    )
    lengths = parser.add_mutually_exclusive_group()
    lengths.add_argument("--steps", type=int, default=2000, help="batches of training for every network")
    lengths.add_argument(
        "--minutes-per-network",
        type=float,
        metavar="MINUTES",
        help="training time instead of steps; all networks get the same steps",
    )
    parser.add_argument("--batch", type=int, default=64, help="samples in a batch")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="device to train on")
    parser.add_argument(
        "--make-samples", type=int, default=10240, help="samples to make where none are given"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that make samples")
    parser.add_argument("--crops", type=int, default=480, help="hands to calibrate with")
    parser.add_argument(
        "--test-hands", dest="exam", type=int, default=200, help="hands of each data set to measure on"
    )
    parser.add_argument(
        "--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads to time with"
    )
    parser.add_argument("--runs", type=int, default=200, help="timed runs of each network")
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Make, measure and print; write baselines.json and baselines.png."""
    _check(options)
    require_writable(options.out, "baselines.json")
    if find_spec("torch") is None:
        msg = "The comparison trains networks with PyTorch, which is not installed: run make setup-lab."
        raise ConfigurationError(msg)
    from hand_tracking_dsp.compression.baselines.comparison import ComparisonOptions, budget, compare
    from hand_tracking_dsp.compression.baselines.data import BaselineDataOptions
    from hand_tracking_dsp.compression.baselines.plot import save_plot

    data = BaselineDataOptions(
        images=tuple(options.images),
        validation=tuple(options.validation),
        samples=tuple(options.samples),
        crops=options.crops,
        exam=options.exam,
        count=options.make_samples,
        workers=options.workers,
        seed=options.seed,
    )
    asked = ComparisonOptions(
        data=data,
        ratios=tuple(sorted(set(options.latency_ratio), reverse=True)),
        budget=budget(
            options.steps, options.minutes_per_network, options.batch, options.device, options.seed
        ),
        bank=options.bank,
        threads=tuple(options.threads),
        runs=options.runs,
    )
    console = make_console()
    with WorkProgress(console) as report:
        rows = compare(asked, options.work, report)
    console.print(_accuracy_table(rows), _latency_table(rows), f"{machine_line()}", sep="\n")
    note = f"{_sources(options)}; {_AGREEMENT}"
    settings = {
        "images": _names(options.images),
        "validation": _names(options.validation),
        "samples": _names(options.samples),
        "batch": options.batch,
        "crops": options.crops,
        "exam": options.exam,
        "seed": options.seed,
    }
    content = {"machine": machine(), "note": note, "settings": settings, "networks": rows}
    write_json(options.out / "baselines.json", content)
    save_plot(rows, options.out / "baselines.png", note)
    console.print(f"The table and its plot are written into {options.out}.")
    return 0


def _check(options: argparse.Namespace) -> None:
    require_at_least(options, steps=1, batch=1, make_samples=1, workers=1, runs=1)
    require_at_least(options, crops=MIN_CROPS, exam=MIN_CROPS)
    for ratio in options.latency_ratio:
        if not 0 < ratio <= 1:
            msg = f"--latency-ratio is {ratio}: it must be above 0 and at most 1."
            raise ConfigurationError(msg)
    if options.minutes_per_network is not None and not options.minutes_per_network > 0:
        msg = f"--minutes-per-network is {options.minutes_per_network}: it must be above 0."
        raise ConfigurationError(msg)
    require_threads(options)


def _sources(options: argparse.Namespace) -> str:
    """Describe the data that networks were calibrated and trained with."""
    pictures = ", ".join(_names(options.images)) or "synthetic hands alone"
    if not options.samples:
        return f"calibrated and trained on {pictures}"
    return f"calibrated on {pictures}, trained on samples in {', '.join(_names(options.samples))}"


def _names(folders: Iterable[Path]) -> list[str]:
    return [path.resolve().name for path in folders]


def _accuracy_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Make a table of sizes, deviations by data set before and after training, and errors."""
    data = list(rows[0]["figures"])
    (exact,) = (name for name in data if "error" in rows[0]["figures"][name])
    headings = ["network", "steps", "parameters", "sparsity %", "MMACs", "MB", *data, f"error, {exact}"]
    title = (
        f"Deviation from the dense network, mean, % of palm size: {_AGREEMENT} (in brackets: before "
        f"training)\nerror: distance from the exact joints of {exact}, % of palm size"
    )

    def cells(row: dict[str, Any]) -> tuple[str, ...]:
        before = row.get("figures_before_training")
        deviations = [
            f"{row['figures'][name]['deviation']:.2f}"
            + (f" ({before[name]['deviation']:.1f})" if before else "")
            for name in data
        ]
        return (
            _label(row),
            str(row["training_steps"] or ""),
            f"{row['parameters']:,}",
            f"{100 * row['sparsity']:.1f}",
            f"{row['macs'] / 1e6:.1f}",
            f"{row['bytes'] / 1e6:.2f}",
            *deviations,
            f"{row['figures'][exact]['error']:.2f}",
        )

    return make_table(title, headings, map(cells, rows))


def _latency_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Make a table of the times of all networks on every runtime."""
    runs = rows[0]["latency"][0]["runs"]
    title = f"Time of one run, p50 / p99 ms (relative to the dense network); {runs} runs in turn"
    runtimes = (
        f"{profile['provider'].replace('ExecutionProvider', '')}\n{profile['threads']} thread(s)"
        for profile in rows[0]["latency"]
    )
    times = (
        (f"{one['p50_ms']:.2f} / {one['p99_ms']:.2f} ({one['relative']:.2f})" for one in row["latency"])
        for row in rows
    )
    cells = ((_label(row), *row_times) for row, row_times in zip(rows, times, strict=True))
    return make_table(title, ("network", *runtimes), cells)


def _label(row: dict[str, Any]) -> str:
    return str(row["label"]) + (f" at {row['asked_latency_ratio']:g}" if row["asked_latency_ratio"] else "")
