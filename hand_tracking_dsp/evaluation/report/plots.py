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

"""Plots of an evaluation's report; each is left out where nothing of it was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hand_tracking_dsp.evaluation.measures.catalogue import METRICS
from hand_tracking_dsp.evaluation.measures.frames import Frames
from hand_tracking_dsp.evaluation.report.plotting import (
    colours_of,
    draw_budget,
    label_levels,
    legend_above,
    new_figure,
    png_bytes,
    styled,
)
from hand_tracking_dsp.evaluation.report.result import truth_note
from hand_tracking_dsp.evaluation.statistics import Array, percentile

_WINDOWS = 400
_QUANTILES = np.linspace(0, 100, 501)
_RECORDINGS_OVER_TIME = 4
_PCK = {"pck_005": 0.05, "pck_010": 0.1, "pck_020": 0.2}


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of the report: its heading, its description in sentences, and the PNG file."""

    title: str
    caption: str
    png: bytes


@dataclass(frozen=True, slots=True)
class _Error:
    """Measure of error: distance from true joints, else from the dense level's landmarks."""

    metric: str
    column: str
    label: str


_ERRORS = (
    _Error("mde_palm_percent", "error_palm_percent", "error, % of palm size"),
    _Error("drift_palm_percent", "drift", "drift from the dense level,\n% of palm size (agreement)"),
)


@styled
def draw_plots(report: Mapping[str, Any], frames: Frames) -> list[Plot]:
    """Draw all that was measured, from the value of report.json and the frames of all its runs."""
    makers: tuple[Callable[[Mapping[str, Any], Frames], Iterator[Plot]], ...] = (
        _trade_off,
        _over_time,
        _in_space,
        _latencies,
        _pck,
        _jitter,
        _levels,
    )
    return [plot for make in makers for plot in make(report, frames)]


def known(value: float | None) -> float:
    """Return a figure of a report, in which null stands for NaN."""
    return math.nan if value is None else value


def _trade_off(report: Mapping[str, Any], _: Frames) -> Iterator[Plot]:
    for error in _ERRORS:
        points = {}
        for run, about in report["runs"].items():
            names = (error.metric, "latency_p50_ms", "latency_p95_ms", "sparsity")
            values = [known(about["metrics"].get(name)) for name in names]
            if not math.isnan(values[0] + values[1]):
                points[run] = values
        if len(points) < 2:
            continue
        figure, (axes,) = _figure()
        colours = colours_of(report["runs"])
        for run, (y, median, tail, sparsity) in points.items():
            share = "" if math.isnan(sparsity) else f": {100 * sparsity:.0f} % removed"
            axes.plot([median, tail], [y, y], color=colours[run], lw=1, alpha=0.5)
            axes.plot(median, y, "o", color=colours[run], label=f"{run}{share}")
        axes.set_xlim(0, 1.05 * np.nanmax([values[1:3] for values in points.values()]))
        axes.set_ylim(0, 1.15 * max(values[0] for values in points.values()) or 1)
        legend_above(axes, 3)
        axes.set_xlabel("latency, ms: median, line to the 95th percentile")
        axes.set_ylabel(_labelled(error, report))
        caption = "Each run a point; its share of the dense network's parameters removed stands above."
        yield Plot("Error against latency", caption, png_bytes(figure))
        return


