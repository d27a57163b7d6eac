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

"""A skinned hand: vertices, bones and landmarks at rest, and where they are in a pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.synthetic.skeleton import THUMB_ROLL
from hand_tracking_dsp.hand import Handedness

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

_BONES = 16
_FIRST = np.array([1, 4, 7, 10, 13])
"""Bones: the palm, then three of each finger from thumb to little finger; here each finger's first."""

_BONE_OF_LANDMARK = np.array([0, *(bone for first in _FIRST for bone in (0, first, first + 1, first + 2))])
"""Each landmark moves with the bone that ends at it."""


@dataclass(frozen=True, eq=False)
class HandRig:
    """A right hand at rest, in the hand frame of cameras.synthetic.pose_hand, metres; equal to itself alone.

    Attributes:
        name: Unique name of the shape.
        vertices: float32 [n, 3].
        faces: int64 [m, 3], counter-clockwise seen from outside.
        weights: float32 [n, 16]: shares of the palm and of the fingers' bones in a vertex's movement.
        heads: float64 [16, 3]: points about which the bones turn.
        frames: float64 [16, 3, 3]: columns are the bones' axes: across (of flexion), along, palmar.
        landmarks: float64 [21, 3]: the joints, in MediaPipe's order and convention.
    """

    name: str
    vertices: Floats32
    faces: NDArray[np.int64]
    weights: Floats32
    heads: Floats
    frames: Floats
    landmarks: Floats

    @property
    def palm_m(self) -> float:
        """Length from wrist to middle MCP, metres."""
        return float(np.linalg.norm(self.landmarks[9] - self.landmarks[0]))


@dataclass(frozen=True, slots=True)
class PosedHand:
    """A hand in a pose, in its own frame, metres.

    Attributes:
        rig: The hand that was posed.
        handedness: LEFT or RIGHT.
        vertices: float32 [n, 3].
        faces: int64 [m, 3], counter-clockwise seen from outside.
        landmarks: float64 [21, 3].
    """

    rig: HandRig
    handedness: Handedness
    vertices: Floats32
    faces: NDArray[np.int64]
    landmarks: Floats


def pose_mesh(rig: HandRig, angles_deg: Floats, handedness: Handedness = Handedness.RIGHT) -> PosedHand:
    """Bend a hand by linear blend skinning.

    Each bone turns into the direction that cameras.synthetic.pose_hand gives to it, whatever the hand's
    posture at rest is.

    Args:
        rig: A right hand.
        angles_deg: [5, 4] degrees, as pose_hand takes them.
        handedness: LEFT gives the mirror image in x.
    """
    turns = bone_turns(angles_deg)
    turns[1:] = turns[1:] @ rig.frames[1:].transpose(0, 2, 1)
    shifts = np.zeros((_BONES, 3))
    for bone in range(1, _BONES):
        parent = 0 if (bone - 1) % 3 == 0 else bone - 1
        shifts[bone] = (turns[parent] - turns[bone]) @ rig.heads[bone] + shifts[parent]
    matrices = np.concatenate([turns, shifts[:, :, None]], axis=2)
    blended = (rig.weights @ matrices.reshape(_BONES, 12).astype(np.float32)).reshape(-1, 3, 4)
    vertices = np.einsum("nij,nj->ni", blended[:, :, :3], rig.vertices) + blended[:, :, 3]
    moved = matrices[_BONE_OF_LANDMARK]
    landmarks = np.einsum("nij,nj->ni", moved[:, :, :3], rig.landmarks) + moved[:, :, 3]
    faces = rig.faces
    if handedness is Handedness.LEFT:
        vertices[:, 0] *= -1.0
        landmarks[:, 0] *= -1.0
        faces = faces[:, ::-1]
    return PosedHand(rig, handedness, vertices, faces, landmarks)


def bone_turns(angles_deg: Floats) -> Floats:
    """Give the axes of the palm and the fingers' bones in a pose, float64 [16, 3, 3]; columns as in HandRig.

    Args:
        angles_deg: [5, 4] degrees.
    """
    angles = np.radians(np.asarray(angles_deg, np.float64))
    bends = np.zeros((5, 3))
    bends[0, 1:] = angles[0, 2:]
    bends[1:] = angles[1:, 1:]
    bends = np.cumsum(bends, axis=1)
    base = np.empty((5, 3, 3))
    base[1:] = _about_z(-angles[1:, 0])
    base[0] = thumb_frames(angles[:1, 0], angles[:1, 1])[0]
    turns = np.empty((_BONES, 3, 3))
    turns[0] = np.eye(3)
    turns[1:] = (base[:, None] @ _about_x(bends)).reshape(-1, 3, 3)
    return turns


def thumb_frames(spread: Floats, lift: Floats) -> Floats:
    """Give the axes of the thumb's metacarpal, float64 [n, 3, 3], for angles [n] in radians."""
    c, s = np.cos(THUMB_ROLL), np.sin(THUMB_ROLL)
    roll = np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
    frames: Floats = _about_z(-spread) @ _about_x(lift) @ roll
    return frames


def _about_x(angles: Floats) -> Floats:
    turns = np.zeros((*angles.shape, 3, 3))
    turns[..., 0, 0] = 1.0
    turns[..., 1, 1] = turns[..., 2, 2] = np.cos(angles)
    turns[..., 2, 1] = np.sin(angles)
    turns[..., 1, 2] = -turns[..., 2, 1]
    return turns


def _about_z(angles: Floats) -> Floats:
    turns = np.zeros((*angles.shape, 3, 3))
    turns[..., 2, 2] = 1.0
    turns[..., 0, 0] = turns[..., 1, 1] = np.cos(angles)
    turns[..., 1, 0] = np.sin(angles)
    turns[..., 0, 1] = -turns[..., 1, 0]
    return turns
