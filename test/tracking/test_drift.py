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

"""Drift against the dense level, with real networks, and when there is time to measure it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.networks import write_bank_with_errors

from hand_tracking_dsp.cameras.camera import Frame
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.drift import DriftMonitor, DriftSchedule
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.operating_point import OperatingPoint
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.types import Drift, FrameResult, Image

BLANK = np.full((480, 640, 3), 90, dtype=np.uint8)
AMPLE_MS = 60_000.0

Track = Callable[..., FrameResult]


@pytest.fixture(scope="module")
def image(draw: Callable[..., list[Frame]]) -> Image:
    """A frame of two hands."""
    return draw(1, hands=2)[0].image


@pytest.fixture
def track(detector: PalmDetector) -> Track:
    def follow(bank: LevelBank, image: Image, level: int) -> FrameResult:
        tracker = HandTracker(bank, detector)
        return [tracker.track(image, index / 30, OperatingPoint(level, gate=0), "bgr") for index in range(3)][
            -1
        ]

    return follow


def monitor(bank: LevelBank, interval: int = 1, budget_ms: float = AMPLE_MS) -> DriftMonitor:
    return DriftMonitor(bank, DriftSchedule(interval, budget_ms))


def distance(bank: LevelBank, image: Image, result: FrameResult) -> float:
    """Compare the sparser level with the dense one on a result's regions."""
    found = [
        [bank.landmarks(image, raw.region, level, "bgr").landmarks for level in (1, 0)] for raw in result.raw
    ]
    return float(np.mean([mean_distance_palm_percent(sparse, dense) for sparse, dense in found]))


def test_a_sparser_level_is_compared_with_the_dense_one(bank: LevelBank, image: Image, track: Track) -> None:
    result = track(bank, image, 1)
    assert len(result.raw) == 2
    found = monitor(bank).measure(image, "bgr", result, 0.0)
    assert found.drift == pytest.approx(distance(bank, image, result))
    assert 0 < found.drift < 30
    assert math.isnan(found.drift_sparser)
    assert found.ms > 0


def test_the_dense_level_has_no_drift_but_tells_that_of_the_next(
    bank: LevelBank, image: Image, track: Track
) -> None:
    result = track(bank, image, 0)
    found = monitor(bank).measure(image, "bgr", result, 0.0)
    assert found.drift == 0
    assert found.drift_sparser == pytest.approx(distance(bank, image, result))
    assert 0 < found.drift_sparser < 30


def test_a_bank_of_one_level_has_nothing_to_compare_with(
    bank_folder: Path, image: Image, track: Track
) -> None:
    whole = LevelBank.load(bank_folder)
    alone = LevelBank(whole.choices[:1], whole._sessions[:1])
    assert monitor(alone).measure(image, "bgr", track(alone, image, 0), 0.0) == Drift(drift=0.0)


def test_without_a_hand_there_is_no_drift(bank: LevelBank, track: Track) -> None:
    found = monitor(bank).measure(BLANK, "bgr", track(bank, BLANK, 1), 0.0)
    assert math.isnan(found.drift)
    assert math.isnan(found.drift_sparser)
    assert found.ms == 0


def test_measures_on_every_so_many_frames(bank: LevelBank, image: Image, track: Track) -> None:
    result = track(bank, image, 1)
    meter = monitor(bank, interval=3)
    measured = [meter.measure(image, "bgr", result, 0.0).ms > 0 for _ in range(7)]
    assert measured == [False, False, True, False, False, True, False]


def test_the_first_guess_follows_from_the_frame_and_the_work_of_both_levels(
    bank: LevelBank, image: Image, track: Track
) -> None:
    result = track(bank, image, 1)
    dense, sparse = (bank.levels[level].macs for level in (0, 1))
    guess_ms = result.stats.landmarks_ms * dense / sparse
    assert monitor(bank, budget_ms=0.99 * guess_ms).measure(image, "bgr", result, 0.0).ms == 0
    assert monitor(bank, budget_ms=1.01 * guess_ms).measure(image, "bgr", result, 0.0).ms > 0


@pytest.mark.parametrize(
    ("spent_ms", "hands", "guess_ms", "fits"),
    [(10, 1, 20, True), (10, 2, 20, False), (10.1, 1, 20, False), (31, 1, 1, False)],
)
def test_a_frame_with_its_measurement_stays_within_the_budget(
    spent_ms: float, hands: int, guess_ms: float, fits: bool
) -> None:
    assert DriftSchedule(1, 30.0).due(0, hands, spent_ms, guess_ms) is fits


