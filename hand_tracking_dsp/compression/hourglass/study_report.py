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

"""Figures of a study of hourglasses: curves of frames, of losses, and the norms of blocks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hand_tracking_dsp.compression.hourglass.stacks import block_norms
from hand_tracking_dsp.compression.hourglass.study import (
    LAST,
    ORIGINAL,
    PRUNED,
    PRUNED_LAST,
    SCRATCH,
    StudiedNetwork,
)
from hand_tracking_dsp.evaluation.pose_benchmark.metrics import THRESHOLDS_MM, share_of_frames_within
from hand_tracking_dsp.evaluation.report.plotting import legend_above, new_figure, save, styled

_SAID = {
    ORIGINAL: "two stacks",
    LAST: "two stacks, last exit supervised",
    PRUNED: "pruned, retrained",
    PRUNED_LAST: "pruned, retrained, last exit supervised",
    SCRATCH: "one stack from scratch",
}


def said(name: str) -> str:
    """Return the name of a training for people."""
    return _SAID.get(name, name.replace("_", " "))


@styled
def plot_frames(studied: Sequence[StudiedNetwork], path: Path) -> None:
    """Plot the share of frames with all joints within a threshold: by exit, and by training (figures 5, 8).

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (upper, lower) = new_figure(2, height_in=9)
    original = next(one for one in studied if one.name == ORIGINAL)
    for exit_, errors in original.errors.items():
        upper.plot(THRESHOLDS_MM, 100 * share_of_frames_within(errors), label=str(exit_))
    for one in studied:
        if one.name in _SAID:
            lower.plot(
                THRESHOLDS_MM, 100 * share_of_frames_within(one.errors[one.last]), label=said(one.name)
            )
    for axes, title in ((upper, "exits of the two-stack network"), (lower, "trainings, last exit")):
        axes.set_ylabel("% of frames with\nall joints within")
        axes.set_title(title, pad=42)
        legend_above(axes, 4 if axes is upper else 3)
    lower.set_xlabel("threshold, mm")
    save(figure, path)


@styled
def plot_losses(studied: Sequence[StudiedNetwork], path: Path) -> None:
    """Plot the losses of each exit, and the error of the last one, over the steps (figure 4).

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (upper, lower) = new_figure(2, height_in=9)
    original = next(one for one in studied if one.name == ORIGINAL)
    steps = [entry["step"] for entry in original.curve]
    for name in original.curve[0]["loss"]:
        upper.plot(steps, [entry["loss"][name] for entry in original.curve], label=name)
    for one in studied:
        if one.name in _SAID:
            errors = [entry["error_mm"][str(one.last)] for entry in one.curve]
            lower.plot([entry["step"] for entry in one.curve], errors, label=said(one.name))
    upper.set_ylabel("loss")
    upper.set_title("exits of the two-stack network", pad=42)
    lower.set_ylabel("error of the last exit, mm")
    lower.set_title("trainings", pad=42)
    lower.set_xlabel("step")
    legend_above(upper)
    legend_above(lower, 3)
    save(figure, path)


@styled
def plot_norms(studied: Sequence[StudiedNetwork], path: Path) -> None:
    """Plot the L1 norm of each block, stack by stack (figure 3).

    Raises:
        OutputError: The file cannot be written.
    """
    deepest = max(studied, key=lambda one: (one.network.options.stacks, one.parameters))
    figure, (axes,) = new_figure(height_in=5)
    norms = block_norms(deepest.network)
    width = 0.8 / len(norms)
    for number, blocks in enumerate(norms):
        places = np.arange(len(blocks)) + (number - (len(norms) - 1) / 2) * width
        axes.bar(places, list(blocks.values()), width, label=f"stack {number + 1}")
    axes.set_xticks(range(len(norms[0])), list(norms[0]), rotation=45, ha="right")
    axes.set_ylabel("L1 norm")
    axes.set_title(said(deepest.name), pad=24)
    legend_above(axes)
    save(figure, path)
