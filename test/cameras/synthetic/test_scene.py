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

"""Moving pictures: any frame by its number, absences, two hands."""

import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource, SyntheticScene
from hand_tracking_dsp.hand import Handedness

SMALL = {"width": 160, "height": 120, "rate_hz": 10.0}


def _same(a, b):
    np.testing.assert_array_equal(a.image, b.image)
    np.testing.assert_array_equal(a.depth_mm, b.depth_mm)
    assert len(a.truth) == len(b.truth)
    for hand, other in zip(a.truth, b.truth, strict=True):
        np.testing.assert_array_equal(hand.joints_px, other.joints_px)
        assert hand.handedness is other.handedness


def test_a_frame_needs_none_before_it():
    in_order = SyntheticScene(SourceOptions(seed=5, **SMALL))
    frames = [in_order.frame(index) for index in range(250)]
    for index in (249, 0, 133):
        _same(SyntheticScene(SourceOptions(seed=5, **SMALL)).frame(index), frames[index])


def test_another_seed_is_another_scene():
    frames = [SyntheticScene(SourceOptions(seed=seed, **SMALL)).frame(7) for seed in (1, 2)]
    assert not np.array_equal(frames[0].image, frames[1].image)
    assert not np.array_equal(frames[0].truth[0].joints_px, frames[1].truth[0].joints_px)


def test_the_source_gives_the_scenes_frames_in_order():
    scene = SyntheticScene(SourceOptions(seed=3, **SMALL))
    with SyntheticHandSource(SourceOptions(seed=3, **SMALL)) as source:
        for index in range(3):
            frame = source.read()
            assert frame.index == index
            _same(frame, scene.frame(index))
        assert source.name == "synthetic hand (seed 3)"
        assert source.intrinsics == scene.intrinsics


def test_the_hand_is_absent_at_the_end_of_every_period():
    options = SourceOptions(absence_s=1.5, absence_every_s=6.0, **SMALL)
    present = np.array([bool(SyntheticScene(options).frame(index).truth) for index in range(180)])
    for period in present.reshape(3, 60):
        assert not period[45:].any(), "1.5 s before the end of the period the hand is gone"
        assert period[4:41].all()


def test_without_absences_the_hand_stays_wholly_in_view_and_keeps_its_side():
    scene = SyntheticScene(SourceOptions(absence_s=0.0, seed=2, **SMALL))
    sides, whole = set(), []
    for index in range(0, 1200, 9):
        (hand,) = scene.frame(index).truth
        sides.add(hand.handedness)
        x, y, _ = hand.joints_px.T
        whole.append((x.min() >= 0) and (y.min() >= 0) and (x.max() <= 159) and (y.max() <= 119))
    assert len(sides) == 1
    assert np.mean(whole) > 0.95


def test_after_an_absence_either_hand_may_come():
    scene = SyntheticScene(SourceOptions(absence_s=1.0, absence_every_s=4.0, **SMALL))
    sides = {scene.frame(index).truth[0].handedness for index in range(15, 600, 40)}
    assert sides == {Handedness.LEFT, Handedness.RIGHT}


def test_two_hands_are_a_left_and_a_right_one_side_by_side():
    scene = SyntheticScene(SourceOptions(hands=2, absence_s=0.0, **SMALL))
    for index in range(0, 400, 25):
        hands = {hand.handedness: hand for hand in scene.frame(index).truth}
        assert set(hands) == {Handedness.LEFT, Handedness.RIGHT}
        palms = {side: float(hand.joints_px[[0, 5, 17], 0].mean()) for side, hand in hands.items()}
        assert palms[Handedness.RIGHT] < palms[Handedness.LEFT]


def test_the_hand_moves_smoothly_and_faster_where_asked():
    steps_px = []
    for speed in (1.0, 3.0):
        scene = SyntheticScene(SourceOptions(width=160, height=120, rate_hz=30.0, absence_s=0.0, speed=speed))
        joints = np.stack([scene.frame(index).truth[0].joints_px[:, :2] for index in range(90)])
        steps_px.append(np.linalg.norm(np.diff(joints, axis=0), axis=2))
    assert steps_px[0].max() < 8.0
    assert steps_px[1].mean() > 2.0 * steps_px[0].mean()


