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

"""A followed hand: made of numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.track import Track, fading
from hand_tracking_dsp.tracking.types import HandLandmarks, Region, TrackedHand

IMAGE = np.zeros((480, 640, 3), np.uint8)
PALM_PX = 40.0


def hand(x: float, right: float = 0.95) -> HandLandmarks:
    points = np.zeros((21, 3), np.float32)
    for finger in range(5):
        for joint in range(4):
            points[1 + 4 * finger + joint, :2] = 8 * (finger - 2), -PALM_PX - 12 * joint
    points[:, :2] += np.array([x, 300], np.float32)
    return HandLandmarks(0.9, right, points, points / 1000, Region(x, 280.0, 120.0, 0.0), 0.5, 0.2)


def new_track() -> Track:
    return Track(hand(100.0).region, OneEuroFilter(1.0, 0.1))


def measure(track: Track, found: HandLandmarks, stamp_s: float, mirrored: bool = False) -> TrackedHand:
    return track.measured(found, stamp_s, IMAGE, smoothing=False, mirrored=mirrored)


def moving(speed_px_s: float) -> Track:
    """Make a track that was measured at 0 and at 0.1 s."""
    track = new_track()
    for stamp_s in (0.0, 0.1):
        measure(track, hand(100.0 + speed_px_s * stamp_s), stamp_s)
    return track


def test_without_smoothing_a_measured_hand_is_what_the_network_said() -> None:
    found = hand(100.0)
    shown = measure(new_track(), found, 0.0)
    np.testing.assert_array_equal(shown.landmarks, found.landmarks)
    assert (shown.measured, shown.measurement_age_s) == (True, 0.0)


def test_a_hand_at_rest_is_looked_for_where_it_was() -> None:
    track = moving(0.2 * PALM_PX)
    assert track.expected(0.2) == track.region


def test_a_fast_hand_is_looked_for_where_it_will_be() -> None:
    track = moving(400.0)
    expected = track.expected(0.13)
    assert expected.x - track.region.x == pytest.approx(400 * 0.03, rel=0.01)
    assert expected.y == pytest.approx(track.region.y, abs=0.1)
    assert expected.size == track.region.size


def test_a_hand_that_was_not_seen_for_long_is_not_expected_ever_further_away() -> None:
    track = moving(400.0)
    assert track.expected(5.0).x == track.expected(0.5).x
    assert track.expected(0.05).x == track.region.x, "a stamp before the measurement moves nothing"


def test_before_it_was_measured_a_hand_is_looked_for_in_its_region() -> None:
    track = new_track()
    assert track.expected(1.0) == track.region


def test_a_held_hand_moves_on_ever_slower_and_says_how_old_it_is() -> None:
    track = moving(400.0)
    assert track.last is not None
    ways = []
    for age_s in (0.03, 0.06, 1.0):
        shown, found = track.hold(0.1 + age_s)
        ways.append(float((shown.landmarks - track.last.shown.landmarks)[:, 0].mean()))
        assert not shown.measured
        assert shown.measurement_age_s == pytest.approx(age_s)
        np.testing.assert_allclose(found.landmarks, shown.landmarks, atol=1e-3)
    assert ways == pytest.approx([400 * fading(age_s) for age_s in (0.03, 0.06, 1.0)], rel=0.01)
    assert ways[1] < 2 * ways[0]
    assert track.held == 3
    measure(track, hand(150.0), 1.2)
    assert track.held == 0


def test_a_held_hand_at_rest_stays_where_it_was() -> None:
    track = moving(0.2 * PALM_PX)
    shown, _ = track.hold(0.3)
    assert track.last is not None
    np.testing.assert_array_equal(shown.landmarks, track.last.shown.landmarks)


def test_a_hand_that_was_never_measured_cannot_be_held() -> None:
    with pytest.raises(ValueError, match="never measured"):
        new_track().hold(0.0)


@pytest.mark.parametrize("stamp_s", [0.0, -1.0, math.nan])
def test_a_stamp_that_does_not_advance_gives_no_velocity(stamp_s: float) -> None:
    track = new_track()
    measure(track, hand(100.0), 0.0)
    measure(track, hand(300.0), stamp_s)
    assert track.last is not None
    assert track.last.speed == 0
    assert track.expected(10.0) == track.region


def test_one_frame_of_the_other_side_does_not_change_the_hand() -> None:
    track = new_track()
    sides = [
        measure(track, hand(100.0, right), i / 30).handedness for i, right in enumerate([1.0] * 9 + [0.0])
    ]
    assert set(sides) == {Handedness.RIGHT}
    later = [measure(track, hand(100.0, 0.0), 1 + i / 30).handedness for i in range(20)]
    assert later[-1] is Handedness.LEFT


def test_a_mirrored_image_shows_the_other_side_and_a_doubtful_one_none() -> None:
    assert measure(new_track(), hand(100.0, 0.9), 0.0, mirrored=True).handedness is Handedness.LEFT
    doubtful = measure(new_track(), hand(100.0, 0.55), 0.0)
    assert doubtful.handedness is Handedness.UNKNOWN
    assert math.isnan(doubtful.handedness_score)


def test_motion_fades_to_a_finite_way() -> None:
    ways = [fading(age_s) for age_s in (0.0, 0.01, 0.1, 1.0, 100.0)]
    assert ways[0] == 0
    assert ways == sorted(ways)
    assert ways[1] == pytest.approx(0.01, rel=0.1)
    assert ways[-1] < 0.1


def test_a_hand_that_is_not_measured_keeps_the_error_that_was_last_expected_of_it() -> None:
    track = new_track()
    for stamp_s, percent in ((0.0, 30.0), (0.1, 6.0)):
        assert measure(track, replace(hand(100.0), error_percent=percent), stamp_s).error_percent == percent
    shown, found = track.hold(0.5)
    assert (shown.error_percent, found.error_percent) == (6.0, 6.0)
    assert track.last is not None
    assert track.last.at(0.6).error_percent == 6.0
    assert math.isnan(measure(track, hand(100.0), 0.7).error_percent)
