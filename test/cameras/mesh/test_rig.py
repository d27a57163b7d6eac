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

"""Skinned hands: the 21 joints, their proportions and their angles."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh.catalogue import rigs
from hand_tracking_dsp.cameras.mesh.rig import HandRig, pose_mesh
from hand_tracking_dsp.cameras.mesh.solids import BARE_VERTICES, make_arm
from hand_tracking_dsp.cameras.synthetic import GESTURES, pose_hand
from hand_tracking_dsp.hand import FINGERS, Handedness

NAMES = ("webxr right", "anny 0", "anny 12")


def rig_named(name: str) -> HandRig:
    return next(rig for rig in rigs() if rig.name == name)


def bones_m(rig: HandRig) -> np.ndarray:
    joints = pose_mesh(rig, GESTURES["open palm"]).landmarks
    return np.array([np.linalg.norm(np.diff(joints[list(finger)], axis=0), axis=1) for finger in FINGERS])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("gesture", ["open palm", "fist", "ok", "thumb up"])
def test_bones_point_where_the_angles_say(name: str, gesture: str) -> None:
    joints = pose_mesh(rig_named(name), GESTURES[gesture]).landmarks
    wanted = pose_hand(GESTURES[gesture]).joints
    for finger in FINGERS:
        # The first joint of a finger and the tip lie beside the bones' axes.
        seen, asked = (np.diff(points[list(finger)], axis=0)[1] for points in (joints, wanted))
        assert seen @ asked / np.linalg.norm(seen) / np.linalg.norm(asked) > 0.999


@pytest.mark.parametrize("name", [rig.name for rig in rigs()])
def test_people_have_the_proportions_of_one_hand(name: str) -> None:
    rig, example = rig_named(name), rig_named("webxr right")
    lengths, wanted = (bones_m(one) / one.palm_m for one in (rig, example))
    assert np.abs(lengths[1:] / wanted[1:] - 1).max() < 0.35
    assert np.abs(lengths[1:].sum(1) / wanted[1:].sum(1) - 1).max() < 0.15


def test_people_are_of_all_sizes() -> None:
    palms = [rig.palm_m for rig in rigs()]
    assert 0.06 < min(palms) < 0.075
    assert 0.095 < max(palms) < 0.11


def test_a_left_hand_is_the_mirror_image_and_looks_outwards() -> None:
    rig = rig_named("webxr right")
    right, left = (pose_mesh(rig, GESTURES["ok"], side) for side in (Handedness.RIGHT, Handedness.LEFT))
    assert np.allclose(left.landmarks * [-1, 1, 1], right.landmarks)
    volume = volume_m3(right.vertices, right.faces)
    assert 1e-4 < volume < 1e-3
    assert volume_m3(left.vertices, left.faces) == pytest.approx(volume, rel=1e-4)


def volume_m3(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, corner]].astype(np.float64) for corner in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize("name", NAMES)
def test_the_joints_lie_within_the_flesh(name: str) -> None:
    rig = rig_named(name)
    hand = pose_mesh(rig, GESTURES["relaxed"])
    distances = np.linalg.norm(hand.vertices[:, None] - hand.landmarks[None], axis=2).min(0)
    # Half a finger's or a palm's thickness from the skin; tips 5 mm.
    assert distances.min() > 0.002
    assert distances.max() < 0.024
    assert np.abs(distances[4::4] - 0.005 * rig.palm_m / 0.0844).max() < 0.004


def test_an_arm_goes_on_from_the_wrist_and_bends_at_the_elbow() -> None:
    rig = rig_named("webxr right")
    straight = make_arm(rig, 0.0, 0.0, 0.0, None)
    bent = make_arm(rig, 0.5, 0.0, 0.0, np.array([1.0, 0.0, 0.0]))
    for arm in (straight, bent):
        assert volume_m3(arm.vertices, arm.faces) > 0
        # Skin comes last, and reaches into the hand.
        assert arm.vertices[-BARE_VERTICES:, 1].max() > rig.vertices[:, 1].min() + 0.01
    assert -0.35 < straight.vertices[:, 1].min() < -0.25
    assert straight.vertices[:, 0].max() < 0.06
    assert bent.vertices[:, 0].max() > 0.25
    # The wrist bends towards the palm, so that the elbow goes to the back.
    assert bent.vertices[:-BARE_VERTICES, 2].min() < straight.vertices[:, 2].min() - 0.05
