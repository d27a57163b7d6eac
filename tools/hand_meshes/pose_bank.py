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

"""Tracked poses of a person, as angles of joints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_meshes.rig import Floats
from hand_tracking_dsp.cameras.mesh.rig import thumb_frames

POSES = 480
"""Poses in the package."""


def read_poses(path: Path, count: int = POSES) -> NDArray[np.int8]:
    """Read tracked poses as joint angles, thinned to those farthest from each other, in that order.

    Bones: forearm, palm, three of the thumb, then of index to little finger; z along a bone, x across.

    Args:
        path: File of a line a pose: position x, y, z and quaternion x, y, z, w of 17 bones.
        count: Poses to choose.

    Returns:
        [count, 5, 4], degrees, as cameras.synthetic.pose_hand takes them.
    """
    rows = np.array([line.split() for line in path.read_text(encoding="ascii").splitlines()], np.float64)
    bones = rows.reshape(len(rows), 17, 7)
    turns = _matrices(bones[..., 3:])[..., [0, 2, 1]] * np.array([1.0, 1.0, -1.0])
    palm = np.swapaxes(turns[:, 1], -1, -2)
    angles = np.zeros((len(rows), 5, 4))
    for finger in range(4):
        chain = palm[:, None] @ turns[:, 5 + 3 * finger : 8 + 3 * finger]
        angles[:, 1 + finger, 0] = np.arctan2(-chain[:, 0, 1, 0], chain[:, 0, 0, 0])
        angles[:, 1 + finger, 1] = np.arctan2(chain[:, 0, 2, 1], chain[:, 0, 2, 2])
        for joint in (1, 2):
            bend = np.swapaxes(chain[:, joint - 1], -1, -2) @ chain[:, joint]
            angles[:, 1 + finger, 1 + joint] = np.arctan2(bend[:, 2, 1], bend[:, 2, 2])
    angles[:, 0] = _thumb_angles(bones, turns, palm)
    degrees: Floats = np.degrees(angles)
    return np.rint(degrees[_farthest(degrees, count)]).clip(-127, 127).astype(np.int8)


def _thumb_angles(bones: Floats, turns: Floats, palm: Floats) -> Floats:
    metacarpal = np.einsum("nij,nj->ni", palm, bones[:, 3, :3] - bones[:, 2, :3])
    proximal, distal = (np.einsum("nij,nj->ni", palm, turns[:, bone, :, 1]) for bone in (3, 4))
    metacarpal /= np.linalg.norm(metacarpal, axis=1, keepdims=True)
    spread = np.arctan2(metacarpal[:, 0], metacarpal[:, 1])
    lift = np.arcsin(metacarpal[:, 2])
    frames = thumb_frames(spread, lift)
    seen = np.einsum("nji,nj->ni", frames, proximal)
    knuckle = np.arctan2(seen[:, 2], seen[:, 1])
    seen = np.einsum("nji,nj->ni", frames, distal)
    return np.stack([spread, lift, knuckle, np.arctan2(seen[:, 2], seen[:, 1]) - knuckle], axis=1)


def _farthest(angles: Floats, count: int) -> list[int]:
    """Choose poses greedily, each the farthest from those before it (k-centre)."""
    flat = angles.reshape(len(angles), -1)
    chosen = [int(np.argmin(np.linalg.norm(flat - np.median(flat, axis=0), axis=1)))]
    far = np.full(len(flat), np.inf)
    while len(chosen) < count:
        far = np.minimum(far, np.linalg.norm(flat - flat[chosen[-1]], axis=1))
        chosen.append(int(far.argmax()))
    return chosen


def _matrices(quaternions: Floats) -> Floats:
    """Turn quaternions x, y, z, w into rotations."""
    x, y, z, w = np.moveaxis(quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))
