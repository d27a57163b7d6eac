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

"""hand-tracking-dsp models architecture: search over input size, precision, widths and depth by NSGA-II."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hand_tracking_dsp.commands.arguments import (
    add_bank,
    add_executor,
    add_seed,
    read_executor,
    require_at_least,
)
from hand_tracking_dsp.commands.models.output import NOTE
from hand_tracking_dsp.commands.output import (
    machine,
    machine_line,
    make_console,
    make_table,
    require_writable,
    write_json,
)
from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.composition.architecture_plot import save_architectures
from hand_tracking_dsp.compression.composition.architecture_search import (
    POPULATION,
    TIMES,
    ArchitectureSearch,
    require_optuna,
    search_architectures,
)
from hand_tracking_dsp.compression.composition.start_network import PlainMeter, StartNetwork, start_networks
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.data.packed_crops import crops_to_measure, hands_to_fit
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.control.policy_file import read_policy
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.evaluation.executor import Executor
from hand_tracking_dsp.resources import default_bank, default_layer_agent
from hand_tracking_dsp.tracking.composition.profile import BLOCK_PRECISIONS, CompositionProfile
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

_FIGURES, _PLOT = "architecture.json", "architecture.png"
_SIZES = ("224", "192/224", "192", "160")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Searches for the front of time and deviation over the networks that can be composed of a bank's "
        "blocks, in every precision of them and with inputs of several sizes, by NSGA-II on the estimate "
        "that 'models compositions' made, beside random search, dynamic programming and the layer agent; "
        "measures what they find."
    )
    parser.add_argument("pack", type=Path, metavar="PACK", help="pictures, as 'models pack' writes them")
    add_bank(parser)
    parser.add_argument(
        "--sizes",
        nargs="+",
        default=[*_SIZES],
        metavar="SIDE",
        help="sides of the input, pixels, or SEEN/SIDE as in 'models search'; 224 is always among them "
        f"(default: {' '.join(_SIZES)})",
    )
    parser.add_argument(
        "--precision",
        nargs="+",
        choices=BLOCK_PRECISIONS,
        default=list(BLOCK_PRECISIONS),
        help="precisions of the blocks; all if not given",
    )
    parser.add_argument(
        "--evaluations",
        type=int,
        default=10000,
        help=f"architectures that NSGA-II, and random search, look at, {POPULATION} or more "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--hands",
        type=int,
        default=60,
        help="hands of the pack to measure on, 1 or more (default: %(default)s)",
    )
    parser.add_argument(
        "--count",
        type=int,
        default=400,
        help="packed hands to refit heads of other sizes on, 32 or more (default: %(default)s)",
    )
    parser.add_argument(
        "--runs", type=int, default=100, help="timed runs of each network, 1 or more (default: %(default)s)"
    )
    parser.add_argument(
        "--agent",
        type=Path,
        metavar="FILE",
        help="manifest of a layer agent, left out where it does not fit the blocks; the package's own if not "
        "given",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"folder of {_FIGURES} and {_PLOT}")
    add_executor(parser, "measurements")
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Search, measure, print and draw the fronts.

    Raises:
        ConfigurationError: The pack holds no hands to fit or measure on, the bank has no measured blocks, or
            Optuna is missing.
        ModelError: The bank or the agent's file cannot be used.
        OutputError: The files cannot be written.
    """
    require_at_least(options, evaluations=POPULATION, hands=1, count=32, runs=1, seed=0)
    require_optuna()
    executor = read_executor(options)
    sizes = [InputSize.parse(text) for text in dict.fromkeys(options.sizes)]
    require_writable(options.out, _FIGURES, _PLOT)
    bank = read_manifest(options.bank or default_bank())
    wanted = tuple(info for info in bank.blocks or () if info.precision in options.precision)
    bank = replace(bank, blocks=wanted)
    if not wanted:
        precisions = " or ".join(options.precision)
        msg = f"The bank {bank.name} has no blocks in {precisions}: make them with models blocks."
        raise ConfigurationError(msg)
    agent = options.agent or default_layer_agent()
    # A file that cannot be read is refused before anything is measured.
    read_policy(agent)
    pictures = read_pack(options.pack, [PictureKind.HAND, PictureKind.CROP])
    hands = crops_to_measure(pictures, options.hands, options.seed)
    fit = hands_to_fit(pictures, options.count, options.seed)
    console = make_console()
    starts, searches = _search(options, bank, sizes, fit, hands, agent, executor, console)
    console.print(_starts_table(starts))
    console.print(_best_table(searches, starts))
    note = (
        f"Times are the processor's, one thread, in turn, relative to the dense network in {starts[0].name} "
        "pixels."
    )
    console.print(f"{machine_line()}\n{note}\n{NOTE}", highlight=False)
    if options.out:
        about = {"machine": machine(), "starts": [one.name for one in starts]}
        rows = [asdict(search) for search in searches]
        write_json(options.out / _FIGURES, {**about, "hands": len(hands), "searches": rows})
        save_architectures(searches, options.out / _PLOT, f"dense in {starts[0].name}")
        console.print(f"The figures are in {options.out / _FIGURES}, the plot is in {_PLOT} beside it.")
    return 0


