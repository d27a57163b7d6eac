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

"""Hands of the body model Anny."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hand_meshes.rig import KNUCKLES, Floats, Rig, build_rig, palm_turn

PALM_LENGTH_M = 0.0844
"""From wrist to middle MCP of the WebXR hand, as MediaPipe sees them."""

ANNY_THUMB_M = np.array([0.003, -0.007, 0.0])
"""From where Anny's thumb begins to MediaPipe's thumb CMC (from 60 renders of open hands)."""


def read_anny(path: Path, example: Rig) -> list[Rig]:
    """Read hands of Anny; wrist and knuckles go to where they are in the example, in proportion.

    Anny's finger bones begin 10 to 15 mm beyond the knuckles and its wrist bone lies as much below the wrist,
    measured by its finger webs and its outer phalanges; the joints of its fingers lie about 5 mm nearer to
    the back of the hand than to the middle of the flesh.
    """
    with np.load(path, allow_pickle=False) as data:
        names, shapes, faces = [str(name) for name in data["labels"]], data["V"], data["F"].astype(np.int64)
        all_heads, shares = data["H"].astype(np.float64), data["W"].astype(np.float64)
    weights = np.zeros((len(shares), 16))
    for bone, name in enumerate(names):
        weights[:, _bone_of_anny(name)] += shares[:, bone]
    rigs = []
    for shape, places in zip(shapes.astype(np.float64), all_heads, strict=True):
        head = dict(zip(names, places, strict=True))
        wrist = head["wrist.R"]
        turn = palm_turn(np.array([wrist] + [head[f"finger{finger}-1.R"] for finger in (2, 3, 4, 5)]))
        vertices = (shape - wrist) @ turn.T
        points = np.array(
            [[turn @ (head[f"finger{f}-{part}.R"] - wrist) for part in (1, 2, 3, 3)] for f in range(1, 6)]
        )
        axes = np.stack([_flexion_axes(finger, thumb=row == 0) for row, finger in enumerate(points)])
        for finger in points:
            along = finger[2] - finger[1]
            finger[3] = finger[2] + 0.5 * along
        rig = _in_proportion(build_rig(vertices, faces, weights, points, axes), example)
        _centre(rig, example)
        rig.landmarks[1] += ANNY_THUMB_M * np.linalg.norm(rig.landmarks[9] - rig.landmarks[0]) / PALM_LENGTH_M
        rigs.append(rig)
    return rigs


def _bone_of_anny(name: str) -> int:
    if not name.startswith("finger"):
        return 0
    return 1 + 3 * (int(name[6]) - 1) + int(name[8]) - 1


def _flexion_axes(finger: Floats, *, thumb: bool) -> Floats:
    """Find the three axes of flexion of a finger that is slightly bent at rest, from its joints [4, 3]."""
    bones = np.diff(finger, axis=0)
    normal = np.cross(bones[0], bones[1])
    if not thumb:
        normal = normal / np.linalg.norm(normal)
        level = np.array([bones[0][1], -bones[0][0], 0.0])
        normal = normal + level / np.linalg.norm(level)
    return np.tile(normal, (3, 1))


def _in_proportion(rig: Rig, example: Rig) -> Rig:
    """Move wrist and knuckles, and where the fingers turn, by the proportions of the example."""
    lengths = []
    for one in (rig, example):
        outer = np.diff(one.landmarks, axis=0)
        lengths.append([np.linalg.norm(outer[[k + 1, k + 2]], axis=1).sum() for k in KNUCKLES])
    scales = np.array(lengths[0]) / np.array(lengths[1])
    scale = float(scales.mean())
    palm = rig.landmarks[9] / np.linalg.norm(rig.landmarks[9])
    for row, knuckle in enumerate(KNUCKLES, start=1):
        wanted = scale * np.linalg.norm(example.landmarks[knuckle + 1] - example.landmarks[knuckle])
        now = np.linalg.norm(rig.landmarks[knuckle + 1] - rig.landmarks[knuckle])
        moved = rig.landmarks[knuckle] - palm * (wanted - now)
        rig.landmarks[knuckle] = moved
        rig.heads[1 + 3 * row] = moved
    length = scale * np.linalg.norm(example.landmarks[9] - example.landmarks[0])
    rig.landmarks[0] = rig.landmarks[9] - palm * length
    return rig


def _centre(rig: Rig, example: Rig) -> None:
    """Move joints, and where bones turn, to where they are in the example between back and palm."""
    for landmark in range(21):
        if landmark in (1, 2):
            continue  # within the thumb's pad, whose extent says nothing
        (low, high), (low_there, high_there) = (_section(one, landmark) for one in (rig, example))
        share = low_there / (low_there - high_there)
        shift = low + share * (high - low)
        if landmark in (0, *KNUCKLES):
            shift[:2] = 0.0
        shift[1] = 0.0
        moved = _frame_at(rig, landmark) @ shift
        rig.landmarks[landmark] += moved
        if landmark and landmark % 4:
            rig.heads[1 + 3 * ((landmark - 1) // 4) + (landmark - 1) % 4] += moved
    for bone in range(1, 16):
        row, number = divmod(bone - 1, 3)
        end = rig.landmarks[4 + 4 * row] if number == 2 else rig.heads[bone + 1]
        along = (end - rig.heads[bone]) / np.linalg.norm(end - rig.heads[bone])
        across = rig.frames[bone][:, 0] - along * (rig.frames[bone][:, 0] @ along)
        across /= np.linalg.norm(across)
        rig.frames[bone] = np.stack([across, along, np.cross(across, along)], axis=1)


def _frame_at(rig: Rig, landmark: int) -> Floats:
    """Return the axes at a landmark: of the hand at wrist and knuckles, else between its two bones."""
    if landmark in (0, *KNUCKLES):
        return np.eye(3)
    outer = 1 + 3 * ((landmark - 1) // 4) + min((landmark - 1) % 4, 2)
    inner = outer if landmark % 4 == 0 else outer - 1
    mean = rig.frames[inner] + rig.frames[outer]
    u, _, vt = np.linalg.svd(mean)
    return np.asarray(u @ vt)


def _section(rig: Rig, landmark: int) -> tuple[Floats, Floats]:
    """Measure how far the skin around a landmark reaches along the axes there: lowest [3], highest [3]."""
    near = 0.006 * np.linalg.norm(rig.landmarks[9] - rig.landmarks[0]) / PALM_LENGTH_M
    seen = (rig.vertices - rig.landmarks[landmark]) @ _frame_at(rig, landmark)
    if landmark in (0, *KNUCKLES):
        chosen = np.abs(seen[:, :2]).max(1) < 1.8 * near
    else:
        finger = 1 + 3 * ((landmark - 1) // 4)
        chosen = (rig.weights[:, finger : finger + 3].sum(1) > 0.5) & (np.abs(seen[:, 1]) < near)
    return seen[chosen].min(0), seen[chosen].max(0)
