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

"""One style for all plots: figures, colours and legends that stay readable at half their size."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.rcsetup import cycler
from matplotlib.ticker import MaxNLocator

from hand_tracking_dsp.evaluation.statistics import Array, percentile
from hand_tracking_dsp.files import write_bytes

BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER, BLACK, GREY = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#e69f00",
    "#000000",
    "#666666",
)
"""Colours that colour-blind readers tell apart (M. Okabe and K. Ito, "Color universal design", 2008)."""

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER, BLACK, GREY)
"""Colours of series of equal rank, in the order of their use."""

WIDTH_IN = 9.0
"""Width of a plot, inches."""

_DPI = 110
# At half the size 11 points are 8 pixels high, the least that can be read.
_SMALL_PT = 11

styled = rc_context(
    {
        "font.size": 12,
        "axes.titlesize": 12,
        "figure.titlesize": 12,
        "legend.fontsize": _SMALL_PT,
        "legend.frameon": False,
        "xtick.labelsize": _SMALL_PT,
        "ytick.labelsize": _SMALL_PT,
        "axes.prop_cycle": cycler(color=COLOURS),
        "axes.grid": True,
        "grid.alpha": 0.3,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)
"""Decorator of functions that draw; everything they make has the package's style."""


def new_figure(
    rows: int = 1,
    columns: int = 1,
    *,
    height_in: float,
    ratios: Sequence[float] | None = None,
    share_x: bool = True,
) -> tuple[Figure, list[Axes]]:
    """Make a figure.

    Args:
        rows: Number of rows.
        columns: Number of columns.
        height_in: Height, inches.
        ratios: Heights of the rows relative to each other; None: equal.
        share_x: Whether rows share their x axis.

    Returns:
        The figure and its axes, row by row.
    """
    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    axes = figure.subplots(
        rows, columns, squeeze=False, sharex=share_x and rows > 1, gridspec_kw={"height_ratios": ratios}
    )
    return figure, axes.ravel().tolist()


def colours_of(names: Iterable[str]) -> dict[str, str]:
    """Give every name a colour of its own, as long as there are enough."""
    return {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}


def legend_above(axes: Axes, columns: int = 4) -> None:
    """Put the legend above the axes, where it covers no data."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=columns, columnspacing=1.2, handletextpad=0.5)


def draw_budget(line: Callable[..., Line2D], budget_ms: float) -> Line2D:
    """Draw the latency budget by axhline or axvline of some axes."""
    return line(budget_ms, color=BLACK, ls="--", lw=1.2, label=f"budget {budget_ms:g} ms")


def limit_latency(axes: Axes, latencies_ms: Sequence[float] | Array, budget_ms: float) -> None:
    """Cut the y axis of latencies so that a few slow frames do not press all others flat; say how many."""
    values = np.asarray(latencies_ms, dtype=np.float64)
    limit = float(np.nanmax([1.3 * budget_ms, 1.2 * percentile(values, 99)]))
    axes.set_ylim(0, limit)
    if (above := int((values > limit).sum())) > 0:
        note = f"{above} {'frame' if above == 1 else 'frames'} above this range"
        text = axes.text(0.99, 0.97, note, transform=axes.transAxes, ha="right", va="top", fontsize=_SMALL_PT)
        text.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1})


def label_levels(axes: Axes, highest: int | None = None) -> None:
    """Give a y axis of sparsity levels its label and a tick a level, from 0 to the highest."""
    axes.set_ylabel("level\n(0 = dense)")
    if highest is None:
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        axes.set_yticks(range(highest + 1))
        axes.set_ylim(-0.4, highest + 0.4)


def png_bytes(figure: Figure) -> bytes:
    """Return a figure as a PNG."""
    picture = io.BytesIO()
    figure.savefig(picture, dpi=_DPI, format="png")
    return picture.getvalue()


def save(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG through a temporary name; its folder is made if missing.

    Raises:
        OutputError: The file cannot be written.
    """
    write_bytes(path, png_bytes(figure))
