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
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import pytest

from hand_tracking_dsp.evaluation.live_comparison import LiveRun
from hand_tracking_dsp.evaluation.load import LoadScript
from hand_tracking_dsp.evaluation.report.live_plot import save_live_plot
from hand_tracking_dsp.recordings.run import ObservedRun


def is_a_picture_with_content(path: Path) -> bool:
    image = cv2.imread(str(path))
    return image is not None and image.shape[0] > 400 and image.shape[1] > 600 and image.std() > 5


@pytest.mark.parametrize("script", ["quiet:1", "quiet:0.5,2:0.5,1:60"])
def test_runs_of_several_policies_and_rounds_are_drawn_together(
    tmp_path: Path, made: SimpleNamespace, script: str
) -> None:
    runs = [LiveRun(name, made.run(90)) for name in ("learned", "threshold", "fixed", "fixed", "learned")]
    save_live_plot(runs, LoadScript.parse(script), 11.5, tmp_path / "new" / "live.png")
    assert is_a_picture_with_content(tmp_path / "new" / "live.png")
    assert len(list((tmp_path / "new").iterdir())) == 1, "no partial file is left"


def test_a_run_without_hands_latency_and_battery_is_drawn_too(tmp_path: Path, made: SimpleNamespace) -> None:
    costs = [replace(made.cost(i, hands=0), end_to_end_ms=math.nan) for i in range(3)]
    save_live_plot(
        [LiveRun("fixed", ObservedRun(costs=costs))], LoadScript.parse("1:5"), 33.0, tmp_path / "live.png"
    )
    assert is_a_picture_with_content(tmp_path / "live.png")


def test_a_run_of_one_frame_is_drawn_too(tmp_path: Path, made: SimpleNamespace) -> None:
    save_live_plot([LiveRun("fixed", made.run(1))], LoadScript.parse("1:5"), 33.0, tmp_path / "live.png")
    assert is_a_picture_with_content(tmp_path / "live.png")
