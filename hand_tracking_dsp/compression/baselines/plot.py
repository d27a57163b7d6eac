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

from hand_tracking_dsp.compression.baselines.comparison import Row, mean_deviation
from hand_tracking_dsp.evaluation.report.plotting import BLUE, GREEN, GREY, ORANGE, new_figure, save, styled

_MARKS = {"MediaPipe": (GREY, "s"), "baseline": (BLUE, "o"), "ours": (ORANGE, "D"), "bank": (GREEN, "^")}
_NAMES = {
    "MediaPipe": "MediaPipe's own",
    "baseline": "other methods",
    "ours": "ours, same budget",
    "bank": "ours, the bank's levels (longer training)",
}

# Names of points nearer than this, in latency and in share of the deviation, would overlap.
_NEAR = (0.15, 0.1)
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
    named: list[tuple[float, float]] = []
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
        for (x, y), row in zip(points, chosen, strict=True):
            # The open marks are the same networks, so one name suffices.
            if row["precision"] == "fp32":
                above = sum(abs(x - u) < _NEAR[0] and abs(y - v) < _NEAR[1] * y for u, v in named)
                named.append((x, y))
                to_the_left = x > 0.7 * highest
                axes.annotate(
                    row["label"].removeprefix("MediaPipe ").rpartition(": ")[2],
                    (x, y),
                    textcoords="offset points",
                    xytext=(-7 if to_the_left else 7, 4 - 16 * above),
                    ha="right" if to_the_left else "left",
                    fontsize=10,
                    color=color,
                )
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
    axes.set_title(f"Pruned networks: deviation against latency\n{fill(note, 105)}")
    axes.legend()
    save(figure, path)
