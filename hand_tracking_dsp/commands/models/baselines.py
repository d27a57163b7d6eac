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
import math
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_executor,
    add_seed,
    read_executor,
    require_at_least,
    require_threads,
)
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

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.baselines.comparison import ComparisonOptions

_STAGES = ("prune", "train", "measure")
_AGREEMENT = "agreement with the dense network, not accuracy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    for name, meaning in (
        ("--images", "pictures to calibrate with; synthetic hands where none is given"),
        ("--validation", "pictures to measure on, besides synthetic hands"),
    ):
        parser.add_argument(
            name, type=Path, nargs="+", default=[], metavar="DIR", help=f"folders of {meaning}"
        )
    parser.add_argument(
        "--pack",
        type=Path,
        metavar="FILE",
        help="packed pictures to train on; those of --images are packed if not given",
    )
    parser.add_argument(
        "--work",
        type=Path,
        required=True,
        help="folder of networks, packed pictures, checkpoints and figures; resumed",
    )
    parser.add_argument(
        "--out", type=Path, help="folder of baselines.json and baselines.png; --work if not given"
    )
    parser.add_argument(
        "--stages",
        nargs="+",
        choices=_STAGES,
        default=_STAGES,
        help="stages to run now, all if not given; train needs --work alone, and may run on another machine",
    )
    parser.add_argument("--bank", type=Path, help="folder of a bank whose levels are measured too")
    parser.add_argument(
        "--latency-ratio",
        type=float,
        nargs="+",
        default=[0.75, 0.5],
        metavar="RATIO",
        help="latencies to prune for, relative to the dense network (ONNX Runtime, 1 thread, fp32)",
    )
    _add_training(parser)
    parser.add_argument("--crops", type=int, default=480, help="hands to calibrate with")
    parser.add_argument(
        "--test-hands", dest="exam", type=int, default=200, help="hands of each data set to measure on"
    )
    parser.add_argument(
        "--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads to time with"
    )
    parser.add_argument("--runs", type=int, default=200, help="timed runs of each network")
    add_executor(parser, "measurements of deviations")
    add_seed(parser)


def _add_training(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the training that every network gets."""
    parser.add_argument("--steps", type=int, default=2000, help="batches of training")
    parser.add_argument("--batch", type=int, default=128, help="samples in a batch")
    parser.add_argument("--rate", type=float, default=4e-4, help="highest learning rate")
    parser.add_argument(
        "--hands", type=int, default=16384, help="crops of hands to train on, and half as many without"
    )
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default="auto", help="device to train on"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=math.inf,
        help="longest training in this call, which the next one goes on with; no limit if not given",
    )


def run(options: argparse.Namespace) -> int:
    """Run the stages; print and write baselines.json and baselines.png where all is measured."""
    _check(options)
    out = options.out or options.work
    if "measure" in options.stages:
        require_writable(out, "baselines.json")
    if find_spec("torch") is None:
        msg = "The comparison trains networks with PyTorch, which is not installed: run make setup-lab."
        raise ConfigurationError(msg)
    from hand_tracking_dsp.compression.baselines.comparison import compare
    from hand_tracking_dsp.compression.baselines.plot import save_plot

    console = make_console()
    with WorkProgress(console) as report:
        result = compare(_asked(options), options.work, report)
    if not result.rows:
        state = f"trained, on {result.trained_on}" if result.trained_on else "not trained to the end yet"
        console.print(f"The networks in {options.work} are {state}.")
        return 0
    rows = result.rows
    console.print(_accuracy_table(rows), _latency_table(rows), f"{machine_line()}", sep="\n")
    note = f"{_sources(options)}; {_AGREEMENT}"
    content = {
        "machine": machine(),
        "trained_on": result.trained_on,
        "note": note,
        "settings": _settings(options),
        "networks": rows,
    }
    write_json(out / "baselines.json", content)
    save_plot(rows, out / "baselines.png", note)
    console.print(f"The table and its plot are written into {out}.")
    return 0


def _asked(options: argparse.Namespace) -> ComparisonOptions:
    from hand_tracking_dsp.compression.baselines.comparison import ComparisonOptions
    from hand_tracking_dsp.compression.baselines.data import BaselineDataOptions
    from hand_tracking_dsp.compression.baselines.training import BaselineTrainingOptions
    from hand_tracking_dsp.compression.torch_device import choose_device

    return ComparisonOptions(
        data=BaselineDataOptions(
            images=tuple(options.images),
            validation=tuple(options.validation),
            pack=options.pack,
            crops=options.crops,
            exam=options.exam,
            seed=options.seed,
        ),
        training=BaselineTrainingOptions(
            steps=options.steps,
            batch=options.batch,
            learning_rate=options.rate,
            hands=options.hands,
            seed=options.seed,
        ),
        ratios=tuple(sorted(set(options.latency_ratio), reverse=True)),
        stages=tuple(options.stages),
        device=choose_device(options.device, 0) if "train" in options.stages else "cpu",
        train_s=60 * options.minutes,
        bank=options.bank,
        threads=tuple(options.threads),
        runs=options.runs,
        executor=read_executor(options),
    )


def _check(options: argparse.Namespace) -> None:
    require_at_least(options, steps=1, batch=1, hands=1, runs=1)
    require_at_least(options, crops=MIN_CROPS, exam=MIN_CROPS)
    for ratio in options.latency_ratio:
        if not 0 < ratio <= 1:
            msg = f"--latency-ratio is {ratio}: it must be above 0 and at most 1."
            raise ConfigurationError(msg)
    for name in ("rate", "minutes"):
        value = getattr(options, name)
        if not value > 0:
            msg = f"--{name} is {value}: it must be above 0."
            raise ConfigurationError(msg)
    require_threads(options)


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the figures depend on."""
    names = {name: _names(getattr(options, name)) for name in ("images", "validation")}
    pack = options.pack.name if options.pack else None
    values = ("steps", "batch", "rate", "hands", "crops", "exam", "seed")
    return {**names, "pack": pack, **{name: getattr(options, name) for name in values}}


def _sources(options: argparse.Namespace) -> str:
    """Describe the data that networks were calibrated and trained with, and the training."""
    pictures = ", ".join(_names(options.images)) or "synthetic hands alone"
    given = f"calibrated on {pictures}, trained on {options.pack.name}" if options.pack else ""
    training = f"{options.steps} steps of {options.batch} samples each, all blocks"
    return f"{given or f'calibrated and trained on {pictures}'}; {training}"


def _names(folders: Iterable[Path]) -> list[str]:
    return [path.resolve().name for path in folders]


def _accuracy_table(rows: Sequence[dict[str, Any]]) -> Table:
    """Make a table of sizes, deviations by data set before and after training, and errors."""
    data = list(rows[0]["figures"])
    (exact,) = (name for name in data if "error" in rows[0]["figures"][name])
    headings = [
        "network",
        "input",
        "steps",
        "parameters",
        "sparsity %",
        "MMACs",
        "MB",
        *data,
        f"error, {exact}",
    ]
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
            str(row["input_size"]),
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
