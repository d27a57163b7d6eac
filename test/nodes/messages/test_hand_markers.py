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

"""Hands as markers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from std_msgs.msg import Header
from visualization_msgs.msg import Marker

from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.hand import BONES, Handedness, Joint
from hand_tracking_dsp.nodes.messages.hand_markers import (
    NAMESPACES,
    hand_markers,
    markers_in_space,
)
from hand_tracking_dsp.tracking.types import Region, TrackedHand
from hand_tracking_dsp.tracking.weak_perspective import hand_in_camera

FOCAL_PX = 500.0
CENTRE_PX = np.array([320, 240], np.float32)
HEADER = Header(frame_id="camera")


def hand_at(position_m, handedness=Handedness.RIGHT) -> TrackedHand:
    """Project a flat hand, 21 joints on a circle of 8 cm radius, through a pinhole camera."""
    angles = np.linspace(0, 2 * math.pi, 21, endpoint=False)
    world = np.stack([0.08 * np.cos(angles), 0.08 * np.sin(angles), 0 * angles], axis=1).astype(np.float32)
    points = world + np.asarray(position_m, np.float32)
    pixels = points[:, :2] / points[:, 2:] * FOCAL_PX + CENTRE_PX
    landmarks = np.column_stack([pixels, np.zeros(21)]).astype(np.float32)
    return TrackedHand(5, handedness, 0.98, 0.8, landmarks, world, Region(1.0, 2.0, 3.0, 0.5))


def markers_of(*hands: TrackedHand) -> list[Marker]:
    return hand_markers(hands, HEADER, FOCAL_PX, CENTRE_PX).markers


@given(x=st.floats(-0.3, 0.3), y=st.floats(-0.3, 0.3), z=st.floats(0.2, 3.0))
def test_a_hand_is_placed_where_it_was_seen(x, y, z):
    placed = hand_in_camera(hand_at((x, y, z)), FOCAL_PX, CENTRE_PX)
    np.testing.assert_allclose(placed.mean(axis=0), (x, y, z), rtol=1e-3, atol=1e-3)


def test_a_hand_is_drawn_as_skeleton_joints_and_name_in_namespaces_of_their_own():
    _, skeleton, joints, name = markers_of(hand_at((0, 0, 0.5)))
    assert (skeleton.ns, joints.ns, name.ns) == NAMESPACES
    assert (skeleton.type, joints.type, name.type) == (
        Marker.LINE_LIST,
        Marker.SPHERE_LIST,
        Marker.TEXT_VIEW_FACING,
    )
    assert len(skeleton.points) == len(skeleton.colors) == 2 * len(BONES)
    assert len(joints.points) == len(joints.colors) == 21
    assert name.text == "right #5 0.98"
    assert all(marker.header == HEADER and marker.id == 5 for marker in (skeleton, joints, name))


def test_what_was_drawn_before_is_deleted_once_and_in_all_namespaces():
    markers = markers_of(hand_at((0, 0, 0.5)), replace(hand_at((0.2, 0, 0.5)), track_id=6))
    assert [marker.action for marker in markers].count(Marker.DELETEALL) == 1
    assert markers[0].action == Marker.DELETEALL
    assert markers[0].ns == ""
    assert len({(marker.ns, marker.id) for marker in markers[1:]}) == 6


def test_the_name_stands_above_the_hand():
    _, _, joints, name = markers_of(hand_at((0.1, 0.05, 0.5)))
    assert name.pose.position.y < min(point.y for point in joints.points)
    assert name.pose.position.z == pytest.approx(0.5, abs=0.01)


def test_sides_differ_in_colour_and_fingers_do_not():
    _, left, _, left_name = markers_of(hand_at((0, 0, 0.5), Handedness.LEFT))
    _, right, _, right_name = markers_of(hand_at((0, 0, 0.5), Handedness.RIGHT))
    palm, finger = BONES.index((0, 1)), BONES.index((7, 8))
    assert left.colors[2 * palm] == left_name.color != right_name.color == right.colors[2 * palm]
    assert left.colors[2 * finger] == right.colors[2 * finger]


def test_a_hand_without_extent_gets_no_marker():
    flat = hand_at((0, 0, 0.5))
    assert len(markers_of(replace(flat, landmarks=0 * flat.landmarks))) == 1


def hand_in_space(joints_m: np.ndarray, track_id: int = 5) -> Hand3d:
    states = np.where(np.isnan(joints_m[:, 0]), JointState.UNKNOWN, JointState.MEASURED).astype(np.uint8)
    std = np.full(21, 0.005, np.float32)
    return Hand3d(track_id, Handedness.RIGHT, 0.98, 0.8, joints_m, states, std)


def test_hands_whose_places_are_known_are_drawn_there():
    joints = np.random.default_rng(0).uniform(0.2, 0.9, (21, 3)).astype(np.float32)
    hands = [hand_at((0, 0, 0.5)), replace(hand_at((0.2, 0, 0.5)), track_id=6)]
    markers = markers_in_space(hands, [hand_in_space(joints)], HEADER).markers
    assert [marker.id for marker in markers[1:]] == [5, 5, 5], "nothing is known of the other hand"
    np.testing.assert_array_equal([(p.x, p.y, p.z) for p in markers[2].points], joints)
    assert markers[3].text == "right #5 0.98"


def test_joints_that_are_unknown_are_left_out_with_their_bones():
    joints = np.full((21, 3), 0.5, np.float32)
    joints[[Joint.INDEX_TIP, Joint.WRIST]] = np.nan
    hand = hand_at((0, 0, 0.5))
    _, skeleton, spheres, name = markers_in_space([hand], [hand_in_space(joints)], HEADER).markers
    assert len(spheres.points) == len(spheres.colors) == 19
    left = [bone for bone in BONES if not {Joint.INDEX_TIP, Joint.WRIST} & set(bone)]
    assert len(skeleton.points) == len(skeleton.colors) == 2 * len(left)
    assert all(math.isfinite(point.x) for marker in (skeleton, spheres) for point in marker.points)
    assert math.isfinite(name.pose.position.y)


def test_a_hand_of_which_depth_says_nothing_has_no_markers():
    unknown = hand_in_space(np.full((21, 3), np.nan, np.float32))
    assert len(markers_in_space([hand_at((0, 0, 0.5))], [unknown], HEADER).markers) == 1
