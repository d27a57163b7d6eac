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

"""Hands lost and found: made of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.tracking.lost_hands import LostHands
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.track import Track
from hand_tracking_dsp.tracking.types import HandLandmarks, Region

IMAGE = np.zeros((480, 640, 3), np.uint8)
PALM_PX = 40.0
RIGHT, LEFT = 0.95, 0.05


def hand(x: float = 100.0, y: float = 200.0, right: float = RIGHT, scale: float = 1.0) -> HandLandmarks:
    """Make a hand with the wrist at a place: five straight fingers, the middle knuckle a palm above it."""
    points = np.zeros((21, 3), np.float32)
    for finger in range(5):
        for joint in range(4):
            points[1 + 4 * finger + joint, :2] = 8 * (finger - 2), -PALM_PX - 12 * joint
    points *= np.float32(scale)
    points[:, :2] += np.array([x, y], np.float32)
    return HandLandmarks(0.9, right, points, points / 1000, Region(x, y, 100.0, 0.0), 0.5, 0.2)


def track(found: HandLandmarks, stamp_s: float = 0.0, track_id: int = 1) -> Track:
    made = Track(found.region, OneEuroFilter(1.0, 0.1))
    made.track_id = track_id
    made.measured(found, stamp_s, IMAGE, smoothing=False, mirrored=False)
    return made


def lost(*tracks: Track) -> LostHands:
    hands = LostHands()
    hands.add(tracks)
    return hands


def test_a_hand_found_where_it_was_lost_is_the_same_once() -> None:
    one = track(hand())
    hands = lost(one)
    assert hands.take(hand(x=110.0), 0.2) is one
    assert hands.take(hand(x=110.0), 0.2) is None


def test_a_hand_that_moved_fast_stays_the_same() -> None:
    one = track(hand())
    assert lost(one).take(hand(x=100.0 + 12 * PALM_PX), 0.4) is one


def test_the_other_sides_hand_at_the_same_distance_is_another_one() -> None:
    assert lost(track(hand())).take(hand(x=100.0 + 12 * PALM_PX, right=LEFT), 0.4) is None


def test_a_hand_whose_side_is_read_wrongly_stays_the_same_where_it_was() -> None:
    one = track(hand())
    assert lost(one).take(hand(x=120.0, right=LEFT), 0.1) is one


def test_no_hand_moves_further_than_hands_do() -> None:
    assert lost(track(hand())).take(hand(x=100.0 + 12 * PALM_PX), 0.1) is None


def test_of_two_lost_hands_the_one_of_the_same_side_and_the_nearer_one_is_taken() -> None:
    right, left = track(hand(x=100.0), track_id=1), track(hand(x=160.0, right=LEFT), track_id=2)
    hands = lost(right, left)
    assert hands.take(hand(x=130.0, right=LEFT), 0.3) is left
    assert hands.take(hand(x=130.0), 0.3) is right
    near, far = track(hand(x=100.0)), track(hand(x=300.0), track_id=2)
    assert lost(far, near).take(hand(x=150.0), 0.5) is near


@pytest.mark.parametrize(("scale", "same"), [(0.4, False), (0.6, True), (1.7, True), (2.5, False)])
def test_a_hand_of_another_size_is_another_one(scale: float, same: bool) -> None:
    assert (lost(track(hand())).take(hand(scale=scale), 0.5) is not None) is same


@pytest.mark.parametrize(("stamp_s", "remembered"), [(0.0, 1), (0.99, 1), (1.01, 0), (-0.5, 0)])
def test_hands_are_forgotten_after_a_second_and_when_stamps_jump_back(
    stamp_s: float, remembered: int
) -> None:
    hands = lost(track(hand()))
    assert len(hands.recent(stamp_s)) == remembered
    assert (hands.take(hand(), stamp_s) is not None) == bool(remembered)


def test_the_one_seen_last_comes_first() -> None:
    first, second = track(hand(), 0.1, 1), track(hand(x=400.0), 0.3, 2)
    assert lost(first, second).recent(0.5) == [second, first]


def test_a_hand_that_was_never_shown_is_nobody() -> None:
    unseen = Track(hand().region, OneEuroFilter(1.0, 0.1))
    hands = lost(track(hand(), track_id=0), unseen)
    assert hands.recent(0.1) == []


def test_after_clearing_nobody_is_remembered() -> None:
    hands = lost(track(hand()))
    hands.clear()
    assert hands.take(hand(), 0.1) is None