def _search(
    options: argparse.Namespace,
    bank: Manifest,
    sizes: Sequence[InputSize],
    fit: Crops,
    hands: Crops,
    agent: Path,
    executor: Executor,
    console: Console,
) -> tuple[list[StartNetwork], list[ArchitectureSearch]]:
    """Measure start networks, and search; agent is a layer agent's manifest, left out if it does not fit."""
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("measuring", total=None)
        report = lambda what: progress.update(task, description=what)  # noqa: E731
        starts = start_networks(
            bank,
            sizes,
            fit,
            hands,
            seed=options.seed,
            runs=options.runs,
            executor=executor,
            on_progress=report,
        )
        searches = search_architectures(
            starts,
            PlainMeter(read_level(bank)[1], hands),
            options.evaluations,
            agent=_fitting_agent(agent, bank, starts[0], console),
            seed=options.seed,
            runs=options.runs,
            executor=executor,
            on_progress=report,
        )
    return starts, searches


def _fitting_agent(file: Path, bank: Manifest, start: StartNetwork, console: Console) -> LayerAgent | None:
    """Open a layer agent for a start network; None, and a sentence that says why, where it does not fit."""
    try:
        return LayerAgent.load(file, bank, CompositionProfile.of(start.blocks, bank.levels[0]))
    except ModelError as error:
        console.print(f"Without the layer agent: {error}", highlight=False)
        return None


def _starts_table(starts: Sequence[StartNetwork]) -> Table:
    """Show what size and precision do."""
    dense = [0] * len(starts[0].spared)
    rows = [
        (
            one.name,
            f"{one.whole_time:.3f}",
            f"{one.deviation_percent([dense])[0]:.2f}",
            f"{np.sqrt(one.offset):.2f}",
            f"{np.sqrt(one.factor):.2f}",
            f"{one.fit:.3f}" if np.isfinite(one.fit) else "",
        )
        for one in starts
    ]
    headings = ("start network", "time", "deviation, estimated", "added", "factor", "R² of logarithms")
    title = (
        "Level 0 in each precision and size of the input: deviation² = added² + (factor * that at 224)², "
        "% of palm size"
    )
    return make_table(title, headings, rows)


def _best_table(searches: Sequence[ArchitectureSearch], starts: Sequence[StartNetwork]) -> Table:
    """Show the least deviation that each search found within each time, and what each took."""

    def cell(search: ArchitectureSearch, limit: float) -> str:
        within = [one for one in search.found if one.time <= limit]
        if not within:
            return "none"
        best = min(within, key=lambda one: one.deviation)
        return f"{best.deviation:.2f} ({best.time:.3f}, {starts[best.start].name})"

    rows = [(f"{limit:.2f}", *(cell(search, limit) for search in searches)) for limit in TIMES]
    rows += [
        ("training steps on the estimate", *(f"{search.steps:,}" for search in searches)),
        ("estimates", *(f"{search.estimates:,}" for search in searches)),
        ("measured for the estimate", *(f"{search.fitted:,}" for search in searches)),
        ("measured to decide", *(f"{search.measured}" for search in searches)),
        ("measured at the end", *(f"{len(search.found)}" for search in searches)),
    ]
    title = (
        "Least deviation in plain scenes within a time, both measured, % of palm size (its time and start "
        "network), and the evaluations that each search took"
    )
    return make_table(title, ("time", *(search.method for search in searches)), rows)