def _over_time(report: Mapping[str, Any], frames: Frames) -> Iterator[Plot]:
    bags = _worst_first(frames)
    photos = {one["name"] for one in report["recordings"] if one["photos"]}
    for bag in bags[:_RECORDINGS_OVER_TIME]:
        parts = {run: frames.where(run=run, bag=bag) for run in report["runs"]}
        rows = [(error.column, _labelled(error, report, bag)) for error in _ERRORS]
        rows = [row for row in rows if _any_known(parts, row[0])][:1]
        if _any_known(parts, "error_3d_mm"):
            rows.append(("error_3d_mm", "error in space, mm"))
        if _any_known(parts, "latency_ms"):
            rows.append(("latency_ms", "latency, ms"))
        if any(np.nansum(part["switched"]) > 0 for part in parts.values()):
            rows.append(("level", ""))
        if not rows:
            continue
        figure, all_axes = _figure(len(rows))
        for axes, (column, label) in zip(all_axes, rows, strict=True):
            _draw_over_time(axes, {run: part for run, part in parts.items() if len(part)}, column, report)
            axes.set_ylabel(label)
        if rows[-1][0] == "level":
            label_levels(all_axes[-1])
        legend_above(all_axes[0])
        all_axes[-1].set_xlabel("number of the photo" if bag in photos else "time in the recording, s")
        caption = f"Means of windows, at most {_WINDOWS} of them; a gap is a stretch without a value."
        if len(bags) > _RECORDINGS_OVER_TIME:
            caption += (
                f" The {_RECORDINGS_OVER_TIME} recordings with the largest error of {len(bags)} are shown."
            )
        yield Plot(
            f"{'Photo by photo' if bag in photos else 'Over time'}: {bag}",
            caption,
            png_bytes(figure),
        )


def _draw_over_time(axes: Axes, parts: Mapping[str, Frames], column: str, report: Mapping[str, Any]) -> None:
    for run, part in parts.items():
        axes.plot(
            *_windows(part["stamp_s"], part[column]),
            color=colours_of(report["runs"])[run],
            lw=1,
            drawstyle="steps-mid" if column == "level" else "default",
            marker="." if len(part) < _WINDOWS // 4 else "",
            label=run,
        )
    if column == "latency_ms":
        budget = draw_budget(axes.axhline, report["settings"]["budget_ms"])
        axes.legend(handles=[budget], loc="lower right", bbox_to_anchor=(1, 1))
    axes.set_ylim(bottom=-0.2 if column == "level" else 0)


def _latencies(report: Mapping[str, Any], frames: Frames) -> Iterator[Plot]:
    columns = {run: frames.where(run=run)["latency_ms"] for run in report["runs"]}
    if not (figure := _distributions(columns, report)):
        return
    (axes,) = figure.axes
    budget = float(report["settings"]["budget_ms"])
    draw_budget(axes.axvline, budget)
    highest = max(percentile(values, 99.5) for values in columns.values() if np.isfinite(values).any())
    axes.set_xlim(0, max(1.2 * budget, 1.1 * highest))
    axes.set_xlabel("latency, ms")
    legend_above(axes)
    beyond = sum(int((values > axes.get_xlim()[1]).sum()) for values in columns.values())
    caption = "Share of the frames that were ready within a time."
    if beyond:
        caption += f" Frames beyond the picture: {beyond}; the table has the maximum."
    yield Plot("Latency", caption, png_bytes(figure))


def _jitter(report: Mapping[str, Any], frames: Frames) -> Iterator[Plot]:
    columns = {run: frames.where(run=run)["jitter_palm_percent"] for run in report["runs"]}
    if not (figure := _distributions(columns, report)):
        return
    (axes,) = figure.axes
    highest = max(percentile(values, 99) for values in columns.values() if np.isfinite(values).any())
    axes.set_xlim(0, highest * 1.05 or 1)
    axes.set_xlabel("second difference of the joints, % of palm size")
    legend_above(axes)
    caption = "Frames with a hand at rest: share of them whose joints shake at most so much."
    yield Plot("Jitter at rest", caption, png_bytes(figure))


def _in_space(report: Mapping[str, Any], frames: Frames) -> Iterator[Plot]:
    columns = {run: frames.where(run=run)["error_3d_mm"] for run in report["runs"]}
    if not (figure := _distributions(columns, report)):
        return
    (axes,) = figure.axes
    highest = max(percentile(values, 98) for values in columns.values() if np.isfinite(values).any())
    axes.set_xlim(0, highest * 1.05 or 1)
    axes.set_xlabel(f"mean error of the joints in space, mm{truth_note(report)}")
    legend_above(axes)
    caption = "Frames with a hand that was placed: share of them whose joints are off by at most so much."
    yield Plot("Error in space", caption, png_bytes(figure))


