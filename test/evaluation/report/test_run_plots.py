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

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import cv2
import pytest

from hand_tracking_dsp.evaluation.report.run_plots import save_battery_plot, save_latency_plot
from hand_tracking_dsp.recordings.run import Charge


def _is_a_picture_with_content(path: Path) -> bool:
    image = cv2.imread(str(path))
    return image is not None and image.shape[0] > 200 and image.shape[1] > 400 and image.std() > 5


@pytest.mark.parametrize("frames", [1, 2, 60])
def test_plots_are_pictures_even_of_the_shortest_run(
    tmp_path: Path, frames: int, made: SimpleNamespace
) -> None:
    recording = made.run(frames)
    save_latency_plot(recording, 33.0, tmp_path / "latency.png", "synthetic picture")
    save_battery_plot(recording, tmp_path / "battery.png", "simulated battery")
    assert _is_a_picture_with_content(tmp_path / "latency.png")
    assert _is_a_picture_with_content(tmp_path / "battery.png")
    assert len(list(tmp_path.iterdir())) == 2, "no partial file is left"


def test_unknown_charge_and_latency_are_left_out(tmp_path: Path, made: SimpleNamespace) -> None:
    recording = made.run()
    recording.charges.append(Charge(recording.costs[-1].stamp_ns, math.nan, math.nan))
    save_latency_plot(recording, 33.0, tmp_path / "latency.png")
    save_battery_plot(recording, tmp_path / "battery.png", "battery")
    assert _is_a_picture_with_content(tmp_path / "battery.png")
