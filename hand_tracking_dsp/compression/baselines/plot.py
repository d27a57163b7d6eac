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

"""Plot of deviation against latency, a point for each network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

from matplotlib.axes import Axes

from hand_tracking_dsp.compression.baselines.comparison import Row, mean_deviation
from hand_tracking_dsp.evaluation.report.plotting import BLUE, GREEN, GREY, ORANGE, new_figure, save, styled

_MARKS = {"MediaPipe": (GREY, "s"), "baseline": (BLUE, "o"), "ours": (ORANGE, "D"), "bank": (GREEN, "^")}
_NAMES = {
    "MediaPipe": "MediaPipe's own",
    "baseline": "other methods",
    "ours": "ours, same budget",
    "bank": "ours, the bank's levels (longer training)",
}

_CHARACTER_PT, _LINE_PT, _GAP_PT = 5.6, 12, 7
"""Size of a name's characters, points, for keeping names apart, and their distance from the point."""

_HEIGHTS_PT = (4, -10, 16, -22)
"""Heights of a name above its point, points, in the order in which they are tried."""

_TURNED = 0.7
"""Share of the highest latency from which names are written to the left of their points."""

_TICKS = (0, 0.5, 1, 2, 3, 4, 6, 10, 20, 50, 100)


@styled
def save_plot(rows: Sequence[Row], path: Path, note: str) -> None:
    """Draw each network's mean deviation against its latency in ONNX Runtime with one thread.

    The note below the title says what data were measured on.

    Raises:
        OutputError: The file cannot be written.
    """
    figure, (axes,) = new_figure(height_in=8)
    highest = max(row["latency"][0]["relative"] for row in rows)
    for family, (color, mark) in _MARKS.items():
        chosen = [row for row in rows if row["family"] == family]
        points = [(row["latency"][0]["relative"], mean_deviation(row["figures"])) for row in chosen]
        if not points:
            continue
        for precision, face in (("fp32", color), ("", "white")):
            shown = [
                point
                for point, row in zip(points, chosen, strict=True)
                if (row["precision"] == "fp32") == (precision == "fp32")
            ]
            label = _NAMES[family] + ("" if precision else ", INT8")
            if shown:
                axes.plot(*zip(*shown, strict=True), mark, color=color, mfc=face, ms=7, label=label)
    axes.set_xlim(0, 1.15 * highest)
    # The worst deviations are many times those that matter.
    axes.set_yscale("symlog", linthresh=2, linscale=0.6)
    axes.set_yticks(_TICKS, [f"{tick:g}" for tick in _TICKS])
    axes.set_ylim(-0.1, 1.3 * max(mean_deviation(row["figures"]) for row in rows) + 0.1)
    first = rows[0]["latency"][0]
    axes.set_xlabel(
        f"latency of one run, relative to the dense network ({first['provider']}, {first['threads']} thread)"
    )
    axes.set_ylabel("deviation from the dense network, % of palm size\n(agreement, not accuracy)")
    axes.set_title(f"Pruned networks: deviation against latency\n{fill(note, 84)}")
    axes.legend()
    _name_points(axes, rows, highest)
    save(figure, path)


def _name_points(axes: Axes, rows: Sequence[Row], highest: float) -> None:
    """Write the names of the networks in fp32 beside their points, one clear of another.

    The open marks are the same networks, so one name suffices.
    """
    taken: list[tuple[float, float, float]] = []
    points_per_pixel = 72 / axes.figure.dpi
    for row in (row for row in rows if row["precision"] == "fp32"):
        place = (row["latency"][0]["relative"], mean_deviation(row["figures"]))
        text = row["label"].removeprefix("MediaPipe ").removesuffix(", uniform").rpartition(": ")[2]
        x, y = axes.transData.transform(place) * points_per_pixel
        width = _CHARACTER_PT * len(text)
        right, left = ("left", x + _GAP_PT), ("right", x - _GAP_PT - width)
        sides = (left, right) if place[0] > _TURNED * highest else (right, left)
        choices = [(*side, height) for height in _HEIGHTS_PT for side in sides]
        alignment, start, height = next(
            (
                (alignment, start, height)
                for alignment, start, height in choices
                if all(
                    abs(y + height - other) >= _LINE_PT or start >= end or start + width <= begin
                    for begin, end, other in taken
                )
            ),
            choices[0],
        )
        taken.append((start, start + width, y + height))
        axes.annotate(
            text,
            place,
            textcoords="offset points",
            xytext=(_GAP_PT if alignment == "left" else -_GAP_PT, height),
            ha=alignment,
            fontsize=10,
            color=_MARKS[row["family"]][0],
        )
