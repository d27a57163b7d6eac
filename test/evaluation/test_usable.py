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

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.evaluation.usable import DrawnFrames, compare_with_dense, hands_in_pictures
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.run import ObservedRun
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import ALL_MEASURED, TrackerOptions

BUDGET_MS = 20.0
FIRST_NS = 5 * 10**18
PERIOD_NS = 33_333_334


def run_of(made: SimpleNamespace, shifts_px: list[float], latencies_ms: list[float]) -> ObservedRun:
    """A run whose hands lie so far beside the dense level's (palm: 100 px)."""
    recording = ObservedRun()
    for index, (shift_px, latency_ms) in enumerate(zip(shifts_px, latencies_ms, strict=True)):
        cost = replace(made.cost(index), end_to_end_ms=latency_ms)
        recording.costs.append(cost)
        recording.hands[cost.stamp_ns] = (made.hand(shift_px),)
    return recording


def dense_of(recording: ObservedRun, made: SimpleNamespace):
    return {cost.stamp_ns: [made.hand().landmarks] for cost in recording.costs}


def test_a_hand_is_usable_in_time_and_within_a_tenth_of_palm(made: SimpleNamespace) -> None:
    recording = run_of(made, [0.0, 9.0, 11.0, 0.0], [10.0, 20.0, 10.0, 20.1])
    found = compare_with_dense(recording, dense_of(recording, made), BUDGET_MS)
    assert (found.frames, found.hands, found.near, found.usable) == (4, 4, 3, 2)
    assert (found.usable_share, found.near_share) == (0.5, 0.75)
    assert found.deviation_percent == pytest.approx(5.0, rel=0.01)


def test_hands_that_were_not_published_count_against_it(made: SimpleNamespace) -> None:
    recording = run_of(made, [0.0] * 4, [10.0] * 4)
    dense = dense_of(recording, made)
    recording.hands[recording.costs[1].stamp_ns] = ()
    # The image of this one was dropped, so that nothing of it was published.
    del recording.hands[recording.costs.pop(2).stamp_ns]
    found = compare_with_dense(recording, dense, BUDGET_MS)
    assert (found.frames, found.hands, found.usable, found.matched) == (4, 4, 2, 2)


def test_images_outside_the_run_are_left_out(made: SimpleNamespace) -> None:
    recording = run_of(made, [0.0] * 3, [10.0] * 3)
    dense = dense_of(recording, made)
    dense |= {stamp + shift: [made.hand().landmarks] for stamp in dense for shift in (-(10**9), 10**9)}
    assert compare_with_dense(recording, dense, BUDGET_MS).frames == 3


def test_hands_predicted_in_time_count_as_they_were_published(made: SimpleNamespace) -> None:
    recording = run_of(made, [3.0], [50.0])
    recording.costs[0] = replace(recording.costs[0], at_deadline=True, published_ms=19.0)
    assert compare_with_dense(recording, dense_of(recording, made), BUDGET_MS).usable == 1


def test_nothing_to_compare_has_no_share(made: SimpleNamespace) -> None:
    found = compare_with_dense(run_of(made, [0.0], [1.0]), {}, BUDGET_MS)
    assert found.frames == 0
    assert str(found.usable_share) == str(found.near_share) == str(found.deviation_percent) == "nan"


@pytest.fixture(scope="module")
def tracker() -> HandTracker:
    networks = LevelBank.load(default_bank()), PalmDetector.load(default_bank())
    return HandTracker(*networks, TrackerOptions.of(ALL_MEASURED))


def seen_from(first: int, count: int) -> ObservedRun:
    """What an observer records that sees the synthetic camera's frames from one on, every fifth lost."""
    recording = ObservedRun()
    source = open_source("synthetic", SourceOptions(width=320, height=240))
    for number in range(first + count):
        frame = source.read()
        stamp_ns = FIRST_NS + number * PERIOD_NS
        if number < first or number % 5 == 0:
            continue
        recording.truth[stamp_ns] = tuple(
            SimpleNamespace(landmarks=hand.joints_px.astype("float64")) for hand in frame.truth
        )
        recording.costs.append(FrameCost(stamp_ns=stamp_ns, hands=1, level=0, end_to_end_ms=10.0))
    return recording


def test_images_are_drawn_again_by_the_exact_joints_from_wherever_the_run_began(tracker) -> None:
    source = open_source("synthetic", SourceOptions(width=320, height=240))
    tracker.reset()
    expected = [tracker.track(source.read().image, n / 30, 0, "bgr").hands for n in range(36)]
    tracker.reset()
    frames = DrawnFrames(open_source("synthetic", SourceOptions(width=320, height=240)), tracker)
    # The second run begins before the first, whose images are drawn already.
    for recording in (seen_from(19, 12), seen_from(12, 20)):
        found = frames.hands(recording)
        assert list(found) == sorted(recording.truth)
        for stamp_ns, (landmarks,) in found.items():
            (hand,) = expected[(stamp_ns - FIRST_NS) // PERIOD_NS]
            assert landmarks == pytest.approx(hand.landmarks, abs=1e-3)


def test_pictures_that_were_kept_are_seen_in_turn(tracker) -> None:
    source = open_source("synthetic", SourceOptions(width=320, height=240))
    pictures = [(FIRST_NS + n * PERIOD_NS, source.read().image) for n in range(16)]
    found = hands_in_pictures(tracker, pictures)
    assert list(found) == [stamp_ns for stamp_ns, _ in pictures]
    assert len(found[pictures[-1][0]]) == 1
    again = hands_in_pictures(tracker, pictures)
    assert again[pictures[-1][0]][0] == pytest.approx(found[pictures[-1][0]][0]), (
        "it forgets what it followed"
    )


def test_a_run_of_other_images_is_not_compared(tracker) -> None:
    recording = seen_from(0, 6)
    other = open_source("synthetic", SourceOptions(width=320, height=240, seed=3, rate_hz=0.2))
    assert DrawnFrames(other, tracker).hands(recording) == {}
