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

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.evaluation.workload.clips import find_clips
from hand_tracking_dsp.evaluation.workload.scenes import SCENES, write_scene


def change(pictures: list[np.ndarray]) -> float:
    """Mean difference from frame to frame without the noise of single pixels, grey levels."""
    small = [picture.reshape(12, 10, 16, 10, 3).mean(axis=(1, 3)) for picture in pictures]
    return float(np.mean([np.abs(b - a).mean() for a, b in pairwise(small)]))


def test_scenes_are_noisy_and_move_where_they_should(tmp_path: Path) -> None:
    changes = {}
    for name in SCENES:
        write_scene(name, tmp_path / "scene.avi", 160, 120)
        (clip,) = find_clips([tmp_path / "scene.avi"])
        pictures = [frame.image.astype(float) for frame in clip.frames()]
        assert len(pictures) == 300
        assert np.abs(pictures[1] - pictures[0]).mean() > 0.5
        changes[name] = change(pictures)
    assert changes["moving hand"] > 2 * max(changes["empty room"], changes["resting hand"])


def test_a_scene_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"scene\.avi cannot be written"):
        write_scene("empty room", tmp_path / "nowhere" / "scene.avi", 160, 120)
