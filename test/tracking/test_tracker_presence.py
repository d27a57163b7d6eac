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

"""Presence thresholds of levels, and the one asked for, in the tracker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from support.following import RATE_HZ, follow, images_of, restless

from hand_tracking_dsp.cameras.camera import Frame
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import HandLandmarks, Image

Draw = Callable[..., list[Frame]]


class SayingBank:
    """Runs the networks of another bank, but says a presence, with thresholds of its own by level."""

    def __init__(self, bank: LevelBank, presence: float, *thresholds: float | None) -> None:
        self._bank, self.presence = bank, presence
        self.levels = tuple(
            replace(level, presence_threshold=threshold)
            for level, threshold in zip(bank.levels, thresholds, strict=True)
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bank, name)

    def landmarks(self, *args: Any) -> HandLandmarks:
        return replace(self._bank.landmarks(*args), presence=self.presence)


def hands_found(
    bank: SayingBank, detector: PalmDetector, images: Sequence[Image], levels: Sequence[int], **options: float
) -> list[int]:
    tracker = HandTracker(bank, detector, TrackerOptions(max_hands=1, **options))
    return [
        len(tracker.track(image, i / RATE_HZ, level, "bgr").hands)
        for i, (image, level) in enumerate(zip(images, levels, strict=True))
    ]


@pytest.mark.parametrize(
    ("presence", "options", "found"),
    [
        (0.7, {}, [1, 0]),
        (0.8, {}, [1, 1]),
        (0.49, {}, [0, 0]),
        (0.7, {"presence_threshold": 0.6}, [1, 1]),
        (0.7, {"presence_threshold": 0.75}, [0, 0]),
        (0.0, {"presence_threshold": 0.0}, [1, 1]),
    ],
)
def test_a_new_hand_reaches_the_threshold_of_the_level_that_looks_or_the_one_asked_for(
    bank: LevelBank,
    detector: PalmDetector,
    draw: Draw,
    presence: float,
    options: dict[str, float],
    found: list[int],
) -> None:
    saying = SayingBank(bank, presence, None, 0.8)
    image = draw(1)[0].image
    assert [hands_found(saying, detector, [image], [level], **options)[0] for level in (0, 1)] == found


@pytest.mark.parametrize(("dense", "sparse", "first"), [(None, 0.8, 0), (0.5, 0.3, 1), (0.9, 0.6, 1)])
def test_a_switch_between_levels_of_different_thresholds_loses_no_hand(
    bank: LevelBank, detector: PalmDetector, draw: Draw, dense: float | None, sparse: float, first: int
) -> None:
    between = ((0.5 if dense is None else dense) + sparse) / 2
    saying = SayingBank(bank, between, dense, sparse)
    images = restless(draw(12))
    levels = [(first + i) % 2 for i in range(12)]
    assert hands_found(saying, detector, images, levels) == [1] * 12
    tracker = HandTracker(saying, detector, TrackerOptions(max_hands=1))
    results = [tracker.track(images[i], i / RATE_HZ, levels[i], "bgr") for i in range(12)]
    assert [result.stats.detector_ran for result in results] == [True] + [False] * 11
    saying.presence = min(sparse, 0.5 if dense is None else dense) - 0.01
    assert not tracker.track(images[0], 1.0, first, "bgr").hands


def test_a_bank_without_thresholds_is_used_with_that_of_0_5(
    bank: LevelBank, detector: PalmDetector, draw: Draw
) -> None:
    images = images_of(draw(8, hands=2))
    default, given = (
        follow(HandTracker(bank, detector, options), images, 1)
        for options in (TrackerOptions(), TrackerOptions(presence_threshold=0.5))
    )
    for one, other in zip(default, given, strict=True):
        assert [hand.landmarks.tobytes() for hand in one.hands] == [
            hand.landmarks.tobytes() for hand in other.hands
        ]
