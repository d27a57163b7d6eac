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

"""Pictures of what policies trade: late frames, energy and usable hands, each policy a named point."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.ticker import FuncFormatter, NullFormatter
from matplotlib.transforms import Bbox

from hand_tracking_dsp.evaluation.report.plotting import (
    AMBER,
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    new_figure,
    save,
    styled,
)
from hand_tracking_dsp.rl.benchmark.candidates import AT_ERROR, INDEX, ORACLE, SHIPPED, TUNED
from hand_tracking_dsp.rl.benchmark.paired_tests import mean_of
from hand_tracking_dsp.rl.benchmark.results import BenchmarkResults

COLORS = {SHIPPED: ORANGE, TUNED: BLUE, AT_ERROR: SKY, ORACLE: GREEN, INDEX: PURPLE}
"""Colours of policies that are looked for."""

Point = tuple[float, float]

# A logarithmic axis has no 0.
_LEAST_LATE_PERCENT = 1e-3
# Measure, factor and name of an axis.
_LATE = ("miss_share", 100.0, f"late frames, % (0 at {_LEAST_LATE_PERCENT:g})")
_ERROR = ("error", 1.0, "error (1 - Accuracy), share")
_ENERGY = ("energy_j", 1.0, "energy of the tracker, J a mission (simulated)")
_USABLE = ("usable", 100.0, "usable hands, %")
_PANELS = ((_ERROR, _LATE), (_ERROR, _ENERGY), (_ENERGY, _USABLE))

_NOTE = (
    "simulated missions; x: training seeds; line: the best of all but the oracle on both axes\n"
    "error by drift from the dense level (agreement, not accuracy)"
)
_NAME_PT = 9
_RADII_PT = (7, 13, 20, 28, 38, 50, 64, 80)
_DIRECTIONS = 16


@styled
def plot_pareto(results: BenchmarkResults, path: Path) -> None:
    """Draw late frames and energy against error, and usable hands against energy, and name each policy."""
    figure, panels = new_figure(len(_PANELS), height_in=16.0, share_x=False)
    placed: list[dict[str, Point]] = []
    for axes, (across, up) in zip(panels, _PANELS, strict=True):
        lowest = _LEAST_LATE_PERCENT if up is _LATE else 0.0
        points = {
            name: (across[1] * mean_of(scores, across[0]), max(up[1] * mean_of(scores, up[0]), lowest))
            for name, scores in results.scores.items()
        }
        _draw_points(axes, points, results.seeds)
        more_is_better = up is _USABLE
        front = pareto_front([one for name, one in points.items() if name != ORACLE], more_is_better)
        axes.plot(*zip(*front, strict=True), color=GREY, lw=1, alpha=0.6, zorder=1)
        axes.set_xlabel(across[2])
        axes.set_ylabel(up[2])
        axes.margins(0.12)
        if up is _LATE:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.yaxis.set_minor_formatter(NullFormatter())
        placed.append(points)
    figure.suptitle(f"{len(results.episodes)} {_NOTE}")
    figure.draw_without_rendering()  # lays it out, so that the places of names are known
    for axes, points in zip(panels, placed, strict=True):
        _name_points(axes, points)
    save(figure, path)


def pareto_front(points: Sequence[Point], more_is_better: bool = False) -> list[Point]:
    """Return the points that no other is at least as good as on both axes, from left to right.

    Args:
        points: Points; less is better on the first axis.
        more_is_better: Whether more is better on the second axis.
    """
    sign = -1.0 if more_is_better else 1.0
    front: list[Point] = []
    for point in sorted(points, key=lambda one: (one[0], sign * one[1])):
        if not front or sign * point[1] < sign * front[-1][1]:
            front.append(point)
    return front


def _draw_points(axes: Axes, points: Mapping[str, Point], seeds: Sequence[str]) -> None:
    for name, point in points.items():
        seed = name in seeds
        color = AMBER if seed else COLORS.get(name, GREY)
        # Above those that lie in the same place.
        height = 3 + (name in COLORS)
        axes.plot(*point, color=color, marker="x" if seed else "o", ls="none", zorder=height)


def _name_points(axes: Axes, points: Mapping[str, Point]) -> None:
    """Write each name as near its point as it covers neither another name nor a point."""
    dots = [
        Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in axes.transData.transform(list(points.values()))
    ]
    taken: list[Bbox] = []
    # Those that are looked for first, so that they are named nearest.
    for name in sorted(points, key=lambda one: one not in COLORS):
        text = axes.annotate(
            name.replace("fixed ", ""),
            points[name],
            (0, 0),
            textcoords="offset points",
            fontsize=_NAME_PT,
            color=COLORS.get(name, BLACK),
            path_effects=[withStroke(linewidth=2, foreground="white")],
            arrowprops={"arrowstyle": "-", "lw": 0.6, "color": GREY, "shrinkA": 0, "shrinkB": 3},
        )
        taken.append(_put(axes, text, [*taken, *dots]))


def _put(axes: Axes, text: Annotation, taken: Sequence[Bbox]) -> Bbox:
    """Move a name to the first place where it covers nothing, and return its box, pixels."""
    text.get_window_extent()  # moves it to its point
    here = Text.get_window_extent(text).padded(2)  # without the line
    pixels = axes.figure.dpi / 72
    whole = axes.get_window_extent()
    for radius, turn in itertools.product(_RADII_PT, range(_DIRECTIONS)):
        angle = 2 * math.pi * turn / _DIRECTIONS
        right, up = radius * math.cos(angle), radius * math.sin(angle)
        # The edge of the name that is next to the point is at that distance.
        right -= here.width / pixels * (1 - math.cos(angle)) / 2
        up -= here.height / pixels * (1 - math.sin(angle)) / 2
        box = here.translated(right * pixels, up * pixels)
        inside = whole.x0 <= box.x0 and box.x1 <= whole.x1 and whole.y0 <= box.y0 and box.y1 <= whole.y1
        if inside and not box.count_overlaps(taken):
            break
    text.set_position((right, up))
    return box
