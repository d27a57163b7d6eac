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

"""Hands of images that were not looked at."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.outlook import Outlook
from hand_tracking_dsp.tracking.track import Measurement
from hand_tracking_dsp.tracking.types import Floats, HandLandmarks, Region, TrackedHand

REGION = Region(0.0, 0.0, 100.0, 0.0)


def measurement(track_id: int, stamp_s: float, landmarks: Floats, px_per_s: float = 0.0) -> Measurement:
    found = HandLandmarks(0.9, 0.9, landmarks, landmarks * np.float32(1e-3), REGION, 0.5, 0.2)
    shown = TrackedHand(track_id, Handedness.RIGHT, 0.9, 0.9, landmarks, found.world_landmarks, REGION)
    velocity = np.zeros((21, 3), np.float32)
    velocity[:, 0] = px_per_s
    return Measurement(found, shown, stamp_s, velocity, velocity * np.float32(1e-3), px_per_s / 10)


def outlook(*measurements: Measurement, stamp_s: float = 10.0) -> Outlook:
    return Outlook(stamp_s, measurements, 2, 0.5, 640, 480, 0.2)


@pytest.fixture
def landmarks() -> Floats:
    return np.random.default_rng(3).uniform(100, 200, (21, 3)).astype(np.float32)


def test_a_hand_goes_on_as_it_moved_and_says_that_it_was_predicted_and_from_when(landmarks: Floats) -> None:
    prediction = outlook(measurement(4, 10.0, landmarks, 100.0)).at(10.05)
    assert prediction is not None
    (hand,) = prediction.hands
    assert (hand.track_id, hand.measured) == (4, False)
    assert hand.measurement_age_s == pytest.approx(0.05)
    assert 0 < (hand.landmarks - landmarks)[0, 0] <= 5.0
    assert (prediction.level, prediction.sparsity, prediction.width, prediction.height) == (2, 0.5, 640, 480)
    assert prediction.age_s == pytest.approx(0.05)


def test_a_hand_that_was_held_before_counts_from_its_measurement_and_is_left_out_after_the_longest_time(
    landmarks: Floats,
) -> None:
    seen = outlook(measurement(1, 9.9, landmarks), measurement(2, 10.0, landmarks))
    early, late = seen.at(10.05), seen.at(10.15)
    assert early is not None
    assert late is not None
    assert [hand.track_id for hand in early.hands] == [1, 2]
    assert early.hands[0].measurement_age_s == pytest.approx(0.15)
    assert [hand.track_id for hand in late.hands] == [2]


@pytest.mark.parametrize("stamp_s", [10.0, 9.0, 10.21, math.nan])
def test_nothing_is_known_of_images_that_are_not_later_or_too_much_later(
    stamp_s: float, landmarks: Floats
) -> None:
    assert outlook(measurement(1, 10.0, landmarks)).at(stamp_s) is None


def test_where_no_hand_was_in_view_none_is_expected() -> None:
    prediction = outlook().at(10.05)
    assert prediction is not None
    assert prediction.hands == ()


def test_the_error_is_of_hands_that_were_both_predicted_and_measured(landmarks: Floats) -> None:
    prediction = outlook(measurement(1, 10.0, landmarks), measurement(2, 10.0, landmarks)).at(10.05)
    assert prediction is not None
    moved = landmarks + np.float32([3.0, 0.0, 0.0])
    found = measurement(1, 10.05, moved).shown
    palm_px = float(np.linalg.norm(landmarks[9, :2] - landmarks[0, :2]))
    assert prediction.error_percent([found]) == pytest.approx(300 / palm_px, rel=0.01)
    assert math.isnan(prediction.error_percent([measurement(7, 10.05, moved).shown]))
    assert math.isnan(prediction.error_percent(outlook(measurement(1, 9.9, landmarks)).at(10.05).hands))  # type: ignore[union-attr]
