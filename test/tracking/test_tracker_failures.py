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

"""What a tracker loses, and what it keeps, where a step of it raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from support.following import follow, images_of, restless

from hand_tracking_dsp.cameras.camera import Frame
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.gate import GateOptions
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.search import SearchOptions
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import HandLandmarks

Draw = Callable[..., list[Frame]]


class FailingBank:
    """Runs the networks of another bank, but raises at some of its calls, counted from 1."""

    def __init__(self, bank: LevelBank, *failing: int) -> None:
        self._bank, self._failing, self.calls = bank, failing, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bank, name)

    def landmarks(self, *args: Any) -> HandLandmarks:
        self.calls += 1
        if self.calls in self._failing:
            message = "the backend failed"
            raise RuntimeError(message)
        return self._bank.landmarks(*args)


def test_a_hand_that_the_image_no_longer_reaches_is_dropped_and_costs_nothing(
    bank: LevelBank, detector: PalmDetector, draw: Draw
) -> None:
    """A camera that changes its size leaves the region beyond the corner of what it now sends."""
    counting = FailingBank(bank)
    tracker = HandTracker(counting, detector, TrackerOptions(max_hands=1))
    image = draw(1)[0].image
    small = np.full((48, 64, 3), 90, dtype=np.uint8)
    results = follow(tracker, [image, small, small, image])
    assert [len(result.hands) for result in results] == [1, 0, 0, 1]
    assert [result.stats.detector_ran for result in results] == [True] * 4
    assert results[1].stats.landmarks_ms == 0
    assert counting.calls == 2


def test_a_hand_whose_step_raises_is_dropped_and_the_others_stay(
    bank: LevelBank, detector: PalmDetector, draw: Draw
) -> None:
    options = TrackerOptions(max_hands=2, gate=GateOptions(enabled=False))
    tracker = HandTracker(FailingBank(bank, 3), detector, options)
    first, second, third, fourth = images_of(draw(4, hands=2))
    (result,) = follow(tracker, [first])
    assert [hand.track_id for hand in result.hands] == [1, 2]
    with pytest.raises(RuntimeError, match="the backend failed"):
        tracker.track(second, 0.1, 0, "bgr")
    found = [tracker.track(image, stamp_s, 0, "bgr") for image, stamp_s in ((third, 0.2), (fourth, 0.3))]
    assert 2 in [hand.track_id for hand in found[0].hands]
    assert len(found[1].hands) == 2


def test_a_hand_whose_smoothing_raises_is_dropped(
    bank: LevelBank, detector: PalmDetector, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = HandTracker(bank, detector, TrackerOptions(max_hands=1))
    first, second, third = images_of(draw(3))
    follow(tracker, [first])
    with monkeypatch.context() as patch:
        patch.setattr(OneEuroFilter, "filter", Mock(side_effect=FloatingPointError))
        with pytest.raises(FloatingPointError):
            tracker.track(second, 0.1, 0, "bgr")
    result = tracker.track(third, 0.2, 0, "bgr")
    assert result.stats.detector_ran
    assert [hand.track_id for hand in result.hands] == [2]


def test_a_detector_that_fails_is_not_asked_again_before_its_time(
    bank: LevelBank, detector: PalmDetector, draw: Draw
) -> None:
    failing = Mock(wraps=detector, near=None)
    tracker = HandTracker(bank, failing, TrackerOptions(max_hands=2, search_interval_s=0.5))
    images = restless(draw(5))
    tracker.track(images[0], 0.0, 0, "bgr")
    failing.detect.side_effect = RuntimeError("the detector failed")
    tracker.track(images[1], 0.6, 0, "bgr")
    with pytest.raises(RuntimeError, match="the detector failed"):
        tracker.track(images[2], 0.7, 0, "bgr")
    for image, stamp_s in ((images[3], 0.8), (images[4], 0.9)):
        result = tracker.track(image, stamp_s, 0, "bgr")
        assert [hand.track_id for hand in result.hands] == [1]


def test_a_hand_that_is_lost_while_the_detector_fails_is_lost_once(bank: LevelBank, draw: Draw) -> None:
    """It was followed and lost at once, so that two hands had its id later."""
    frames = images_of(draw(12, hands=2))
    covered = [np.full_like(frames[0], 90)] * 3
    eye = Mock(wraps=PalmDetector.load(default_bank()), near=None)
    tracker = HandTracker(bank, eye, TrackerOptions(max_hands=4, search=SearchOptions("frame")))
    follow(tracker, frames[:4])
    eye.detect.side_effect = RuntimeError("the detector failed")
    for index, image in enumerate(covered):
        with pytest.raises(RuntimeError, match="the detector failed"):
            tracker.track(image, 0.2 + index / 30, 0, "bgr")
    eye.detect.side_effect = None
    for index, image in enumerate(frames[4:]):
        ids = [hand.track_id for hand in tracker.track(image, 0.4 + index / 30, 0, "bgr").hands]
        assert len(set(ids)) == len(ids)
    assert ids == [1, 2]
