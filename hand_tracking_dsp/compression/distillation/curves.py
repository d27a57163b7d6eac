"""The course of trainings as a picture."""

from __future__ import annotations

import json
from pathlib import Path

from matplotlib.figure import Figure

from hand_tracking_dsp.evaluation.plots import save


def plot_curves(work: Path, path: Path) -> None:
    """Plot the validation curves of all trainings in a work folder.

    Args:
        work: Its subfolders hold curve.json files.
        path: PNG to write.

    Raises:
        OutputError: It cannot be written.
    """
    files = sorted(work.rglob("curve.json"))
    figure = Figure(figsize=(7.0, 2.6 * max(len(files), 1)), layout="constrained")
    all_axes = tuple(figure.subplots(max(len(files), 1), 1, squeeze=False)[:, 0])
    for axes, file in zip(all_axes, files, strict=False):
        curve = json.loads(file.read_text(encoding="utf-8"))
        for name in sorted({key for entry in curve for key in entry} - {"step", "loss", "steps_per_s"}):
            known = [entry for entry in curve if name in entry]
            axes.plot([entry["step"] for entry in known], [entry[name] for entry in known], label=name)
        axes.set_title(str(file.parent.relative_to(work)), fontsize="small")
        axes.set_ylabel("deviation from dense,\n% of palm size", fontsize="small")
        axes.set_ylim(bottom=0)
        axes.legend(fontsize="x-small")
    all_axes[-1].set_xlabel("batches")
    save(figure, all_axes, path)
