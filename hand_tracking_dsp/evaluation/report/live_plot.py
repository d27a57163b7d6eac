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

"""Plot of policies compared in the running graph: latency, level, battery and load over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from matplotlib.axes import Axes

from hand_tracking_dsp.evaluation.live_comparison import LiveRun, rolling_p95_ms
from hand_tracking_dsp.evaluation.load import LoadScript
from hand_tracking_dsp.evaluation.report.plotting import (
    GREY,
    colours_of,
    draw_budget,
    label_levels,
    legend_above,
    limit_latency,
    new_figure,
    save,
    styled,
)
from hand_tracking_dsp.recordings.run import ObservedRun

_LEGEND_COLUMNS = 4


@styled
def save_live_plot(runs: Sequence[LiveRun], script: LoadScript, budget_ms: float, path: Path) -> None:
    """Draw all runs, in the order in which they took place, over the same time, a colour a policy.

    A policy's later runs are paler; each run has at least one frame. The script is the load that each of them
    met, from its beginning.
    """
    figure, (latency, level, battery, load) = new_figure(4, height_in=9, ratios=[4, 2, 2, 1])
    names = list(dict.fromkeys(run.policy for run in runs))
    colours = colours_of(names)
    seen: set[str] = set()
    for run in runs:
        colour, first = colours[run.policy], run.policy not in seen
        seen.add(run.policy)
        alpha = 1.0 if first else 0.4
        latency.plot(
            *rolling_p95_ms(run.recording),
            color=colour,
            alpha=alpha,
            lw=1.6,
            label=run.policy if first else "_nolegend_",
        )
        _mark_late(latency, run.recording, budget_ms, colour)
        times = run.recording.times_s(run.recording.costs)
        # Levels of policies lie upon each other: each is drawn a little beside.
        shift = 0.08 * (names.index(run.policy) - (len(names) - 1) / 2)
        levels = [cost.level + shift for cost in run.recording.costs]
        level.step(times, levels, where="post", color=colour, alpha=alpha, lw=1.4)
        charged_s = run.recording.times_s(run.recording.charges)
        charges = [100 * one.charge for one in run.recording.charges]
        battery.plot(charged_s, charges, color=colour, alpha=alpha, lw=1.4)
    draw_budget(latency.axhline, budget_ms)
    shown = [cost.latency_ms for run in runs for cost in run.recording.costs if cost.hands > 0]
    limit_latency(latency, shown, budget_ms)
    latency.set_ylabel("end to end, ms: p95 of 2 s,\nlate frames as dots")
    lines = -(-(len(names) + 1) // _LEGEND_COLUMNS)  # and the budget
    latency.set_title("Policies in the running graph under the same load", pad=12 + 18 * lines)
    legend_above(latency, _LEGEND_COLUMNS)
    label_levels(level, max(1, *(cost.level for run in runs for cost in run.recording.costs)))
    battery.set_ylabel("charge, %\n(simulated)")
    battery.set_ylim(0, 105)
    end_s = max(0.1, *(run.recording.length_s for run in runs))
    _draw_load(load, script, end_s)
    load.set_xlim(0, end_s)
    save(figure, path)


def _mark_late(axes: Axes, recording: ObservedRun, budget_ms: float, colour: str) -> None:
    late = [cost for cost in recording.costs if cost.hands > 0 and cost.latency_ms > budget_ms]
    axes.plot(
        recording.times_s(late), [cost.latency_ms for cost in late], ".", color=colour, ms=3, alpha=0.35
    )


def _draw_load(axes: Axes, script: LoadScript, end_s: float) -> None:
    edges: list[float] = [0.0]
    busy: list[int] = []
    for step in cycle(script.steps):
        if edges[-1] >= end_s and busy:
            break
        busy.append(step.busy)
        edges.append(edges[-1] + step.seconds)
    axes.stairs(busy, edges, fill=True, color=GREY)
    axes.set_ylim(0, max(script.most, 1))
    axes.set_yticks(range(max(script.most, 1) + 1))
    axes.set_ylabel("busy\nprocesses")
    axes.set_xlabel("time, s")
