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

"""Frames for which time is short: the level that runs, what is said of it, and what could be predicted."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import Mock

import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import Frame
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.gate import GateOptions
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions

ALL_MEASURED = GateOptions(enabled=False)
RATE_HZ = 30.0


@pytest.fixture(scope="module")
def frames(draw: Callable[..., list[Frame]]) -> list[Frame]:
    return draw(12, seed=1)


@pytest.fixture
def tracker(bank: LevelBank, detector: PalmDetector) -> HandTracker:
    return HandTracker(bank, detector, TrackerOptions(max_hands=1, gate=ALL_MEASURED))


def test_where_no_time_is_left_the_sparsest_level_runs_and_where_there_is_enough_the_commanded_one(
    tracker: HandTracker, frames: list[Frame], bank: LevelBank
) -> None:
    for index, frame in enumerate(frames):
        left_ms = -1.0 if index % 2 else 60_000.0
        stats = tracker.track(frame.image, index / RATE_HZ, 0, "bgr", left_ms).stats
        assert stats.requested_level == 0
        assert stats.reflex == (index % 2 == 1)
        assert stats.level == (len(bank.levels) - 1 if stats.reflex else 0)
        if stats.reflex:
            assert stats.commanded_ms > stats.total_ms, "the dense level would have taken longer"
        else:
            assert stats.commanded_ms == stats.total_ms


def test_without_a_deadline_the_commanded_level_runs(tracker: HandTracker, frames: list[Frame]) -> None:
    results = [tracker.track(frame.image, index / RATE_HZ, 0, "bgr") for index, frame in enumerate(frames)]
    assert {(result.stats.level, result.stats.reflex) for result in results} == {(0, False)}


def test_what_a_search_on_the_way_took_is_no_longer_left(
    bank: LevelBank, detector: PalmDetector, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = HandTracker(bank, detector, TrackerOptions(max_hands=1, gate=ALL_MEASURED))
    for index, frame in enumerate(frames[:4]):
        tracker.track(frame.image, index / RATE_HZ, 0, "bgr", 60_000.0)
    tracker.reset()
    slow = Mock(wraps=detector)
    monkeypatch.setattr(tracker._search, "_detector", slow)
    monkeypatch.setattr(
        "hand_tracking_dsp.tracking.frame_work.FrameWork.spent_ms",
        property(lambda _: 59_999.99 if slow.detect.called else 0.0),
    )
    stats = tracker.track(frames[4].image, 4 / RATE_HZ, 0, "bgr", 60_000.0).stats
    assert stats.detector_ran
    assert stats.reflex


def test_the_outlook_is_of_the_latest_frame_and_predicts_its_hands(
    tracker: HandTracker, frames: list[Frame]
) -> None:
    assert tracker.outlook is None
    for index, frame in enumerate(frames):
        hands = tracker.track(frame.image, index / RATE_HZ, 0, "bgr").hands
        assert tracker.outlook is not None
        prediction = tracker.outlook.at((index + 1) / RATE_HZ)
        assert prediction is not None
        assert [hand.track_id for hand in prediction.hands] == [hand.track_id for hand in hands]
        assert not any(hand.measured for hand in prediction.hands)
        assert (prediction.width, prediction.height) == (640, 480)
    tracker.reset()
    assert tracker.outlook is None


def test_an_outlook_does_not_change_with_the_frames_that_follow(
    tracker: HandTracker, frames: list[Frame]
) -> None:
    tracker.track(frames[0].image, 0.0, 0, "bgr")
    outlook = tracker.outlook
    assert outlook is not None
    before = outlook.at(0.1)
    for index, frame in enumerate(frames[1:], 1):
        tracker.track(frame.image, index / RATE_HZ, 0, "bgr")
    after = outlook.at(0.1)
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before.hands[0].landmarks, after.hands[0].landmarks)


def test_a_hand_whose_step_raises_is_not_predicted(
    tracker: HandTracker, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker.track(frames[0].image, 0.0, 0, "bgr")
    with monkeypatch.context() as patch:
        patch.setattr(OneEuroFilter, "filter", Mock(side_effect=FloatingPointError))
        with pytest.raises(FloatingPointError):
            tracker.track(frames[1].image, 1 / RATE_HZ, 0, "bgr")
    assert tracker.outlook is None
