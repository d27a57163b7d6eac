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

"""A right hand at rest: its bones, of the joints of its fingers, and its file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.synthetic.skeleton import PALM_M

Floats = NDArray[np.float64]

KNUCKLES = (5, 9, 13, 17)
"""Landmarks of the fingers' MCP joints."""

INSIDE_SKIN_M = 0.005
"""Depth of the landmark "tip" inside the skin of an adult's fingertip."""


@dataclass
class Rig:
    """A right hand at rest in the hand frame, metres.

    Attributes:
        vertices: [n, 3].
        faces: [m, 3], counter-clockwise from outside.
        weights: [n, 16], shares of palm, then of thumb's to little finger's three bones.
        heads: [16, 3], where each bone turns.
        frames: [16, 3, 3], columns: across (the axis of flexion), along, palmar.
        landmarks: [21, 3].
    """

    vertices: Floats
    faces: NDArray[np.int64]
    weights: Floats
    heads: Floats
    frames: Floats
    landmarks: Floats


def save(path: Path, rigs: list[Rig]) -> None:
    """Write rigs of one topology: coordinates in 1/65535 of the whole extent, weights in 1/255."""
    rigs = [closed(rig) for rig in rigs]
    vertices = np.stack([rig.vertices for rig in rigs])
    low, high = vertices.min((0, 1)), vertices.max((0, 1))
    np.savez_compressed(
        path,
        vertices=np.rint((vertices - low) / (high - low) * 65535).astype(np.uint16),
        low=low.astype(np.float32),
        high=high.astype(np.float32),
        faces=rigs[0].faces.astype(np.uint16),
        weights=np.rint(rigs[0].weights * 255).astype(np.uint8),
        heads=np.stack([rig.heads for rig in rigs]).astype(np.float32),
        frames=np.stack([rig.frames for rig in rigs]).astype(np.float32),
        landmarks=np.stack([rig.landmarks for rig in rigs]).astype(np.float32),
    )


def palm_turn(points: Floats) -> Floats:
    """Turn wrist and four MCP joints into the hand frame (Kabsch, about the wrist)."""
    u, _, vt = np.linalg.svd(PALM_M[1:].T @ (points[1:] - points[0]))
    return np.asarray(u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt)


def build_rig(
    vertices: Floats, faces: NDArray[np.int64], weights: Floats, points: Floats, axes: Floats
) -> Rig:
    """Build a rig from the joints [5, 4, 3] of fingers, last their tips, and axes [5, 3, 3] of flexion."""
    heads, frames, landmarks = np.zeros((16, 3)), np.tile(np.eye(3), (16, 1, 1)), np.zeros((21, 3))
    for row in range(5):
        for number in range(3):
            bone = 1 + 3 * row + number
            along = points[row, number + 1] - points[row, number]
            along /= np.linalg.norm(along)
            across = axes[row, number] - along * (axes[row, number] @ along)
            across /= np.linalg.norm(across)
            heads[bone] = points[row, number]
            frames[bone] = np.stack([across, along, np.cross(across, along)], axis=1)
        outer = 3 + 3 * row
        skin = vertices[weights[:, outer] > 0.5]
        reach = (skin - heads[outer]) @ frames[outer]
        end = reach[reach[:, 1] > reach[:, 1].max() - 0.004]
        inside = INSIDE_SKIN_M * np.linalg.norm(points[2, 0]) / 0.0916
        tip = np.array([end[:, 0].mean(), reach[:, 1].max() - inside, end[:, 2].mean()])
        landmarks[1 + 4 * row : 4 + 4 * row] = points[row, :3]
        landmarks[4 + 4 * row] = heads[outer] + frames[outer] @ tip
    return Rig(vertices, faces, weights, heads, frames, landmarks)


def closed(rig: Rig) -> Rig:
    """Close the open end at the wrist with a fan around its middle."""
    edges = np.concatenate([rig.faces[:, [0, 1]], rig.faces[:, [1, 2]], rig.faces[:, [2, 0]]])
    known = {(int(a), int(b)) for a, b in edges}
    rim = np.array([(a, b) for a, b in sorted(known) if (b, a) not in known], np.int64).reshape(-1, 2)
    if len(rim) == 0:
        return rig
    middle = len(rig.vertices)
    fan = np.column_stack([rim[:, 1], rim[:, 0], np.full(len(rim), middle)])
    palm = np.zeros((1, 16))
    palm[0, 0] = 1.0
    return replace(
        rig,
        vertices=np.concatenate([rig.vertices, rig.vertices[rim[:, 0]].mean(0, keepdims=True)]),
        faces=np.concatenate([rig.faces, fan]),
        weights=np.concatenate([rig.weights, palm]),
    )
