"""The plot of networks: every family, with and without INT8."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab adds it")

from hand_tracking_dsp.compression.baselines.plot import save_plot


def test_networks_of_every_family_are_drawn(tmp_path: Path) -> None:
    rows = [
        {
            "family": family,
            "label": f"MediaPipe {family}",
            "precision": precision,
            "latency": [{"relative": 0.2 * place + 0.2, "provider": "onnxruntime", "threads": 1}],
            "figures": {"photos": {"deviation": 3.0 * place}},
        }
        for place, family in enumerate(("MediaPipe", "baseline", "ours", "bank"))
        for precision in ("fp32", "int8")
    ]
    save_plot(rows[:1], tmp_path / "one.png", "a note")
    save_plot(rows, tmp_path / "all.png", "a note")
    one, every = (cv2.imread(str(tmp_path / f"{name}.png")) for name in ("one", "all"))
    assert every.std() > one.std() > 0
