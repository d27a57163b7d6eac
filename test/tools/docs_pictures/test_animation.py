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

"""The animation of a tracked hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pictures

from docs_pictures.animation import save_animation
from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.errors import SourceError

FRAMES = 24


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "hand.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (640, 480))
    with open_source("synthetic", SourceOptions(absence_s=0)) as source:
        for _ in range(FRAMES):
            writer.write(source.read(1.0).image)
    writer.release()
    return path


def test_every_level_is_shown_and_the_bar_shrinks_with_its_cost(tmp_path: Path, video: Path) -> None:
    save_animation(video, tmp_path / "hand.webp")
    bars = []
    with Pictures.open(tmp_path / "hand.webp") as animation:
        assert (animation.n_frames, animation.size) == (FRAMES // 2, (480, 360))
        for index in range(animation.n_frames):
            animation.seek(index)
            row = np.array(animation.convert("RGB"))[-4].astype(int)
            bars.append(int((row[:, 1] > row[:, 2] + 60).sum()))
    assert bars[0] == 480
    assert bars == sorted(bars, reverse=True)
    assert len(set(bars)) == 5


def test_a_file_that_is_not_a_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        save_animation(Path(__file__), tmp_path / "hand.webp")
    assert not list(tmp_path.iterdir())
