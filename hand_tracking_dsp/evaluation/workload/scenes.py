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

"""Scenes that cost a tracker differently, as videos of a camera that stands still."""

from __future__ import annotations

from pathlib import Path

import cv2

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.errors import OutputError

SCENES = ("empty room", "resting hand", "moving hand")
"""Scenes, in the order of tables."""

_FRAMES = 300
# At which the synthetic hand is away, and at which it is there as a whole and moves on.
_AWAY_S, _THERE_S = 0.0, 2.0
_SEED = 1


def write_scene(name: str, path: Path, width: int = 640, height: int = 480, rate_hz: float = 30.0) -> None:
    """Write a synthetic scene as Motion JPEG, as many cameras deliver their pictures; ten seconds at 30 Hz.

    The room stands still, and every frame has the noise of a sensor (2 grey levels).

    Args:
        name: Name out of SCENES.
        path: Path of the video; its name ends with .avi.
        width: Width, pixels.
        height: Height, pixels.
        rate_hz: Frames a second.

    Raises:
        OutputError: It cannot be written.
    """
    scene = SyntheticScene(SourceOptions(width=width, height=height, rate_hz=rate_hz, seed=_SEED))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate_hz, (width, height))
    try:
        if not writer.isOpened():
            msg = f"{path} cannot be written: make room in its folder."
            raise OutputError(msg)
        for index in range(_FRAMES):
            moved_s = index / rate_hz if name == "moving hand" else 0.0
            hands_s = _AWAY_S if name == "empty room" else _THERE_S + moved_s
            writer.write(scene.frame(index, hands_s=hands_s, room_s=0.0).image)
    finally:
        writer.release()
