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

"""hand-tracking-dsp models search: compare candidates for levels by latency and deviation before training."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from rich.progress import track
from rich.table import Table

from hand_tracking_dsp.commands.arguments import add_seed, require_at_least
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
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.data.packed_crops import hands_to_fit, packed_crops
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.pruning.block_latency import PRECISIONS
from hand_tracking_dsp.compression.search.front import (
    CandidateFigures,
    CandidateStudy,
    candidates_of,
    front_of,
)
from hand_tracking_dsp.compression.search.front_plot import save_front
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank, named_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

_FRONT = "front.json"
_SIZES = ("160/200", "160", "192/224", "192", "224")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = (
        "Measures every level of some banks with inputs of several sizes, heads refitted in closed form: "
        "time relative to the dense network, deviation from it, and which candidates no other dominates. "
        "For other widths use 'models prune' first; 'models train' trains what is chosen."
    )
    parser.add_argument("pack", type=Path, metavar="PACK", help="pictures, as 'models pack' writes them")
    parser.add_argument(
        "--bank",
        type=named_bank,
        nargs="+",
        metavar="BANK",
        help="banks of the candidates, the first with the dense network; the package's own if not given",
    )
    parser.add_argument(
        "--sizes",
        nargs="+",
        default=[*_SIZES],
        metavar="SIDE",
        help="sides of the input, pixels, or SEEN/SIDE: the side of the middle that is seen of it (default: "
        + " ".join(_SIZES)
        + ")",
    )
    parser.add_argument("--precision", choices=PRECISIONS, default="int8", help="precision that is timed")
    parser.add_argument("--count", type=int, default=400, help="packed hands to refit heads on")
    parser.add_argument("--most", type=int, default=200, help="crops of each set to measure on")
    parser.add_argument("--runs", type=int, default=100, help="timed runs of each")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of front.json and front.png")
    add_seed(parser)


def run(options: argparse.Namespace) -> int:
    """Measure, time and print the candidates."""
    require_at_least(options, count=32, most=1, runs=1)
    sizes = [InputSize.parse(text) for text in dict.fromkeys(options.sizes)]
    require_writable(options.out, _FRONT)
    console = make_console()
    banks = [read_manifest(folder) for folder in options.bank or [default_bank()]]
    pictures = read_pack(options.pack)
    hands, empty = (
        _thinned(packed_crops(pictures, kind), options.most)
        for kind in (PictureKind.CROP, PictureKind.EMPTY_CROP)
    )
    if not hands:
        msg = f"The pack {options.pack} needs hands to fit on and hands to measure on: pack both."
        raise ConfigurationError(msg)
    _, dense = read_level(banks[0])
    fit = hands_to_fit(pictures, options.count, options.seed)
    study = CandidateStudy(dense, fit, hands, empty)
    chosen = {one.name: (one, bank) for bank in banks for one in candidates_of(bank, sizes)}
    figures, networks = [], []
    for one, bank in track([*chosen.values()], "measuring candidates", console=console, transient=True):
        found, model = study.measure(one, bank)
        figures.append(found)
        networks.append(model)
    dense_ms, times_ms = study.time(networks, options.precision, options.runs)
    timed = [
        replace(one, latency=round(time_ms / dense_ms, 4))
        for one, time_ms in zip(figures, times_ms, strict=True)
    ]
    marked = [
        replace(one, on_front=best)
        for one, best in zip(timed, front_of([(one.latency, one.overall) for one in timed]), strict=True)
    ]
    marked.sort(key=lambda one: -one.latency)
    console.print(_table(marked, options.precision))
    console.print(f"{machine_line()}\nDense in fp32: {dense_ms:.2f} ms.\n{NOTE}")
    if options.out:
        rows = [{**asdict(one), "overall": round(one.overall, 3)} for one in marked]
        about = {"machine": machine(), "precision": options.precision, "dense_ms": round(dense_ms, 3)}
        write_json(options.out / _FRONT, {**about, "candidates": rows})
        save_front(marked, options.out / "front.png", options.precision)
        console.print(f"The figures are in {options.out / _FRONT}, the plot is in front.png beside it.")
    return 0


def _thinned(sets: dict[str, Crops], most: int) -> dict[str, Crops]:
    return {
        name: crops.subset(np.linspace(0, len(crops) - 1, min(most, len(crops))).astype(np.int64))
        for name, crops in sets.items()
    }


def _table(figures: Sequence[CandidateFigures], precision: str) -> Table:
    hands, empty = figures[0].deviation, figures[0].accepted
    headings = (
        "candidate",
        "latency",
        "parameters",
        "MMACs",
        *hands,
        "mean",
        *(f"{name}: accepted" for name in empty),
        "",
    )
    rows = [
        (
            one.name,
            f"{one.latency:.3f}",
            f"{one.parameters:,}",
            f"{one.macs / 1e6:.1f}",
            *(f"{one.deviation[name]:.2f}" for name in hands),
            f"{one.overall:.2f}",
            *(f"{one.accepted[name]:.1f}" for name in empty),
            "front" if one.on_front else "",
        )
        for one in figures
    ]
    title = f"Latency in {precision.upper()} and deviation, % of palm, relative to the dense network in fp32"
    return make_table(title, headings, rows)
