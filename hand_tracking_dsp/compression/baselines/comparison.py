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

"""Comparison of baselines in three stages: prune, train, and measure a row of figures for each network.

The work folder links the stages. Pruning and measuring belong on the machine whose latencies count; training
reads and writes that folder alone, and can run where a GPU is.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.baselines.candidates import CandidateMaker, NetworkCandidate, levels_of
from hand_tracking_dsp.compression.baselines.data import (
    BaselineDataOptions,
    calibration_crops,
    evaluation_sets,
    prepare_pack,
)
from hand_tracking_dsp.compression.baselines.measure import (
    Figures,
    evaluate_networks,
    time_all,
)
from hand_tracking_dsp.compression.baselines.methods import BaselinePruner, read_starts
from hand_tracking_dsp.compression.baselines.training import BaselineTraining, BaselineTrainingOptions
from hand_tracking_dsp.compression.data.synthetic import SYNTHETIC
from hand_tracking_dsp.compression.distillation.distill import Progress
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.evaluation.executor import EVERY_CORE, Executor
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.manifest import read_manifest

Row = dict[str, Any]
"""Figures of a network, as written to baselines.json."""


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """Options of the comparison.

    Attributes:
        data: Options of the pictures.
        training: Training that every network gets.
        ratios: Latencies to prune for, relative to the dense network.
        stages: Stages to run: "prune", "train", "measure".
        device: Device to train on, "cpu" or "cuda".
        train_s: Longest time to train for in this call, seconds.
        bank: Folder of a bank whose levels are measured too; None = no bank.
        threads: Numbers of threads to time with.
        runs: Timed runs of each network.
        executor: Where deviations are measured; all else runs here.
    """

    data: BaselineDataOptions
    training: BaselineTrainingOptions
    ratios: tuple[float, ...]
    stages: Collection[str] = ("prune", "train", "measure")
    device: str = "cpu"
    train_s: float = math.inf
    bank: Path | None = None
    threads: tuple[int, ...] = (1, 2)
    runs: int = 200
    executor: Executor = EVERY_CORE


@dataclass(frozen=True, slots=True)
class ComparedNetworks:
    """Result of the stages that were run.

    Attributes:
        rows: Row of each network, the dense one first; empty where nothing was measured.
        trained_on: Device that the networks were trained on; "" where they are not trained yet.
    """

    rows: list[Row]
    trained_on: str = ""


def compare(options: ComparisonOptions, work: Path, report: Progress) -> ComparedNetworks:
    """Run stages, each of which reads what an earlier call has kept in the work folder.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: The pictures do not suffice, no pruning is as fast as asked, an earlier stage is
            missing, or the work folder was begun with other options.
        ModelError: A bank or a network is missing or damaged.
        OutputError: The work folder cannot be written.
    """
    if "prune" in options.stages:
        crops = calibration_crops(options.data, work, report)
        prepare_pack(options.data, work, report)
        pruner = BaselinePruner(original_bank(), crops, work, options.data.seed, report)
        for ratio in options.ratios:
            pruner.prune_all(ratio)
    training = BaselineTraining(work, read_starts(work, options.ratios), options.training)
    if "train" in options.stages and not training.run(options.device, report, options.train_s):
        return ComparedNetworks([])
    if "measure" not in options.stages:
        return ComparedNetworks([], training.trained_on if training.finished else "")
    return ComparedNetworks(_measured(options, training, work, report), training.trained_on)


def mean_deviation(figures: Figures) -> float:
    """Return the mean deviation over data sets, without synthetic hands unless they are the only one."""
    names = [name for name in figures if name != SYNTHETIC] or list(figures)
    return sum(figures[name]["deviation"] for name in names) / len(names)


def _measured(
    options: ComparisonOptions, training: BaselineTraining, work: Path, report: Progress
) -> list[Row]:
    mediapipe, trained = original_bank(), training.trained()
    sets = evaluation_sets(options.data, read_level(read_manifest(mediapipe))[1], work, report)
    maker = CandidateMaker(mediapipe, calibration_crops(options.data, work, report), work, report)
    everyone = [
        *maker.originals(),
        *(one for ratio in options.ratios for one in maker.of_ratio(ratio, trained, training.options.steps)),
        *(levels_of(options.bank) if options.bank else ()),
    ]
    # Those that were trained here are measured as they were before it, too.
    models = [one.data for one in everyone] + [one.start for one in everyone if one.start is not None]
    figures = iter(
        evaluate_networks(
            models,
            sets,
            work / "figures",
            options.executor,
            lambda done, of: report("measuring networks", done, of, ""),
        )
    )
    rows = [_row(one, everyone[0], next(figures)) for one in everyone]
    for one, row in zip(everyone, rows, strict=True):
        if one.start is not None:
            row["figures_before_training"] = next(figures)
    profiles = time_all(
        {one.name: one.data for one in everyone},
        options.threads,
        options.runs,
        lambda what, done, of: report(f"timing, {what}", done, of, ""),
    )
    for row in rows:
        row["latency"] = profiles[row["name"]]
    return rows


def _row(one: NetworkCandidate, dense: NetworkCandidate, figures: Figures) -> Row:
    return {
        "name": one.name,
        "label": one.label,
        "family": one.family,
        "asked_latency_ratio": one.ratio,
        "training_steps": one.steps,
        "precision": one.precision,
        "input_size": one.input_size,
        "parameters": one.parameters,
        "sparsity": round(1 - one.parameters / dense.parameters, 4),
        "macs": one.macs,
        "bytes": len(one.data),
        "sha256": sha256_of(one.data),
        "figures": figures,
    }
