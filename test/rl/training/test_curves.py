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

"""Curves of trainings."""

from __future__ import annotations

import cv2

from hand_tracking_dsp.rl.training.curves import plot_curves


def test_curves_of_all_trainings_are_drawn(tmp_path) -> None:
    for name in ("ppo_0", "ppo_1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "curve.csv").write_text(
            "missions,steps,return,miss_share,drift_percent,energy,switches,late_price\n"
            "24,5760,0.7,0.05,3,0.6,20,9.4\n48,11520,0.75,0.03,3.2,0.58,18,9.1\n"
        )
    plot_curves(tmp_path, tmp_path / "curves.png")
    drawn = cv2.imread(str(tmp_path / "curves.png"))
    plot_curves(tmp_path / "ppo_0", tmp_path / "empty.png")
    assert drawn.std() > cv2.imread(str(tmp_path / "empty.png")).std()
