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

"""The tracker on sequences whose truth is known, and on real video."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
from support.following import RATE_HZ, follow, images_of, restless
from support.networks import near_detector_of

from hand_tracking_dsp.cameras.camera import Frame, HandTruth
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.geometry import palm_size
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import TrackedHand

BLANK = np.full((480, 640, 3), 90, dtype=np.uint8)

Draw = Callable[..., list[Frame]]
Make = Callable[..., HandTracker]


@pytest.fixture
def make(bank: LevelBank, detector: PalmDetector) -> Make:
    return lambda **options: HandTracker(bank, detector, TrackerOptions(**options))


def error(hand: TrackedHand, truth: HandTruth) -> float:
    """Mean distance of the joints, in shares of the palm."""
    distances = np.linalg.norm(hand.landmarks[:, :2] - truth.joints_px[:, :2], axis=1)
    return float(distances.mean() / palm_size(truth.joints_px))


@pytest.mark.parametrize("level", [0, 1])
def test_follows_one_hand_close_to_the_truth(make: Make, draw: Draw, level: int) -> None:
    frames = draw(60, seed=1)
    results = follow(make(max_hands=1), images_of(frames), level)
    errors = []
    for frame, result in zip(frames, results, strict=True):
        assert frame.truth is not None
        (hand,) = result.hands
        assert hand.track_id == 1
        assert hand.handedness is frame.truth[0].handedness
        errors.append(error(hand, frame.truth[0]))
    assert np.mean(errors) < 0.10
    assert {result.stats.level for result in results} == {level}


def test_the_detector_rests_while_as_many_hands_are_followed_as_asked_for(make: Make, draw: Draw) -> None:
    results = follow(make(max_hands=1), images_of(draw(20)))
    assert [result.stats.detector_ran for result in results] == [True] + [False] * 19
    assert results[0].stats.detection_ms > 0
    assert results[1].stats.detection_ms == 0


def test_with_room_for_another_hand_the_detector_runs_at_intervals_off_its_way(
    make: Make, draw: Draw
) -> None:
    images = restless(draw(20))
    results = follow(make(max_hands=2, search_interval_s=0.19), images)
    ran = [index for index, result in enumerate(results) if result.stats.detector_ran]
    assert ran == [0, 7, 13, 19]  # on the frame before, for this one
    assert [result.stats.detection_ms > 0 for result in results] == [True] + [False] * 19
    assert all(results[index].stats.aside_ms > 0 for index in ran[1:])


def test_tells_two_hands_apart(make: Make, draw: Draw) -> None:
    frames = draw(30, hands=2)
    results = follow(make(max_hands=2), images_of(frames))
    for frame, result in zip(frames, results, strict=True):
        assert frame.truth is not None
        assert [hand.track_id for hand in result.hands] == [1, 2]
        assert {hand.handedness for hand in result.hands} == {Handedness.LEFT, Handedness.RIGHT}
        by_side = {truth.handedness: truth for truth in frame.truth}
        assert all(error(hand, by_side[hand.handedness]) < 0.3 for hand in result.hands)


@pytest.mark.parametrize(("frames_away", "track_id"), [(1, 1), (2, 1), (40, 2)])
def test_a_hand_found_again_soon_keeps_its_id_and_later_gets_a_new_one(
    make: Make, draw: Draw, frames_away: int, track_id: int
) -> None:
    frames = images_of(draw(10))
    results = follow(make(max_hands=1), [*frames, *[BLANK] * frames_away, *reversed(frames)])
    ids = [tuple(hand.track_id for hand in result.hands) for result in results]
    assert ids == [(1,)] * 10 + [()] * frames_away + [(track_id,)] * 10


def test_a_hand_that_jumps_is_found_on_the_same_frame(make: Make, draw: Draw) -> None:
    image = draw(1)[0].image
    shifted = np.roll(image, 320, axis=1)
    results = follow(make(max_hands=1), [image, image, shifted])
    assert results[2].stats.detector_ran
    assert len(results[2].hands) == 1


def test_a_lost_hand_is_found_at_its_place_by_the_near_detector_and_is_the_same(
    bank: LevelBank, bank_folder: Path, draw: Draw
) -> None:
    manifest = read_manifest(bank_folder)
    near = near_detector_of(manifest.detector("full"))
    whole = PalmDetector.load(replace(manifest, near_detector=near))
    counting = Mock(wraps=whole, near=whole.near)
    tracker = HandTracker(bank, counting, TrackerOptions(max_hands=2, search_interval_s=0.25))
    frames = draw(12, hands=2)
    images = images_of(frames)
    assert frames[5].truth is not None
    covered = frames[5].truth[0].joints_px[:, :2]
    (left, top), (right, bottom) = covered.min(axis=0).astype(int) - 30, covered.max(axis=0).astype(int) + 30
    for image in images[5:7]:
        image[max(top, 0) : bottom, max(left, 0) : right] = 90
    results = follow(tracker, images)
    assert [len(result.hands) for result in results[:9]] == [2] * 5 + [1] * 3 + [2]
    assert [hand.track_id for hand in results[-1].hands] == [1, 2]
    assert counting.detect.call_count == 1


def test_stamps_that_stand_still_do_not_keep_a_hand_from_being_found(bank: LevelBank, draw: Draw) -> None:
    tracker = HandTracker(bank, PalmDetector.load(default_bank()))
    images = images_of(draw(4))
    for image in [np.full_like(images[0], 90), *images]:
        result = tracker.track(image, 5.0, 0, "bgr")
    assert len(result.hands) == 1


def test_an_empty_frame_has_no_presence_and_no_input(make: Make) -> None:
    (result,) = follow(make(), [BLANK])
    assert result.hands == ()
    assert math.isnan(result.stats.presence)
    assert math.isnan(result.stats.input_mean)
    assert result.stats.detector_ran


def test_a_switch_of_level_loses_no_hand_and_keeps_its_id(make: Make, draw: Draw) -> None:
    tracker = make(max_hands=1)
    levels = [index // 3 % 2 for index in range(30)]
    for index, (frame, level) in enumerate(zip(draw(30), levels, strict=True)):
        result = tracker.track(frame.image, index / RATE_HZ, level, "bgr")
        assert result.stats.level == level
        assert [hand.track_id for hand in result.hands] == [1]


def test_a_level_beyond_the_bank_runs_the_sparsest_and_says_so(make: Make, draw: Draw) -> None:
    (result,) = follow(make(), images_of(draw(1)), level=9)
    assert (result.stats.requested_level, result.stats.level) == (9, 1)


def test_mirrored_images_change_the_side(make: Make, draw: Draw) -> None:
    images = images_of(draw(3))
    plain = follow(make(max_hands=1), images)[-1].hands[0]
    mirrored = follow(make(max_hands=1, mirrored=True), [np.fliplr(image).copy() for image in images])
    assert mirrored[-1].hands[0].handedness is plain.handedness
    assert plain.handedness is not Handedness.UNKNOWN


def test_smoothing_calms_a_hand_at_rest(make: Make, draw: Draw) -> None:
    still = draw(1)[0].image
    noise = np.random.default_rng(0)
    images = [np.clip(still + noise.normal(0, 12, still.shape), 0, 255).astype(np.uint8) for _ in range(40)]

    def tremble(smoothing: bool) -> float:
        results = follow(make(max_hands=1, smoothing=smoothing), images)
        paths = np.stack([result.hands[0].landmarks[:, :2] for result in results])
        return float(np.abs(np.diff(paths[10:], axis=0)).mean())

    assert tremble(smoothing=True) < 0.5 * tremble(smoothing=False)


def test_says_how_far_smoothing_moved_the_landmarks(make: Make, draw: Draw) -> None:
    images = [*images_of(draw(10)), BLANK]
    results = follow(make(max_hands=1), images)
    residuals = [result.stats.smoothing_residual for result in results]
    assert residuals[0] == 0
    assert all(0 < residual < 20 for residual in residuals[1:10])
    moved = results[9].hands[0].landmarks[:, :2] - results[9].raw[0].landmarks[:, :2]
    expected = 100 * np.linalg.norm(moved, axis=1).mean() / palm_size(results[9].raw[0].landmarks)
    assert residuals[9] == pytest.approx(expected, rel=1e-4)
    assert math.isnan(residuals[10])


def test_without_smoothing_there_is_no_residual_and_hands_are_raw(make: Make, draw: Draw) -> None:
    result = follow(make(max_hands=2, smoothing=False), images_of(draw(3, hands=2)))[-1]
    assert math.isnan(result.stats.smoothing_residual)
    for hand, raw in zip(result.hands, result.raw, strict=True):
        np.testing.assert_array_equal(hand.landmarks, raw.landmarks)


def test_reset_forgets_the_hands_but_not_the_count(make: Make, draw: Draw) -> None:
    tracker = make(max_hands=1)
    image = draw(1)[0].image
    follow(tracker, [image])
    tracker.reset()
    (result,) = follow(tracker, [image])
    assert result.stats.detector_ran
    assert result.hands[0].track_id == 2


def test_stamps_that_jump_back_do_no_harm(make: Make, draw: Draw) -> None:
    tracker = make(max_hands=2)
    for frame, stamp_s in zip(draw(6), (5.0, 5.1, 1.0, 1.0, math.nan, 1.2), strict=True):
        result = tracker.track(frame.image, stamp_s, 0, "bgr")
        assert len(result.hands) == 1
        assert np.isfinite(result.hands[0].landmarks).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_hands": 0}, "TrackerOptions.max_hands is 0, but must be in the range 1 to 16 hands"),
        ({"score_threshold": 1.0}, "score_threshold is 1.0, but must be in the range 0.01 to 0.99"),
        ({"presence_threshold": math.nan}, "presence_threshold is nan"),
        ({"search_interval_s": -1.5}, "search_interval_s is -1.5"),
        ({"min_cutoff_hz": 0.0}, "min_cutoff_hz is 0.0"),
        ({"beta": -1.0}, "beta is -1.0"),
    ],
)
def test_impossible_options_are_named(options: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        TrackerOptions(**options)


def test_finds_the_hand_in_every_frame_of_a_real_video(make: Make) -> None:
    video = Path(__file__).parents[3] / "shared" / "data" / "video" / "open_palm_640x360.mp4"
    if not video.exists():
        pytest.skip("the real video is not here: it comes from google-ai-edge/mediapipe-samples")
    capture = cv2.VideoCapture(str(video))
    images = []
    while (frame := capture.read())[0]:
        images.append(frame[1])
    capture.release()
    assert images
    results = follow(make(max_hands=1), images)
    assert [len(result.hands) for result in results] == [1] * len(images)
    assert {result.hands[0].track_id for result in results} == {1}
