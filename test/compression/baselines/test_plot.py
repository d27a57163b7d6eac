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

"""The plot of networks: every family, with and without INT8."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import cv2
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from hand_tracking_dsp.compression.baselines import plot
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


def test_names_of_points_that_lie_close_together_do_not_overlap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr(plot, "save", lambda figure, _: drawn.append(figure))
    rows = [
        {
            "family": "baseline",
            "label": label,
            "precision": "fp32",
            "latency": [{"relative": relative, "provider": "onnxruntime", "threads": 1}],
            "figures": {"photos": {"deviation": deviation}},
        }
        for label, relative, deviation in (
            ("L1 norm, uniform", 0.49, 30.0),
            ("magnitude, uniform", 0.5, 30.5),
            ("random channels, uniform", 0.5, 31.0),
            ("Torch-Pruning, DepGraph", 0.51, 30.0),
            ("MediaPipe full (dense)", 1.0, 1.0),
        )
    ]
    save_plot(rows, tmp_path / "close.png", "a note")
    (figure,) = drawn
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    assert len(boxes) == len(rows)
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other)
