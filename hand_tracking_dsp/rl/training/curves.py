"""The course of trainings as a picture."""

from __future__ import annotations

import csv
from pathlib import Path

from matplotlib.figure import Figure

from hand_tracking_dsp.evaluation.plots import save
from hand_tracking_dsp.rl.training.lagrange import MultiplierOptions

_ROWS = {
    "return": "mean reward\nof a step",
    "miss_share": "share of\nlate frames",
    "drift_percent": "drift,\n% of palm",
    "energy": "energy, 1 = dense\non one hand",
    "switches": "changes of level\na mission",
    "alpha": "alpha",
}


def plot_curves(work: Path, path: Path) -> None:
    """Plot the curves of all trainings in a work folder.

    Args:
        work: Its subfolders hold curve.csv files.
        path: PNG to write.

    Raises:
        OutputError: It cannot be written.
    """
    figure = Figure(figsize=(9, 11), layout="constrained")
    all_axes = tuple(figure.subplots(len(_ROWS), 1, sharex=True))
    for file in sorted(work.glob("*/curve.csv")):
        with file.open(encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
        episodes = [float(row["missions"]) for row in rows]
        for axes, name in zip(all_axes, _ROWS, strict=True):
            axes.plot(episodes, [float(row[name]) for row in rows], lw=1, label=file.parent.name)
    for axes, label in zip(all_axes, _ROWS.values(), strict=True):
        axes.set_ylabel(label, fontsize="small")
    all_axes[1].axhline(MultiplierOptions().target, color="black", lw=1, ls="--")
    all_axes[0].set_title("Training on simulated missions; each point the mean of a few")
    if all_axes[0].lines:
        all_axes[0].legend(fontsize="x-small", ncols=5)
    all_axes[-1].set_xlabel("missions")
    save(figure, all_axes, path)
