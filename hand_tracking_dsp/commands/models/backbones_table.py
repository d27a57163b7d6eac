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

"""Tables and sentences of hand-tracking-dsp models backbones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.table import Table

from hand_tracking_dsp.commands.output import make_table

if TYPE_CHECKING:
    from hand_tracking_dsp.compression.backbones.results import BackboneResult, PrunedBackbone
    from hand_tracking_dsp.evaluation.statistics import Interval

_Figure = tuple[Callable[["PrunedBackbone"], float], int]


def backbones_table(found: Sequence[BackboneResult], meter: str) -> Table:
    """Make AKPERL's table, for every data set and backbone, and of the means of all.

    Args:
        found: Results, seed by seed.
        meter: Name of what measured power; "": it is estimated.
    """
    from hand_tracking_dsp.compression.backbones.results import METHODS

    power = "power, % of none's" + ("" if meter else ", estimated")
    figures: dict[str, _Figure] = {
        "top-1 accuracy, %": (lambda one: 100 * one.accuracy, 1),
        power: (lambda one: 100 * one.power, 0),
        "time, ms": (lambda one: one.time_ms, 3),
        "sparsity, %": (lambda one: 100 * one.sparsity, 1),
        "MACs, %": (lambda one: 100 * one.macs, 0),
        "before fine-tuning, %": (lambda one: 100 * one.untuned, 1),
    }
    rows = [
        (
            result.signs,
            result.network,
            method,
            *(_spread(result.of(method), *one) for one in figures.values()),
        )
        for result in found
        for method in METHODS
    ]
    if len(found) > 1:
        rows += [("mean", "", method, *_means(found, method, figures.values())) for method in METHODS]
    source = f"power by {meter}" if meter else "power estimated by the processor's time"
    title = f"Backbones on unseen pictures of signs, mean ± standard deviation over seeds; {source}"
    headings = ("data set", "network", "method", *figures)
    return make_table(title, headings, rows, left=("network", "method"))


def comparison_lines(found: Sequence[BackboneResult]) -> list[str]:
    """Write AKPERL's accuracy less every other method's; nothing for fewer than two networks and sets."""
    from hand_tracking_dsp.compression.backbones.comparison import compare_methods

    if len(found) < 2:
        return []
    lines = [
        f"AKPERL less {one.method}: {_points(one.test.difference)}; t-test p = {one.p:.3f} (Holm), "
        f"Wilcoxon p = {one.test.wilcoxon_p:.3f}"
        for one in compare_methods(found)
        if not math.isnan(one.p)
    ]
    pairs = (
        f"Accuracy, percentage points, over {len(found)} pairs of data set and network (means over seeds):"
    )
    return [pairs, *lines]


def _points(difference: Interval) -> str:
    return f"{difference.value:+.1f} (95 %: {difference.low:+.1f} to {difference.high:+.1f})"


def _means(found: Sequence[BackboneResult], method: str, figures: Iterable[_Figure]) -> list[str]:
    """Return means over results of the means over their seeds."""
    from hand_tracking_dsp.compression.backbones.comparison import mean_of

    return [
        f"{np.mean([mean_of(result.of(method), figure) for result in found]):.{digits}f}"
        for figure, digits in figures
    ]


def _spread(
    networks: Sequence[PrunedBackbone], figure: Callable[[PrunedBackbone], float], digits: int
) -> str:
    values = np.array([figure(one) for one in networks])
    if len(values) < 2:
        return f"{values.mean():.{digits}f}"
    return f"{values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}"
