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

"""Plots of a study of hourglasses: exits, frames, losses, norms and joints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hand_tracking_dsp.compression.hourglass.network import LEVELS, Exit
from hand_tracking_dsp.compression.hourglass.stacks import block_norms
from hand_tracking_dsp.compression.hourglass.study import ORIGINAL
from hand_tracking_dsp.compression.hourglass.study_tables import (
    SAID,
    StudyFigures,
    joint_names,
    network_title,
)
from hand_tracking_dsp.evaluation.pose_benchmark.metrics import (
    THRESHOLDS_MM,
    joint_means_mm,
    mean_joint_error_mm,
    share_of_frames_within,
)
from hand_tracking_dsp.evaluation.report.plotting import COLOURS, legend_above, new_figure, save, styled

# Not told apart by colour alone: also by dashes, of stacks or of trainings.
_DASHES = ("-", "--", ":", "-.")
_MARKERS = "osD^vPX*"


def plot_study(figures: StudyFigures, folder: Path) -> list[str]:
    """Draw all figures into a folder; return the names of the files.

    Raises:
        OutputError: A file cannot be written.
    """
    plots = {
        "exits.png": plot_exits,
        "frames.png": plot_frames,
        "losses.png": plot_losses,
        "norms.png": plot_norms,
        "joints.png": plot_joints,
    }
    for name, plot in plots.items():
        plot(figures, folder / name)
    return list(plots)


@styled
def plot_exits(figures: StudyFigures, path: Path) -> None:
    """Plot the error of each network's exits over their time (tables 1 and 2).

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (axes,) = new_figure(height_in=5.5)
    networks = [one for one in figures.studied if one.name == ORIGINAL or one.name not in SAID]
    for number, one in enumerate(networks):
        sizes = figures.sizes[one.name]
        errors = [mean_joint_error_mm(one.errors[size.exit]) for size in sizes]
        times = [size.times.p50_ms for size in sizes]
        style: dict[str, Any] = {
            "marker": _MARKERS[number % len(_MARKERS)],
            "ls": _DASHES[number % len(_DASHES)],
        }
        axes.plot(times, errors, ms=5, lw=1.2, label=network_title(one), **style)
        if one.name == ORIGINAL:
            for size, time, error in zip(sizes, times, errors, strict=True):
                name = f"{size.exit.stack}·L{size.exit.level}"
                axes.annotate(name, (time, error), xytext=(3, 4), textcoords="offset points", fontsize=10)
    axes.set_xlabel("median time of the network, ms (ONNX Runtime, one thread)")
    axes.set_ylabel("mean joint error, mm")
    legend_above(axes, 3)
    save(figure, path)


@styled
def plot_frames(figures: StudyFigures, path: Path) -> None:
    """Plot the share of frames with all joints within a threshold: by exit, and by training (figures 5, 8).

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (upper, lower) = new_figure(2, height_in=9)
    for exit_, errors in figures.network(ORIGINAL).errors.items():
        upper.plot(THRESHOLDS_MM, 100 * share_of_frames_within(errors), **_exit_style(exit_))
    for number, one in enumerate(figures.compared):
        shares = 100 * share_of_frames_within(one.errors[one.last])
        lower.plot(THRESHOLDS_MM, shares, **_training_style(number, one.name))
    for axes in (upper, lower):
        axes.set_ylabel("frames, %")
        axes.set_xlim(THRESHOLDS_MM[0], THRESHOLDS_MM[-1])
        axes.set_ylim(0, 100)
    _titled(upper, "Exits of the network of two stacks", 4, 2)
    _titled(lower, "Trainings, last exits", 2, 4)
    lower.set_xlabel("largest error of a joint in the frame, mm")
    save(figure, path)


@styled
def plot_losses(figures: StudyFigures, path: Path) -> None:
    """Plot the losses of each exit, and the error of the last one, over the steps (figure 4).

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (upper, lower) = new_figure(2, height_in=9)
    original = figures.network(ORIGINAL)
    steps = [entry["step"] for entry in original.curve]
    for exit_ in original.errors:
        losses = [entry["loss"][str(exit_)] for entry in original.curve]
        upper.plot(steps, losses, **_exit_style(exit_))
    for number, one in enumerate(figures.compared):
        if one.curve:
            errors = [entry["error_mm"][str(one.last)] for entry in one.curve]
            lower.plot([entry["step"] for entry in one.curve], errors, **_training_style(number, one.name))
    upper.set_ylabel("loss (of training samples)")
    lower.set_ylabel("mean joint error, mm")
    _titled(upper, "Exits of the network of two stacks", 4, 2)
    _titled(lower, "Trainings, last exits, on hands that nothing is trained on", 2, 3)
    lower.set_xlabel("steps")
    save(figure, path)


@styled
def plot_norms(figures: StudyFigures, path: Path) -> None:
    """Plot the L1 norm of each block, stack by stack (figure 3).

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (axes,) = new_figure(height_in=5)
    norms = block_norms(figures.deepest.network)
    width = 0.8 / len(norms)
    for number, blocks in enumerate(norms):
        places = np.arange(len(blocks)) + (number - (len(norms) - 1) / 2) * width
        axes.bar(places, list(blocks.values()), width, label=f"stack {number + 1}")
    axes.set_xticks(range(len(norms[0])), list(norms[0]), rotation=45, ha="right")
    axes.set_ylabel("L1 norm of the weights")
    _titled(axes, f"Blocks of the network of {network_title(figures.deepest)}", 4, 1)
    save(figure, path)


@styled
def plot_joints(figures: StudyFigures, path: Path) -> None:
    """Plot the mean error of each joint, by training.

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (axes,) = new_figure(height_in=5.5)
    names = joint_names(figures.network(ORIGINAL))
    for number, one in enumerate(figures.compared):
        if not one.curve:
            continue  # what was not trained errs by so much that the others would lie on one line
        style = _training_style(number, one.name)
        axes.plot(joint_means_mm(one.errors[one.last]), marker=_MARKERS[number], ms=5, **style)
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right")
    axes.set_ylabel("mean error, mm")
    axes.set_ylim(bottom=0)
    legend_above(axes, 2)
    save(figure, path)


def _exit_style(exit_: Exit) -> dict[str, Any]:
    """Return the line of an exit: a colour a level, dashes a stack."""
    return {
        "color": COLOURS[(exit_.level - 1) % LEVELS],
        "ls": _DASHES[(exit_.stack - 1) % len(_DASHES)],
        "label": f"stack {exit_.stack}, L{exit_.level}",
    }


def _training_style(number: int, name: str) -> dict[str, Any]:
    return {"color": COLOURS[number], "ls": _DASHES[number % len(_DASHES)], "label": SAID[name]}


def _titled(axes: Axes, title: str, columns: int, rows: int) -> None:
    """Put a title above the legend, which has so many rows."""
    axes.set_title(title, loc="left", pad=8 + 18 * rows)
    legend_above(axes, columns)
