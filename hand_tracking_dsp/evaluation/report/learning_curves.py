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

"""Learning curves of trainings, read from what each training leaves in a work folder, as one plot."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from hand_tracking_dsp.evaluation.report.plotting import BLACK, legend_above, new_figure, save, styled

Entry = Mapping[str, float]
"""Figures of one moment of a training by name, with how far it was."""

_ROW_IN = 2.4


def read_curves(work: Path) -> dict[str, list[Entry]]:
    """Read curve.csv or curve.json of every training in a folder, each in a folder of its own.

    Returns:
        By the training's folder, as a path in work, in alphabetical order.
    """
    curves: dict[str, list[Entry]] = {}
    for file in sorted([*work.glob("*/**/curve.csv"), *work.glob("*/**/curve.json")]):
        with file.open(encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text)) if file.suffix == ".csv" else json.load(text)
        curves[str(file.parent.relative_to(work))] = [
            {name: float(value) for name, value in row.items() if value is not None} for row in rows
        ]
    return curves


@styled
def plot_by_figure(
    work: Path, path: Path, progress: str, labels: Mapping[str, str], title: str, targets: Mapping[str, float]
) -> None:
    """Plot a row a figure (labelled, with its unit), a line a training in a folder of trainings.

    How far a training was is the figure that progress names; some figures have a target to aim at.

    Raises:
        OutputError: The file cannot be written.
    """
    figure, all_axes = new_figure(len(labels), height_in=1 + _ROW_IN * len(labels))
    curves = read_curves(work)
    for axes, (name, label) in zip(all_axes, labels.items(), strict=True):
        for training, entries in curves.items():
            axes.plot(*_course(entries, progress, name), lw=1.2, label=training)
        if name in targets:
            axes.axhline(targets[name], color=BLACK, lw=1.2, ls="--")
        axes.set_ylabel(label)
    if curves:
        legend_above(all_axes[0])
    all_axes[0].set_title(title, pad=20 + 18 * -(-len(curves) // 4))
    all_axes[-1].set_xlabel(progress)
    save(figure, path)


@styled
def plot_by_training(work: Path, path: Path, progress: str, label: str, left_out: frozenset[str]) -> None:
    """Plot a row a training in a folder of trainings, a line a figure; all have the unit of the label.

    How far a training was is the figure that progress names. Figures of another unit are left out.

    Raises:
        OutputError: The file cannot be written.
    """
    curves = read_curves(work)
    figure, all_axes = new_figure(max(len(curves), 1), height_in=1 + _ROW_IN * max(len(curves), 1))
    for axes, (training, entries) in zip(all_axes, curves.items(), strict=False):
        for name in sorted({name for entry in entries for name in entry} - left_out - {progress}):
            axes.plot(*_course(entries, progress, name), label=name)
        axes.set_title(training, loc="right")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        if axes.lines:
            axes.legend()
    all_axes[-1].set_xlabel(progress)
    save(figure, path)


def _course(entries: list[Entry], progress: str, name: str) -> tuple[list[float], list[float]]:
    known = [entry for entry in entries if name in entry]
    return [entry[progress] for entry in known], [entry[name] for entry in known]
