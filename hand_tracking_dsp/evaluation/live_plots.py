"""The picture of policies compared in the running graph: latency, level, battery and load over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hand_tracking_dsp.evaluation.live_comparison import LiveRun, rolling_p95_ms
from hand_tracking_dsp.evaluation.load import LoadScript
from hand_tracking_dsp.evaluation.plots import save
from hand_tracking_dsp.recordings.run import Recording

_COLOURS = ("#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#a6761d")
_LOAD = "#636363"


def save_live_plot(runs: Sequence[LiveRun], script: LoadScript, budget_ms: float, path: Path) -> None:
    """Draw all runs over the same time, a colour a policy; a policy's later runs are paler.

    Args:
        runs: In the order in which they took place; each with at least one frame.
        script: The load that each of them met, from its beginning.
        budget_ms: Latency budget of a frame, milliseconds.
        path: Where to write the PNG.
    """
    figure = Figure(figsize=(11, 9), layout="constrained")
    latency, level, battery, load = figure.subplots(4, 1, sharex=True, height_ratios=[4, 2, 2, 0.7])
    names = list(dict.fromkeys(run.policy for run in runs))
    colours = dict(zip(names, cycle(_COLOURS), strict=False))
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
        times = _times_s([cost.stamp_ns for cost in run.recording.costs], run.recording)
        # Levels of policies lie upon each other: each is drawn a little beside.
        shift = 0.08 * (names.index(run.policy) - (len(names) - 1) / 2)
        levels = [cost.level + shift for cost in run.recording.costs]
        level.step(times, levels, where="post", color=colour, alpha=alpha, lw=1.4)
        charged_s = _times_s([one.stamp_ns for one in run.recording.charges], run.recording)
        charges = [100 * one.charge for one in run.recording.charges]
        battery.plot(charged_s, charges, color=colour, alpha=alpha, lw=1.4)
    _finish_latency(latency, runs, budget_ms)
    highest = max(1, *(cost.level for run in runs for cost in run.recording.costs))
    level.set_yticks(range(highest + 1))
    level.set_ylim(-0.4, highest + 0.4)
    level.set_ylabel("level\n(0 = dense)")
    battery.set_ylabel("charge, %\n(simulated)")
    battery.set_ylim(0, 105)
    end_s = max(0.1, *(_end_s(run.recording) for run in runs))
    _draw_load(load, script, end_s)
    load.set_xlim(0, end_s)
    save(figure, (latency, level, battery, load), path)


def _mark_late(axes: Axes, recording: Recording, budget_ms: float, colour: str) -> None:
    late = [cost for cost in recording.costs if cost.hands > 0 and cost.end_to_end_ms > budget_ms]
    times = _times_s([cost.stamp_ns for cost in late], recording)
    axes.plot(times, [cost.end_to_end_ms for cost in late], ".", color=colour, ms=3, alpha=0.35)


def _finish_latency(axes: Axes, runs: Sequence[LiveRun], budget_ms: float) -> None:
    axes.axhline(budget_ms, color="black", ls="--", lw=1, label=f"budget {budget_ms:g} ms")
    values = np.array([cost.end_to_end_ms for run in runs for cost in run.recording.costs if cost.hands > 0])
    finite = values[np.isfinite(values)]
    # A few slow frames at the start must not press all others flat.
    limit = max(1.3 * budget_ms, 1.1 * float(np.percentile(finite, 99.5)) if finite.size else 0.0)
    axes.set_ylim(0, limit)
    if (above := int((finite > limit).sum())) > 0:
        note = f"late frames above this range: {above}"
        axes.text(0.99, 0.97, note, transform=axes.transAxes, ha="right", va="top", fontsize="small")
    axes.set_ylabel("end to end, ms: p95 of 2 s,\nlate frames as dots")
    axes.set_title("Policies in the running graph under the same load", pad=26)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=6, frameon=False, fontsize="small")


def _draw_load(axes: Axes, script: LoadScript, end_s: float) -> None:
    edges: list[float] = [0.0]
    busy: list[int] = []
    for step in cycle(script.steps):
        if edges[-1] >= end_s and busy:
            break
        busy.append(step.busy)
        edges.append(edges[-1] + step.seconds)
    axes.stairs(busy, edges, fill=True, color=_LOAD)
    axes.set_ylim(0, max(script.most, 1))
    axes.set_yticks(range(max(script.most, 1) + 1))
    axes.set_ylabel("busy\nprocesses")
    axes.set_xlabel("time, s")


def _times_s(stamps_ns: Sequence[int], recording: Recording) -> list[float]:
    return [(stamp_ns - recording.start_ns) * 1e-9 for stamp_ns in stamps_ns]


def _end_s(recording: Recording) -> float:
    return (recording.costs[-1].stamp_ns - recording.start_ns) * 1e-9
