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

"""Plots of hold-out crops: acceptance against the threshold, and reliability diagrams."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hand_tracking_dsp.compression.bank.hold_out import (
    CLEAN,
    COVERED,
    RENDERED,
    FileOutputs,
    HoldOutCrops,
)
from hand_tracking_dsp.compression.bank.presence_threshold import CANDIDATES, PresenceSamples
from hand_tracking_dsp.compression.bank.reliability import reliability
from hand_tracking_dsp.evaluation.report.plotting import (
    BLACK,
    COLOURS,
    legend_above,
    new_figure,
    save,
    styled,
)

_TITLES = {
    CLEAN: "clean: agreement with the dense network",
    COVERED: "covered and blurred: agreement with the dense network",
    RENDERED: "rendered: exact joints",
}


@styled
def save_presence_plot(found: Sequence[FileOutputs], held_out: HoldOutCrops, path: Path) -> None:
    """Draw the shares of empty regions and of hands that each file accepts, against the threshold.

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (empty, hands) = new_figure(2, height_in=8)
    everything = np.ones(len(held_out.kinds), bool)
    for one in found:
        accepted = [PresenceSamples.of([one], held_out, everything).at(value) for value in CANDIDATES]
        for axes, values in (
            (empty, [each.empty for each in accepted]),
            (hands, [each.hands for each in accepted]),
        ):
            axes.plot(CANDIDATES, values, **_style(one))
    empty.set_ylabel("regions without a hand\naccepted, %")
    hands.set_ylabel("hands accepted, %")
    hands.set_xlabel("presence threshold")
    legend_above(empty, columns=3)
    save(figure, path)


@styled
def save_reliability_plot(found: Sequence[FileOutputs], held_out: HoldOutCrops, path: Path) -> None:
    """Draw the mean deviation met against the expected one; nothing where no file says any.

    Raises:
        OutputError: The file cannot be written.
    """
    kinds = [kind for kind in _TITLES if held_out.of(kind).any()]
    saying = [one for one in found if one.says_error]
    if not saying or not kinds:
        return
    figure, panels = new_figure(len(kinds), height_in=4 * len(kinds) + 1)
    for axes, kind in zip(panels, kinds, strict=True):
        for one in saying:
            bins = reliability(one, held_out.of(kind)).bins
            axes.plot([each.said for each in bins], [each.met for each in bins], marker="o", **_style(one))
        _draw_diagonal(axes)
        axes.set_title(_TITLES[kind], loc="right")
        axes.set_ylabel("mean met, % of palm")
    panels[-1].set_xlabel("mean of error_percent, % of palm")
    legend_above(panels[0], columns=3)
    save(figure, path)


def _style(one: FileOutputs) -> dict[str, Any]:
    """Give every level a colour, and files in other precisions than fp32 a dashed line."""
    return {
        "color": COLOURS[one.info.index % len(COLOURS)],
        "ls": "-" if one.info.precision == "fp32" else "--",
        "label": f"level {one.info.index}, {one.info.precision}",
    }


def _draw_diagonal(axes: Axes) -> None:
    limits = (1.0, 100.0)
    axes.plot(limits, limits, color=BLACK, lw=1)
    axes.set_xscale("log")
    axes.set_yscale("log")