def test_noise_is_of_the_strength_asked_for_and_of_every_frame_its_own():
    quiet = SyntheticScene(SourceOptions(noise=0.0, **SMALL)).frame(4).image.astype(int)
    scene = SyntheticScene(SourceOptions(noise=4.0, **SMALL))
    noise = scene.frame(4).image - quiet
    inside = (quiet > 20) & (quiet < 235)
    assert noise[inside].std() == pytest.approx(4.0, rel=0.1)
    other = scene.frame(5).image - SyntheticScene(SourceOptions(noise=0.0, **SMALL)).frame(5).image.astype(
        int
    )
    assert not np.array_equal(noise, other)


def test_blur_softens_the_picture():
    sharp, soft = (
        SyntheticScene(SourceOptions(noise=0.0, blur_px=b, **SMALL)).frame(4).image for b in (0.0, 2.0)
    )
    assert (
        np.abs(np.diff(soft.astype(int), axis=1)).mean() < np.abs(np.diff(sharp.astype(int), axis=1)).mean()
    )


@pytest.mark.parametrize(("width", "height"), [(16, 16), (33, 47), (641, 479)])
def test_any_size_can_be_drawn(width, height):
    frame = SyntheticScene(SourceOptions(width=width, height=height)).frame(12)
    assert frame.image.shape == (height, width, 3)
    assert frame.depth_mm.shape == (height, width)
    assert frame.image.dtype == np.uint8
    assert frame.depth_mm.dtype == np.uint16


def test_a_hand_rests_before_a_room_that_stands_still_while_their_times_do():
    still = SyntheticScene(SourceOptions(seed=5, noise=0.0, **SMALL))
    first, later = (still.frame(index, hands_s=2.0, room_s=0.0) for index in (3, 30))
    _same(first, later)
    moved = still.frame(30, room_s=0.0)
    assert not np.array_equal(moved.truth[0].joints_px, later.truth[0].joints_px)
    noisy = SyntheticScene(SourceOptions(seed=5, **SMALL))
    first, later = (noisy.frame(index, hands_s=2.0, room_s=0.0) for index in (3, 30))
    assert not np.array_equal(first.image, later.image)
    np.testing.assert_array_equal(first.truth[0].joints_px, later.truth[0].joints_px)


@pytest.mark.parametrize("kind", ["structured_light", "stereo", "time_of_flight"])
def test_depth_has_a_sensors_noise_where_asked_for_and_nothing_else_changes(kind):
    exact = SyntheticScene(SourceOptions(**SMALL)).frame(4)
    scene = SyntheticScene(SourceOptions(depth_noise=kind, **SMALL))
    noisy, other = scene.frame(4), scene.frame(5)
    np.testing.assert_array_equal(noisy.image, exact.image)
    np.testing.assert_array_equal(noisy.truth[0].joints_px, exact.truth[0].joints_px)
    np.testing.assert_array_equal(noisy.depth_mm, scene.frame(4).depth_mm)
    assert noisy.depth_mm.dtype == np.uint16
    known = noisy.depth_mm > 0
    errors_mm = np.abs(noisy.depth_mm[known].astype(int) - exact.depth_mm[known])
    assert 0 < np.median(errors_mm) < 30
    assert not np.array_equal(noisy.depth_mm, other.depth_mm)
    np.testing.assert_array_equal(
        SyntheticScene(SourceOptions(depth_noise=kind, **SMALL)).frame(5).depth_mm, other.depth_mm
    )


def test_all_images_of_a_source_are_of_one_depth_sensor():
    # The steps of a structured-light sensor at the wall, 1.8 m away, minutes apart.
    scene = SyntheticScene(SourceOptions(depth_noise="structured_light", **SMALL))
    steps_mm = set()
    for index in range(0, 3000, 300):
        above = scene.frame(index).depth_mm[:10]
        steps_mm |= set(np.unique(above[above > 1500]).tolist())
    assert len(steps_mm) < 12
