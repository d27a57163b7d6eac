"""Learning curves of trained policies."""

from __future__ import annotations

from pathlib import Path

from hand_tracking_dsp.evaluation.report.learning_curves import plot_by_figure
from hand_tracking_dsp.rl.training.lagrange import MultiplierOptions

_LABELS = {
    "return": "mean reward\nof a step",
    "miss_share": "late frames,\nshare",
    "drift_percent": "drift,\n% of palm",
    "energy": "energy, 1 = dense\non one hand",
    "switches": "changes of level\na mission",
    "alpha": "alpha",
}


def plot_curves(work: Path, path: Path) -> None:
    """Plot the curves of all trainings in a work folder.

    Raises:
        OutputError: It cannot be written.
    """
    title = "Training on simulated missions; each point the mean of a few"
    plot_by_figure(work, path, "missions", _LABELS, title, {"miss_share": MultiplierOptions().target})
