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

"""The generated videos through the real tracker: what its other tests assume of them holds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from support import videos

from hand_tracking_dsp.cameras.camera import HandTruth
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.gate import GateOptions
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.operating_point import OperatingPoint
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker, TrackerOptions

FRAMES = 24
VIDEOS: dict[str, Callable[[], videos.Video]] = {
    "resting": lambda: videos.resting(FRAMES),
    "moving": lambda: videos.moving(FRAMES),
    "sudden start": lambda: videos.sudden_start(FRAMES // 2, FRAMES // 2),
    "sudden stop": lambda: videos.sudden_stop(FRAMES // 2, FRAMES // 2),
    "stopped stamps": lambda: videos.stopped_stamps(videos.moving(FRAMES), 8),
    "repeated stamps": lambda: videos.repeated_stamps(videos.moving(FRAMES)),
    "stamps ahead": lambda: videos.jumping_stamps(videos.moving(FRAMES), 8, 100.0),
    "stamps back": lambda: videos.jumping_stamps(videos.moving(FRAMES), 8, -100.0),
    "other rate": lambda: videos.other_rate(videos.moving(FRAMES), 8, 5.0),
    "smaller": lambda: videos.other_size(videos.moving(FRAMES), 8, (240, 180)),
    "larger": lambda: videos.other_size(videos.moving(FRAMES), 8, (640, 480)),
    "pumping exposure": lambda: videos.pumping_exposure(videos.resting(FRAMES)),
    "flickering": lambda: videos.flickering(videos.resting(FRAMES)),
    "lights out": lambda: videos.lights_out(videos.resting(FRAMES), 8),
}


def moved_percent(before: HandTruth, after: HandTruth) -> float:
    return mean_distance_palm_percent(after.joints_px, before.joints_px)


@pytest.mark.parametrize("name", VIDEOS)
def test_the_hand_is_there_and_is_found_where_it_is(
    bank: LevelBank, detector: PalmDetector, name: str
) -> None:
    tracker = HandTracker(bank, detector, TrackerOptions(max_hands=1, smoothing=False))
    video = VIDEOS[name]()
    assert len(video) == FRAMES
    for shown in video:
        (truth,) = shown.truth
        (hand,) = tracker.track(shown.image, shown.stamp_s, 0, "bgr").hands
        assert mean_distance_palm_percent(hand.landmarks, truth.joints_px) < 30


AT_REST = ("resting", "pumping exposure", "flickering")


@pytest.mark.parametrize("name", VIDEOS)
@pytest.mark.parametrize("gate", [0.03, 0.06, 0.25])
def test_a_moving_hand_is_held_for_one_frame_at_most(
    bank: LevelBank, detector: PalmDetector, name: str, gate: float
) -> None:
    """A hand counts as moving where its joints have moved by a tenth of the palm since it was measured."""
    tracker = HandTracker(bank, detector, TrackerOptions(max_hands=1))
    held, measured = 0, None
    for shown in VIDEOS[name]():
        (truth,) = shown.truth
        (hand,) = tracker.track(shown.image, shown.stamp_s, OperatingPoint(0, gate), "bgr").hands
        held = 0 if hand.measured else held + 1
        if hand.measured:
            measured = truth
        elif held > 1:
            assert measured is not None
            assert moved_percent(measured, truth) < 10


@pytest.mark.parametrize("name", AT_REST)
def test_a_hand_at_rest_is_held_but_not_for_ever(bank: LevelBank, detector: PalmDetector, name: str) -> None:
    options = TrackerOptions(max_hands=1, gate=GateOptions(max_hold_ms=200))
    tracker = HandTracker(bank, detector, options)
    hands = [
        tracker.track(shown.image, shown.stamp_s, OperatingPoint(), "bgr").hands[0]
        for shown in VIDEOS[name]()
    ]
    assert sum(not hand.measured for hand in hands) >= len(hands) // 3
    assert max(hand.measurement_age_s for hand in hands) <= 0.2


@pytest.mark.parametrize("name", ["stopped stamps", "repeated stamps", "stamps ahead", "stamps back"])
def test_a_stamp_that_does_not_go_on_is_no_reason_to_hold(
    bank: LevelBank, detector: PalmDetector, name: str
) -> None:
    tracker = HandTracker(bank, detector, TrackerOptions(max_hands=1))
    before_s = -math.inf
    for shown in VIDEOS[name]():
        (hand,) = tracker.track(shown.image, shown.stamp_s, OperatingPoint(), "bgr").hands
        if not 0 < shown.stamp_s - before_s < 1:
            assert hand.measured
        before_s = shown.stamp_s


def test_a_room_without_a_hand_shows_none(bank: LevelBank, detector: PalmDetector) -> None:
    tracker = HandTracker(bank, detector)
    for shown in videos.empty(5):
        assert shown.truth == ()
        assert tracker.track(shown.image, shown.stamp_s, 0, "bgr").hands == ()


def test_a_hand_leaves_and_enters(bank: LevelBank, detector: PalmDetector) -> None:
    tracker = HandTracker(bank, detector, TrackerOptions(max_hands=1))
    video = videos.leaving_and_entering(5, 4, 6)
    found = [len(tracker.track(shown.image, shown.stamp_s, 0, "bgr").hands) for shown in video]
    assert found == [len(shown.truth) for shown in video] == [1] * 5 + [0] * 4 + [1] * 6


def test_a_resting_hand_moves_nothing_but_the_noise() -> None:
    first, second = videos.resting(2)
    assert not second.moves
    assert moved_percent(first.truth[0], second.truth[0]) == 0
    difference = np.abs(first.image.astype(int) - second.image)
    assert 0 < difference.mean() < 5


def test_a_sudden_start_is_at_full_speed_at_once() -> None:
    rest, move = 4, 4
    video = videos.sudden_start(rest, move)
    assert [shown.moves for shown in video] == [False] * rest + [True] * move
    steps = [
        moved_percent(a.truth[0], b.truth[0]) for a, b in zip(video[rest - 1 :], video[rest:], strict=False)
    ]
    assert min(steps) > 10
