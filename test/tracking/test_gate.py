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

"""The gate: hands and pictures that move by known amounts."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.gate import Gate, GateOptions
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.track import Track
from hand_tracking_dsp.tracking.types import HandLandmarks, Image, Region

PALM_PX = 60.0
THRESHOLD = 0.06


@pytest.fixture(scope="module")
def image() -> Image:
    few = np.random.default_rng(0).integers(40, 200, (24, 32, 3), dtype=np.uint8)
    return cv2.resize(few, (640, 480), interpolation=cv2.INTER_CUBIC)


def moved(image: Image, x: float) -> Image:
    matrix = np.array([[1, 0, x], [0, 1, 0]], np.float64)
    return cv2.warpAffine(image, matrix, (image.shape[1], image.shape[0]), borderMode=cv2.BORDER_REFLECT)


def track_of(image: Image, speed: float = 0.0, error_percent: float = math.nan) -> Track:
    """Make a hand that was measured at 0 and 0.1 s and moved with a speed, palm sizes a second."""
    track = Track(Region(300.0, 250.0, 200.0, 0.0), OneEuroFilter(1.0, 0.1))
    for stamp_s in (0.0, 0.1):
        points = np.zeros((21, 3), np.float32)
        for finger in range(5):
            for joint in range(4):
                points[1 + 4 * finger + joint, :2] = 12 * (finger - 2), -PALM_PX - 18 * joint
        points[:, :2] += np.array([300 + speed * PALM_PX * stamp_s, 300], np.float32)
        found = HandLandmarks(0.9, 0.9, points, points, track.region, 0.5, 0.2, error_percent=error_percent)
        track.measured(found, stamp_s, image, smoothing=False, mirrored=False)
    return track


def holds(track: Track, image: Image, stamp_s: float = 0.13, threshold: float = THRESHOLD, **options) -> bool:
    return Gate(GateOptions(**options)).holds(track, image, stamp_s, threshold)


def test_a_hand_at_rest_in_a_picture_at_rest_is_held(image: Image) -> None:
    assert holds(track_of(image), image)


def test_a_hand_is_measured_where_the_picture_around_it_has_moved(image: Image) -> None:
    assert not holds(track_of(image), moved(image, 0.3 * PALM_PX))


def test_the_less_motion_is_allowed_the_less_is_held(image: Image) -> None:
    track, later = track_of(image), moved(image, 0.08 * PALM_PX)
    found = [holds(track, later, threshold=one) for one in (0.01, 0.03, 0.12, 0.25, 1.0)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (False, True)


def test_a_hand_that_moved_when_it_was_measured_will_have_moved_since(image: Image) -> None:
    assert not holds(track_of(image, speed=4.0), image)


def test_a_hand_that_moves_is_held_for_one_frame_at_most(image: Image) -> None:
    track, later = track_of(image), moved(image, 0.1 * PALM_PX)
    assert holds(track, later, threshold=0.5)
    track.hold(0.13)
    assert not holds(track, later, 0.16, threshold=0.5)
    assert holds(track, image, 0.16, threshold=0.5), "at rest it may be held on"


def test_what_moves_elsewhere_does_not_count(image: Image) -> None:
    later = image.copy()
    later[:, 500:] = 0
    assert holds(track_of(image), later)


@pytest.mark.parametrize("stamp_s", [0.1, 0.05, float("nan"), 0.61])
def test_a_hand_is_measured_where_time_stands_jumps_or_passed_for_too_long(
    image: Image, stamp_s: float
) -> None:
    assert not holds(track_of(image), image, stamp_s)


def test_the_longest_hold_is_an_option(image: Image) -> None:
    assert holds(track_of(image), image, 0.9, max_hold_ms=1000.0)
    assert not holds(track_of(image), image, 0.13, max_hold_ms=20.0)


@pytest.mark.parametrize("threshold", [0.0, -1.0])
def test_without_a_threshold_every_hand_is_measured(image: Image, threshold: float) -> None:
    assert not holds(track_of(image), image, threshold=threshold)


def test_a_gate_that_is_off_measures_every_hand(image: Image) -> None:
    assert not holds(track_of(image), image, enabled=False)


def test_an_image_of_another_size_is_no_time_to_hold(image: Image) -> None:
    assert not holds(track_of(image), np.ascontiguousarray(image[:400]))


def test_a_hand_that_was_never_measured_is_not_held(image: Image) -> None:
    track = Track(Region(1.0, 1.0, 1.0, 0.0), OneEuroFilter(1.0, 0.1))
    assert not holds(track, image)


@pytest.mark.parametrize(("error_percent", "held"), [(math.nan, True), (20.0, True), (20.1, False)])
def test_a_hand_that_is_probably_wrong_is_measured_again(
    image: Image, error_percent: float, held: bool
) -> None:
    assert holds(track_of(image, error_percent=error_percent), image, max_error_percent=20.0) is held


def test_impossible_options_are_named() -> None:
    with pytest.raises(ConfigurationError, match="max_hold_ms is -1"):
        GateOptions(max_hold_ms=-1.0)
