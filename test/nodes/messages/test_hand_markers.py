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

from hand_tracking_dsp.hand import BONES, Handedness
from hand_tracking_dsp.nodes.messages.hand_markers import NAMESPACES, hand_in_camera, hand_markers
from hand_tracking_dsp.tracking.types import Region, TrackedHand

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