def _pck(report: Mapping[str, Any], _: Frames) -> Iterator[Plot]:
    figure, (axes,) = _figure()
    for run, about in report["runs"].items():
        values = [known(about["metrics"].get(name)) for name in _PCK]
        if not all(map(math.isnan, values)):
            axes.plot(list(_PCK.values()), values, "o-", color=colours_of(report["runs"])[run], label=run)
    if not axes.lines:
        return
    axes.set_xlim(0, 0.21)
    axes.set_xticks([0, *_PCK.values()])
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("distance allowed, share of the longer side of the true joints' box")
    axes.set_ylabel("share of true joints met" + truth_note(report))
    legend_above(axes)
    metrics = {metric.name: metric for metric in METRICS}
    yield Plot("PCK", metrics["pck_010"].formula, png_bytes(figure))


def _levels(report: Mapping[str, Any], _: Frames) -> Iterator[Plot]:
    runs = {run: about["levels"] for run, about in report["runs"].items() if len(about["levels"]) > 1}
    if not runs:
        return
    levels = sorted({level for shares in runs.values() for level in shares}, key=float)
    figure, (axes,) = new_figure(height_in=1.9 + 0.45 * len(runs))
    left = np.zeros(len(runs))
    for i, level in enumerate(levels):
        shares = np.array([shares.get(level, 0.0) for shares in runs.values()])
        # From dense, dark, to sparse, light.
        grey = 0.15 + 0.75 * i / max(len(levels) - 1, 1)
        axes.barh(
            list(runs), shares, left=left, color=(0.3 * grey, 0.5 * grey + 0.1, grey), label=f"level {level}"
        )
        left += shares
    axes.set_xlim(0, 1)
    axes.invert_yaxis()
    axes.set_xlabel("share of the frames handled")
    legend_above(axes)
    caption = "How long the controller ran which level; the table has the switches per minute."
    yield Plot("Levels", caption, png_bytes(figure))


def _figure(rows: int = 1) -> tuple[Figure, list[Axes]]:
    return new_figure(rows, height_in=1.7 + 2.6 * rows)


def _labelled(error: _Error, report: Mapping[str, Any], bag: str = "") -> str:
    return error.label + (truth_note(report, bag) if error.metric == "mde_palm_percent" else "")


def _any_known(parts: Mapping[str, Frames], column: str) -> bool:
    return any(bool(np.isfinite(part[column]).any()) for part in parts.values())


def _worst_first(frames: Frames) -> list[str]:
    """Return the recordings by their mean error, the largest first; without any as they come."""

    def order(bag: str) -> float:
        errors = frames.where(bag=bag)["error_palm_percent"]
        return -float(np.nanmean(errors)) if np.isfinite(errors).any() else 0.0

    return sorted(frames.names("bag"), key=order)


def _distributions(columns: Mapping[str, Array], report: Mapping[str, Any]) -> Figure | None:
    """Draw the distribution of values: the share below each, in as many points whatever their number."""
    figure, (axes,) = _figure()
    for run, values in columns.items():
        if np.isfinite(values).any():
            below = np.percentile(values[np.isfinite(values)], _QUANTILES)
            axes.plot(below, _QUANTILES, color=colours_of(report["runs"])[run], label=run)
    axes.set_ylabel("share of the frames, %")
    axes.set_ylim(0, 101)
    return figure if axes.lines else None


def _windows(times: Array, values: Array) -> tuple[Array, Array]:
    """Return the middles of at most _WINDOWS windows of equal length, and the means in them."""
    if not len(times):
        return times, values
    first, last = float(times.min()), float(times.max())
    count = min(_WINDOWS, len(times))
    length = (last - first) / count or 1.0
    window = np.minimum(((times - first) / length).astype(np.int64), count - 1)
    there = np.isfinite(values)
    sums = np.bincount(window[there], values[there], count)
    numbers = np.bincount(window[there], minlength=count)
    means: Array = np.full(count, math.nan)
    np.divide(sums, numbers, out=means, where=numbers > 0)
    return np.linspace(first + length / 2, last - length / 2, count), means
