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

"""Plots of one run: latency and level over time, and the battery."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

from hand_tracking_dsp.evaluation.report.plotting import (
    BLUE,
    GREEN,
    ORANGE,
    SKY,
    draw_budget,
    label_levels,
    legend_above,
    limit_latency,
    new_figure,
    save,
    styled,
)
from hand_tracking_dsp.recordings.run import ObservedRun
from hand_tracking_dsp.tracking.operating_point import NO_POINT

# As many labels find room beside each other.
_LABELS = 20


@styled
def save_latency_plot(recording: ObservedRun, budget_ms: float, path: Path, note: str = "") -> None:
    """Draw latency with its budget and, below, the level of a run with a frame, noting the kind of run."""
    times = recording.times_s(recording.costs)
    figure, (top, bottom) = new_figure(2, height_in=6, ratios=[3, 1])
    end_to_end = [cost.end_to_end_ms for cost in recording.costs]
    in_tracker = [cost.total_ms for cost in recording.costs]
    top.plot(times, end_to_end, ".", color=SKY, ms=4, label="end to end: image stamp to hands")
    top.plot(times, in_tracker, ".", color=BLUE, ms=4, label="in the tracker (total)")
    draw_budget(top.axhline, budget_ms)
    limit_latency(top, end_to_end, budget_ms)
    top.set_ylabel("latency, ms")
    top.set_title(f"Latency and sparsity level{f' - {note}' if note else ''}", pad=30)
    legend_above(top, 3)
    levels = [cost.level for cost in recording.costs]
    bottom.step(times, levels, where="post", color=ORANGE)
    label_levels(bottom, max(*levels, 1))
    bottom.set_xlabel("time, s")
    save(figure, path)


@styled
def save_battery_plot(recording: ObservedRun, path: Path, name: str) -> None:
    """Draw the state of charge, with the changes of operating point, of a run with a reading and a frame.

    The name is that of the readings' source, for example "simulated battery".
    """
    figure, (axes,) = new_figure(height_in=4)
    times = recording.times_s(recording.charges)
    charges = [100 * reading.charge for reading in recording.charges]
    axes.plot(times, charges, color=GREEN, marker=".", ms=3, label=name)
    label, labelled_s = "change of operating point", -math.inf
    apart_s = times[-1] / _LABELS
    for before, after in pairwise(recording.costs):
        old, new = before.operating_point, after.operating_point
        if old == new or NO_POINT in (old, new):
            continue
        (at,) = recording.times_s([after])
        axes.axvline(at, color=ORANGE, lw=1, ls="--", label=label)
        label = "_nolegend_"
        if at - labelled_s >= apart_s:  # others would lie upon it
            axes.annotate(f" {old}→{new}", (at, 2), color=ORANGE)
            labelled_s = at
    axes.set_xlim(left=min(0.0, times[0]))
    axes.set_ylim(0, 105)
    axes.set_ylabel("state of charge, %")
    axes.set_xlabel("time, s")
    axes.set_title(name[:1].upper() + name[1:], pad=30)
    legend_above(axes)
    save(figure, path)
