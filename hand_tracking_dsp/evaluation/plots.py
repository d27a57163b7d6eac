"""Pictures of one run: latency and level over time, and the battery."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.recordings.run import Recording

_LATENCY, _END_TO_END, _LEVEL, _BATTERY = "#1f77b4", "#9ecae1", "#d95f02", "#2ca02c"


def save_latency_plot(recording: Recording, budget_ms: float, path: Path, note: str = "") -> None:
    """Draw latency against its budget and, below, the level.

    Args:
        recording: A run with at least one frame.
        budget_ms: The controller's latency budget, milliseconds.
        path: Where to write the PNG.
        note: What kind of run it was, shown above.
    """
    times = np.array([cost.stamp_ns - recording.start_ns for cost in recording.costs]) * 1e-9
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    end_to_end = [cost.end_to_end_ms for cost in recording.costs]
    top.plot(times, end_to_end, ".", color=_END_TO_END, ms=4, label="end to end: image stamp to hands")
    top.plot(
        times,
        [c.total_ms for c in recording.costs],
        ".",
        color=_LATENCY,
        ms=4,
        label="in the tracker (total)",
    )
    top.axhline(budget_ms, color="black", ls="--", lw=1, label=f"budget {budget_ms:g} ms")
    # A few slow frames at the start must not press all others flat.
    finite = [value for value in end_to_end if np.isfinite(value)] or [budget_ms]
    limit = max(1.2 * budget_ms, 1.3 * float(np.percentile(finite, 99)))
    top.set_ylim(0, limit)
    if (above := sum(value > limit for value in finite)) > 0:
        top.text(
            0.99, 0.97, f"{above} frames above this range", transform=top.transAxes, ha="right", va="top"
        )
    top.set_ylabel("latency, ms")
    top.set_title(f"Latency and sparsity level{f' - {note}' if note else ''}", pad=26)
    top.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize="small")
    levels = [cost.level for cost in recording.costs]
    bottom.step(times, levels, where="post", color=_LEVEL)
    highest = max(*levels, 1)
    bottom.set_yticks(range(highest + 1))
    bottom.set_ylim(-0.3, highest + 0.3)
    bottom.set_ylabel("level\n(0 = dense)")
    bottom.set_xlabel("time, s")
    save(figure, (top, bottom), path)


def save_battery_plot(recording: Recording, path: Path, name: str) -> None:
    """Draw the state of charge, with the switches of level marked.

    Args:
        recording: A run with at least one battery reading and one frame.
        path: Where to write the PNG.
        name: What was measured, for example "simulated battery".
    """
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    axes = figure.subplots()
    times = np.array([reading.stamp_ns - recording.start_ns for reading in recording.charges]) * 1e-9
    charges = [100 * reading.charge for reading in recording.charges]
    axes.plot(times, charges, color=_BATTERY, marker=".", ms=3, label=name)
    before = None
    label = "level switch"
    for cost in recording.costs:
        if before is not None and cost.level != before:
            at = (cost.stamp_ns - recording.start_ns) * 1e-9
            axes.axvline(at, color=_LEVEL, lw=1, ls="--", label=label)
            axes.annotate(f" {before}→{cost.level}", (at, 2), color=_LEVEL, fontsize="small")
            label = "_nolegend_"
        before = cost.level
    axes.set_xlim(left=min(0.0, times[0]))
    axes.set_ylim(0, 105)
    axes.set_ylabel("state of charge, %")
    axes.set_xlabel("time, s")
    axes.set_title(name[:1].upper() + name[1:])
    axes.legend(loc="upper right", fontsize="small")
    save(figure, (axes,), path)


def save(figure: Figure, all_axes: tuple[Axes, ...], path: Path) -> None:
    """Give a figure this package's look and write it as a PNG through a temporary name.

    Args:
        figure: To write.
        all_axes: Its axes.
        path: Where to; its folder is made if missing.

    Raises:
        OutputError: The file cannot be written.
    """
    write_bytes(path, png_bytes(figure, all_axes))


def png_bytes(figure: Figure, all_axes: Iterable[Axes]) -> bytes:
    """Give a figure this package's look and return it as a PNG."""
    for axes in all_axes:
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    picture = io.BytesIO()
    figure.savefig(picture, dpi=110, format="png")
    return picture.getvalue()