def test_what_a_measurement_took_replaces_the_guess_for_its_level() -> None:
    schedule = DriftSchedule(1, 30.0)
    schedule.took(0, 2, 40.0)
    assert not schedule.due(0, 1, 11.0, guess_ms=1.0)
    assert schedule.due(0, 1, 10.0, guess_ms=1.0)
    assert schedule.due(1, 1, 11.0, guess_ms=1.0)


def test_over_budget_the_next_frame_is_tried() -> None:
    schedule = DriftSchedule(3, 30.0)
    spent_ms = [5.0, 5.0, 31.0, 31.0, 5.0, 5.0, 5.0, 5.0]
    assert [schedule.due(0, 1, ms, guess_ms=10.0) for ms in spent_ms] == [
        *(False, False, False, False, True),
        *(False, False, True),
    ]


def test_one_slow_measurement_does_not_forbid_all_others() -> None:
    schedule = DriftSchedule(3, 30.0)
    schedule.took(0, 1, 500.0)
    assert [schedule.due(0, 1, 5.0, guess_ms=10.0) for _ in range(7)] == [False] * 6 + [True]


def test_interval_and_budget_can_change_between_frames() -> None:
    schedule = DriftSchedule(0, 0.0)
    assert not any(schedule.due(0, 1, 5.0, 5.0) for _ in range(100))
    schedule.interval = 2
    assert not schedule.due(0, 1, 5.0, 5.0)
    schedule.budget_ms = 10.0
    assert [schedule.due(0, 1, 5.0, 5.0) for _ in range(4)] == [True, False, True, False]


def test_frames_without_hands_are_passed_over() -> None:
    schedule = DriftSchedule(2, 30.0)
    assert [schedule.due(0, hands, 1.0, 1.0) for hands in (0, 0, 0, 1, 1, 1)] == [False] * 3 + [
        *(True, False, True)
    ]


@pytest.fixture(scope="module")
def sure_bank(tmp_path_factory: pytest.TempPathFactory) -> LevelBank:
    """A bank whose levels say that they are 2 and 7.5 % off."""
    return LevelBank.load(write_bank_with_errors(tmp_path_factory.mktemp("sure"), 2.0, 7.5))


def test_a_level_that_says_its_own_error_is_not_compared_on_any_frame(
    sure_bank: LevelBank, image: Image, track: Track
) -> None:
    result = track(sure_bank, image, 1)
    assert [hand.error_percent for hand in result.hands] == [7.5, 7.5]
    meter = monitor(sure_bank, interval=2)
    assert [meter.drift(image, "bgr", result, 0.0) for _ in range(4)] == [Drift(7.5, estimated=True)] * 4
    assert meter.latest == Drift(7.5, estimated=True)
    assert meter.measure(image, "bgr", result, 0.0).ms == 0, "none of these frames counted for the schedule"
    found = meter.measure(image, "bgr", result, 0.0)
    assert (found.drift, found.estimated) == (pytest.approx(distance(sure_bank, image, result)), False)


def test_at_the_dense_level_nothing_is_estimated(sure_bank: LevelBank, image: Image, track: Track) -> None:
    result = track(sure_bank, image, 0)
    assert [hand.error_percent for hand in result.hands] == [2.0, 2.0]
    found = monitor(sure_bank).drift(image, "bgr", result, 0.0)
    assert (found.drift, found.estimated) == (0.0, False)
    assert found.drift_sparser == pytest.approx(distance(sure_bank, image, result))


def test_of_a_level_that_does_not_say_its_error_drift_is_measured_as_ever(
    bank: LevelBank, image: Image, track: Track
) -> None:
    result = track(bank, image, 1)
    meter, other = monitor(bank, interval=2), monitor(bank, interval=2)
    for _ in range(4):
        found, expected = (one(image, "bgr", result, 0.0) for one in (meter.drift, other.measure))
        np.testing.assert_equal((found.drift, found.ms > 0), (expected.drift, expected.ms > 0))
        assert not found.estimated
    assert meter.latest.drift == pytest.approx(distance(bank, image, result))


def test_of_several_hands_those_count_whose_error_is_known(
    bank: LevelBank, image: Image, track: Track
) -> None:
    result = track(bank, image, 1)
    one, other = result.raw
    mixed = replace(result, raw=(one, replace(other, error_percent=4.0)))
    assert monitor(bank).drift(image, "bgr", mixed, 0.0) == Drift(4.0, estimated=True)


def test_without_a_hand_there_is_nothing_to_estimate(sure_bank: LevelBank, track: Track) -> None:
    meter = monitor(sure_bank)
    assert math.isnan(meter.drift(BLANK, "bgr", track(sure_bank, BLANK, 1), 0.0).drift)
    assert math.isnan(meter.latest.drift)
