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

"""A tracker that follows hands through pictures, and pictures of frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hand_tracking_dsp.cameras.camera import Frame
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.types import FrameResult, Image

RATE_HZ = 30.0


def follow(tracker: HandTracker, images: Sequence[Image], level: int = 0) -> list[FrameResult]:
    return [tracker.track(image, i / RATE_HZ, level, "bgr") for i, image in enumerate(images)]


def images_of(frames: Sequence[Frame]) -> list[Image]:
    return [frame.image for frame in frames]


def restless(frames: Sequence[Frame]) -> list[Image]:
    """Let something move beside the hand, so that no picture is like another."""
    generator = np.random.default_rng(1)
    for frame in frames:
        frame.image[:120, :160] = generator.integers(0, 255, (4, 4, 1)).repeat(30, 0).repeat(40, 1)
    return images_of(frames)
