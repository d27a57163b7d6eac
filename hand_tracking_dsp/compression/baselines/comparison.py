"""The comparison: makes every network, measures all of them, and puts the figures side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.baselines.data import Materials, Wishes, gather
from hand_tracking_dsp.compression.baselines.measure import Figures, examine, time_all
from hand_tracking_dsp.compression.baselines.methods import (
    Budget,
    Contest,
    Contestant,
    Progress,
    contestant,
    with_steps,
)
from hand_tracking_dsp.compression.data.synthetic import SYNTHETIC
from hand_tracking_dsp.compression.distillation.train import TrainingOptions, bfloat16_is_fast
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.manifest import read_manifest, read_network
from hand_tracking_dsp.tracking.network_info import files_of

Row = dict[str, Any]
"""A network of the table, as JSON has it."""


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """What to compare, and how.

    Attributes:
        wishes: What to calibrate, train and measure with.
        ratios: Latencies to prune for, relative to the dense network.
        budget: Of each network's training.
        bank: Folder of a bank whose levels are shown, too; None = no other.
        threads: Numbers of threads to time with.
        runs: Timed runs of each network.
    """

    wishes: Wishes
    ratios: tuple[float, ...]
    budget: Budget
    bank: Path | None = None
    threads: tuple[int, ...] = (1, 2)
    runs: int = 200


def budget(steps: int, minutes: float | None, batch: int, device: str, seed: int) -> Budget:
    """Describe the training that every network gets.

    Args:
        steps: Batches; they do not count where minutes are given.
        minutes: Of training for one network; None where steps count.
        batch: Samples in one.
        device: "cpu" or "cuda".
        seed: Of the samples' order.
    """
    options = TrainingOptions(batch=batch, device=device, half=bfloat16_is_fast(device), seed=seed)
    return Budget(with_steps(options, steps), minutes)


def compare(options: ComparisonOptions, work: Path, report: Progress) -> list[Row]:
    """Make all networks, or take those that an earlier call has made, and measure them.

    Args:
        options: What to compare.
        work: Where networks and figures are kept.
        report: See Progress.

    Returns:
        A row for each network; the first is the dense one.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: The pictures do not suffice, or no pruning is as fast as asked.
        ModelError: A bank is missing or damaged.
        OutputError: The work folder cannot be written.
    """
    mediapipe = original_bank()
    materials = gather(options.wishes, options.budget, read_level(read_manifest(mediapipe))[1], work, report)
    contest = Contest(
        mediapipe,
        materials.crops,
        materials.samples,
        materials.validation,
        work,
        options.budget,
        options.wishes.seed,
        report,
    )
    everyone = [
        *_originals(contest),
        *(one for ratio in options.ratios for one in contest.of_ratio(ratio)),
        *(_levels(options.bank) if options.bank else ()),
    ]
    rows = [_row(one, everyone[0], materials, work, report) for one in everyone]
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
    """Return the mean of the data sets' deviations; that on synthetic hands counts only where it is alone."""
    names = [name for name in figures if name != SYNTHETIC] or list(figures)
    return sum(figures[name]["deviation"] for name in names) / len(names)


def _originals(contest: Contest) -> Iterator[Contestant]:
    """Yield MediaPipe's own networks, in fp32 and in INT8."""
    for name, label in (("full", "MediaPipe full (dense)"), ("lite", "MediaPipe lite")):
        original = contestant(name, label, "MediaPipe", read_level(read_manifest(contest.bank), name)[1])
        yield original
        yield contest.rounded(original)


def _levels(bank: Path) -> Iterator[Contestant]:
    """Yield a bank's levels but the dense one, in all their files."""
    manifest = read_manifest(bank)
    for level in manifest.levels[1:]:
        for info in files_of(level):
            yield Contestant(
                name=f"bank_{info.file.removesuffix('.onnx')}",
                label=f"bank {manifest.name}: {level.name}{_suffix(info.precision)}",
                family="bank",
                data=read_network(manifest, info),
                precision=info.precision,
                parameters=info.parameters,
                macs=info.macs,
            )


def _suffix(precision: str) -> str:
    return "" if precision == "fp32" else f", {precision.upper()}"


def _row(one: Contestant, dense: Contestant, materials: Materials, work: Path, report: Progress) -> Row:
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
        "sha256": hashlib.sha256(one.data).hexdigest(),
        "figures": examine(one.data, materials.exams, work / "figures"),
    }
    if one.start is not None:
        row["figures_before_training"] = examine(one.start, materials.exams, work / "figures")
    return row
