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

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.cameras.synthetic import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.gestures.features import measure
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.reading import read_gesture
from hand_tracking_dsp.gestures.types import BUILT_IN, NO_GESTURE
from hand_tracking_dsp.hand import Handedness, Joint

OPTIONS = GestureOptions()
SHOWN = {
    "open palm": "open_palm",
    "spread": "open_palm",
    "closed palm": "open_palm",
    "fist": "fist",
    "point": "point",
    "victory": "victory",
    "ok": "ok",
    "pinch": "pinch",
    "three": NO_GESTURE,
    "four": NO_GESTURE,
    "call": NO_GESTURE,
}
"""What poses show that do not depend on where up is; four and closed palm differ in the thumb alone."""

ANGLES = st.floats(-180, 180)
SIDES = st.sampled_from([Handedness.LEFT, Handedness.RIGHT])


@pytest.mark.parametrize(("pose", "name"), SHOWN.items())
def test_a_posed_hand_shows_its_gesture(made, pose, name):
    reading = read_gesture(made.posed(pose), OPTIONS)
    assert reading.name == name
    assert (reading.score >= OPTIONS.min_score) == bool(name)
    assert set(reading.scores) == set(BUILT_IN)


@pytest.mark.parametrize(
    ("pose", "count"),
    [
        ("fist", 0),
        ("point", 1),
        ("thumb up", 1),
        ("victory", 2),
        ("call", 2),
        ("three", 3),
        ("four", 4),
        ("open palm", 5),
        ("spread", 5),
    ],
)
def test_open_fingers_are_counted(made, pose, count):
    reading = read_gesture(made.posed(pose), OPTIONS)
    assert reading.open_fingers == count
    assert reading.open_fingers_score > 0.5


@pytest.mark.parametrize(("side", "upwards_deg"), [(Handedness.RIGHT, -90), (Handedness.LEFT, 90)])
def test_a_thumb_is_up_down_or_neither_by_its_direction_in_the_image(made, side, upwards_deg):
    def name(turn_deg, **options):
        hand = made.posed("thumb up", upwards_deg + turn_deg, side=side)
        return read_gesture(hand, GestureOptions(**options)).name

    assert name(0) == "thumb_up"
    assert name(180) == "thumb_down"
    assert name(90) == name(-90) == NO_GESTURE
    assert name(90, camera_roll_deg=90) == "thumb_up"
    assert name(-90, camera_roll_deg=90) == "thumb_down"


@given(
    pose=st.sampled_from(list(SHOWN)),
    turn_deg=ANGLES,
    scale=st.floats(0.2, 20),
    side=SIDES,
    x=st.floats(-900, 900),
)
def test_turn_size_side_and_place_change_nothing(made, pose, turn_deg, scale, side, x):
    plain = read_gesture(made.posed(pose), OPTIONS)
    other = read_gesture(made.posed(pose, turn_deg, scale, side, at=(x, 300)), OPTIONS)
    assert other.name == plain.name
    assert other.open_fingers == plain.open_fingers
    assert other.openness == pytest.approx(plain.openness, abs=0.01)
    assert other.pinch == pytest.approx(plain.pinch, abs=0.01)
    upright = {"thumb_up", "thumb_down"}
    for name in set(BUILT_IN) - upright:
        assert other.scores[name] == pytest.approx(plain.scores[name], abs=0.01), name


@given(turn_deg=ANGLES, side=SIDES)
def test_the_cameras_roll_undoes_a_turn_of_the_image(made, turn_deg, side):
    plain = read_gesture(made.posed("thumb up", 30, side=side), OPTIONS)
    turned = made.posed("thumb up", 30 + turn_deg, side=side)
    rolled = read_gesture(turned, GestureOptions(camera_roll_deg=turn_deg))
    assert rolled.scores["thumb_up"] == pytest.approx(plain.scores["thumb_up"], abs=0.01)
    assert rolled.scores["thumb_down"] == pytest.approx(plain.scores["thumb_down"], abs=0.01)


@given(
    pose=st.sampled_from(list(GESTURES)),
    roll=st.floats(-3, 3),
    pitch=st.floats(-3, 3),
    yaw=st.floats(-3, 3),
    side=SIDES,
)
def test_the_features_are_the_same_from_any_side(made, pose, roll, pitch, yaw, side):
    hand = made.posed(pose, side=side).astype(np.float64)
    np.testing.assert_allclose(
        measure(hand @ rotation(roll, pitch, yaw).T).vector(), measure(made.posed(pose)).vector(), atol=0.05
    )


@given(pose=st.sampled_from([pose for pose, name in SHOWN.items() if name]), seed=st.integers(0, 10_000))
def test_a_little_noise_changes_no_name(made, pose, seed):
    hand = made.posed(pose)
    palm = np.linalg.norm(hand[Joint.MIDDLE_MCP] - hand[Joint.WRIST])
    noisy = hand + np.random.default_rng(seed).normal(0, 0.005 * palm, hand.shape).astype(np.float32)
    assert read_gesture(noisy, OPTIONS).name == SHOWN[pose]


@given(
    st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=63, max_size=63)
    | st.floats(-1024, 1024, width=32).map(lambda value: [value] * 63)
)
def test_any_finite_points_give_scores_from_0_to_1(values):
    reading = read_gesture(np.array(values, np.float32).reshape(21, 3), OPTIONS)
    assert all(0 <= value <= 1 for value in (*reading.scores.values(), *reading.openness, reading.pinch))
    assert 0 <= reading.open_fingers <= 5
    assert 0.5 <= reading.open_fingers_score <= 1


def test_a_higher_least_score_names_fewer_hands(made):
    relaxed = made.posed("relaxed")
    assert read_gesture(relaxed, OPTIONS).name == NO_GESTURE
    assert read_gesture(relaxed, GestureOptions(palm_bend_deg=120)).name == "open_palm"
    assert read_gesture(relaxed, GestureOptions(palm_bend_deg=120, min_score=0.99)).name == NO_GESTURE
