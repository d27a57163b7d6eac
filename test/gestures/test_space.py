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

import math
from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.reading import read_gesture
from hand_tracking_dsp.gestures.recognizer import GestureRecognizer
from hand_tracking_dsp.gestures.space import pointing_ray, read_in_space
from hand_tracking_dsp.gestures.types import NOWHERE
from hand_tracking_dsp.hand import Joint


def test_a_pinch_is_told_in_metres_with_the_deviation_of_both_tips(made):
    hand = made.in_space("open palm")
    hand.joints_m[[Joint.THUMB_TIP, Joint.INDEX_TIP]] = [[0.1, 0.0, 0.5], [0.1, 0.03, 0.54]]
    hand.std_m[[Joint.THUMB_TIP, Joint.INDEX_TIP]] = [0.003, 0.004]
    space = read_in_space(hand)
    assert (space.pinch_m, space.pinch_std_m) == (pytest.approx(0.05), pytest.approx(0.005))


def test_the_palm_is_so_far_from_the_camera(made):
    assert read_in_space(made.in_space("fist", z=0.8)).palm_distance_m == pytest.approx(0.8, abs=0.06)


def test_what_needs_an_unknown_joint_is_unknown_and_nothing_else(made):
    assert read_in_space(None) == NOWHERE
    hand = made.in_space("open palm")
    hand.joints_m[Joint.THUMB_TIP] = hand.std_m[Joint.THUMB_TIP] = np.nan
    space = read_in_space(hand)
    assert math.isnan(space.pinch_m)
    assert math.isnan(space.pinch_std_m)
    assert space.palm_distance_m > 0
    assert space.pointing is not None
    hand.joints_m[Joint.WRIST] = np.nan
    assert math.isnan(read_in_space(hand).palm_distance_m)


def test_the_ray_leaves_the_tip_of_the_index_finger_along_it(made):
    hand = made.in_space("point", pitch=0.4, yaw=-0.9)
    ray = pointing_ray(hand)
    assert ray is not None
    way = hand.joints_m[Joint.INDEX_TIP] - hand.joints_m[Joint.INDEX_MCP]
    assert np.dot(ray.direction, way / np.linalg.norm(way)) > 0.99
    assert np.linalg.norm(ray.direction) == pytest.approx(1.0)
    np.testing.assert_allclose(ray.origin_m, hand.joints_m[Joint.INDEX_TIP], atol=0.004)


def test_an_uncertain_joint_bends_the_ray_less_than_a_certain_one(made):
    exact = pointing_ray(made.in_space("point"))
    angles = []
    for std_m in (0.001, 0.05):
        hand = made.in_space("point")
        hand.joints_m[Joint.INDEX_TIP, 2] += 0.03
        hand.std_m[Joint.INDEX_TIP] = std_m
        ray = pointing_ray(hand)
        assert ray is not None
        assert exact is not None
        angles.append(math.degrees(math.acos(min(np.dot(ray.direction, exact.direction), 1.0))))
    certain, uncertain = angles
    assert uncertain < 0.2 * certain


def test_a_ray_needs_two_joints_that_are_apart(made):
    hand = made.in_space("point")
    hand.joints_m[[Joint.INDEX_PIP, Joint.INDEX_DIP]] = np.nan
    assert pointing_ray(hand) is not None
    hand.joints_m[Joint.INDEX_TIP] = np.nan
    assert pointing_ray(hand) is None
    hand.joints_m[Joint.INDEX_TIP] = hand.joints_m[Joint.INDEX_MCP]
    assert pointing_ray(hand) is None


def test_standard_deviations_of_zero_or_unknown_ones_do_not_matter(made):
    hand = made.in_space("point")
    plain = pointing_ray(hand)
    hand.std_m[Joint.INDEX_MCP], hand.std_m[Joint.INDEX_PIP] = 0.0, np.nan
    ray = pointing_ray(hand)
    assert ray is not None
    assert plain is not None
    assert np.dot(ray.direction, plain.direction) > 0.999


@pytest.mark.parametrize(("pinch_m", "pinch"), [(0.01, 1.0), (0.04, 0.5), (0.08, 0.0), (math.nan, 1.0)])
def test_pinches_can_be_judged_in_metres(made, pinch_m, pinch):
    joints = made.posed("pinch")
    metric = GestureOptions(pinch_in_metres=True)
    assert read_gesture(joints, metric, pinch_m=pinch_m).pinch == pytest.approx(pinch)
    assert read_gesture(joints, GestureOptions(), pinch_m=pinch_m).pinch == 1.0, "palm sizes are the default"


def test_the_ray_is_told_while_the_index_finger_is_open_with_hysteresis(made):
    recognizer = GestureRecognizer()
    fist, point = made.posed("fist"), made.posed("point")
    blends = [((1 - t) * fist + t * point).astype(np.float32) for t in np.linspace(0, 1, 101)]
    half = next(one for one in blends if 0.3 < read_gesture(one, GestureOptions()).openness[1] < 0.45)
    told = []
    for index, landmarks in enumerate([half, point, half, fist, half]):
        hand, in_space = made.tracked(landmarks, track_id=4), replace(made.in_space("point"), track_id=4)
        (gesture,), _ = recognizer.update(index / 30, [hand], in_space={4: in_space})
        assert not math.isnan(gesture.space.pinch_m), "distances do not wait for it"
        told.append(gesture.space.pointing is not None)
    assert told == [False, True, True, False, False]


def test_hands_that_are_not_known_in_space_are_nowhere(made):
    hands = [made.tracked(made.posed("point"), track_id) for track_id in (1, 2)]
    gestures, _ = GestureRecognizer().update(0.0, hands, in_space={2: made.in_space("point"), 3: None})
    assert [gesture.space == NOWHERE for gesture in gestures] == [True, False]
