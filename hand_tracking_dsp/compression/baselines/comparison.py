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

"""Comparison of baselines: makes and measures every network, a row of figures for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hand_tracking_dsp.compression.bank.files import read_float_network, read_level
from hand_tracking_dsp.compression.baselines.data import BaselineData, BaselineDataOptions, gather
from hand_tracking_dsp.compression.baselines.measure import Figures, evaluate_network, time_all
from hand_tracking_dsp.compression.baselines.methods import (
    Budget,
    CandidateMaker,
    NetworkCandidate,
    new_candidate,
    with_steps,
)
from hand_tracking_dsp.compression.data.synthetic import SYNTHETIC
from hand_tracking_dsp.compression.distillation.distill import Progress
from hand_tracking_dsp.compression.distillation.train import DistillationTrainingOptions
from hand_tracking_dsp.compression.torch_device import bfloat16_is_fast
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import files_of

Row = dict[str, Any]
"""Figures of a network, as written to baselines.json."""


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """Options of the comparison.

    Attributes:
        ratios: Latencies to prune for, relative to the dense network.
        bank: Folder of a bank whose levels are measured too; None = no bank.
        threads: Numbers of threads to time with.
        runs: Timed runs of each network.
    """

    data: BaselineDataOptions
    ratios: tuple[float, ...]
    budget: Budget
    bank: Path | None = None
    threads: tuple[int, ...] = (1, 2)
    runs: int = 200


def budget(steps: int, minutes: float | None, batch: int, device: str, seed: int) -> Budget:
    """Describe the training that every network gets: steps, or the minutes of one network where given."""
    options = DistillationTrainingOptions(
        batch=batch, device=device, half=bfloat16_is_fast(device), seed=seed
    )
    return Budget(with_steps(options, steps), minutes)


def compare(options: ComparisonOptions, work: Path, report: Progress) -> list[Row]:
    """Make all networks, or read those that an earlier call has kept in the work folder, and measure them.

    Returns:
        Row of each network; the first is the dense one.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: The pictures do not suffice, or no pruning is as fast as asked.
        ModelError: A bank is missing or damaged.
        OutputError: The work folder cannot be written.
    """
    mediapipe = original_bank()
    data = gather(options.data, options.budget, read_level(read_manifest(mediapipe))[1], work, report)
    maker = CandidateMaker(
        mediapipe,
        data.crops,
        data.samples,
        data.validation,
        work,
        options.budget,
        options.data.seed,
        report,
    )
    everyone = [
        *_originals(maker),
        *(one for ratio in options.ratios for one in maker.of_ratio(ratio)),
        *(_levels(options.bank) if options.bank else ()),
    ]
    rows = [_row(one, everyone[0], data, work, report) for one in everyone]
    profiles = time_all(
        {one.name: one.data for one in everyone},
        options.threads,
        options.runs,
        lambda what, done, of: report(f"timing, {what}", done, of, ""),
    )
    for row in rows:
        row["latency"] = profiles[row["name"]]
    return rows


def mean_deviation(figures: Figures) -> float:
    """Return the mean deviation over data sets, without synthetic hands unless they are the only one."""
    names = [name for name in figures if name != SYNTHETIC] or list(figures)
    return sum(figures[name]["deviation"] for name in names) / len(names)


def _originals(maker: CandidateMaker) -> Iterator[NetworkCandidate]:
    """Yield MediaPipe's own networks, in fp32 and in INT8."""
    for name, label in (("full", "MediaPipe full (dense)"), ("lite", "MediaPipe lite")):
        original = new_candidate(name, label, "MediaPipe", read_level(read_manifest(maker.bank), name)[1])
        yield original
        yield maker.quantized(original)


def _levels(bank: Path) -> Iterator[NetworkCandidate]:
    """Yield a bank's levels but the dense one, in all their files."""
    manifest = read_manifest(bank)
    for level in manifest.levels[1:]:
        for info in files_of(level):
            yield NetworkCandidate(
                name=f"bank_{info.file.removesuffix('.onnx')}",
                label=f"bank {manifest.name}: {level.name}{_suffix(info.precision)}",
                family="bank",
                data=read_float_network(manifest, info),
                precision=info.precision,
                parameters=info.parameters,
                macs=info.macs,
            )


def _suffix(precision: str) -> str:
    return "" if precision == "fp32" else f", {precision.upper()}"


def _row(
    one: NetworkCandidate, dense: NetworkCandidate, data: BaselineData, work: Path, report: Progress
) -> Row:
    report(f"measuring {one.label}", 0, 0, "")
    row: Row = {
        "name": one.name,
        "label": one.label,
        "family": one.family,
        "asked_latency_ratio": one.ratio,
        "training_steps": one.steps,
        "precision": one.precision,
        "parameters": one.parameters,
        "sparsity": round(1 - one.parameters / dense.parameters, 4),
        "macs": one.macs,
        "bytes": len(one.data),
        "sha256": sha256_of(one.data),
        "figures": evaluate_network(one.data, data.sets, work / "figures"),
    }
    if one.start is not None:
        row["figures_before_training"] = evaluate_network(one.start, data.sets, work / "figures")
    return row
