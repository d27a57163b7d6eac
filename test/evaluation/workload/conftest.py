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

"""Answers of a tracker that never ran."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hand_tracking_dsp.evaluation.workers import FoundHand, Reply
from hand_tracking_dsp.hand import Handedness, Joint

PALM_PX = 50.0


def found(x: float, track_id: int = 0, *, measured: bool = True) -> FoundHand:
    """A hand at x, whose palm measures PALM_PX."""
    points = np.zeros((21, 3), np.float32)
    points[Joint.MIDDLE_MCP, 1] = -PALM_PX
    return FoundHand(points + np.array([x, 0, 0], np.float32), Handedness.RIGHT, track_id, measured)


def reply(*hands: FoundHand, ms: float = 5.0, searched: bool = False) -> Reply:
    """An answer that took so long, half of it processor time."""
    return Reply(
        ms=ms,
        cpu_ms=ms / 2,
        detector_ran=searched,
        detection_ms=3.0 * searched,
        landmarks_ms=1.0,
        hands=hands,
    )


@pytest.fixture
def make_hand() -> Callable[..., FoundHand]:
    """The function that makes a hand."""
    return found


@pytest.fixture
def make_reply() -> Callable[..., Reply]:
    """The function that makes an answer."""
    return reply
