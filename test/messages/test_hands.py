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

"""Hands out of messages of this and of older definitions."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.messages.hands import tracked_hand


def test_fields_that_an_older_definition_lacks_are_nan() -> None:
    points = [SimpleNamespace(x=float(i), y=2.0 * i, z=-float(i)) for i in range(21)]
    hand = tracked_hand(SimpleNamespace(landmarks=points))
    np.testing.assert_array_equal(hand.landmarks[20], [20, 40, -20])
    assert hand.landmarks.dtype == np.float32
    assert (hand.track_id, hand.handedness) == (0, Handedness.UNKNOWN)
    assert math.isnan(hand.presence)
    assert math.isnan(hand.error_percent)
    assert math.isnan(hand.region.rotation)
    assert hand.world_landmarks.shape == (21, 3)
    assert np.isnan(hand.world_landmarks).all()


def test_a_side_that_is_none_of_the_constants_is_unknown() -> None:
    points = [SimpleNamespace(x=0.0, y=0.0, z=0.0)] * 21
    assert tracked_hand(SimpleNamespace(landmarks=points, handedness=77)).handedness == Handedness.UNKNOWN
    assert tracked_hand(SimpleNamespace(landmarks=points, handedness=2)).handedness == Handedness.RIGHT
