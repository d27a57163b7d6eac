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

"""Closed meshes of simple bodies: forearms, boxes, cylinders and balls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.rig import HandRig

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Faces = NDArray[np.int64]

_SIDES = 12
_ANGLES = np.linspace(0.0, 2.0 * np.pi, _SIDES, endpoint=False)
_CIRCLE: Floats = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])


@dataclass(frozen=True, slots=True)
class Solid:
    """A closed mesh.

    Attributes:
        vertices: float32 [n, 3], metres.
        faces: int64 [m, 3], counter-clockwise seen from outside.
    """

    vertices: Floats32
    faces: Faces

    def moved(self, turn: Floats, shift_m: Floats) -> Solid:
        """Turn the body by [3, 3], then shift it by [3]."""
        vertices = self.vertices @ turn.T.astype(np.float32) + shift_m.astype(np.float32)
        return Solid(vertices, self.faces)

    def mirrored(self) -> Solid:
        """Mirror the body in x."""
        return Solid(self.vertices * np.array([-1, 1, 1], np.float32), self.faces[:, ::-1])


def tube(path_m: Floats, radii_m: Floats, across: Floats) -> Solid:
    """Sweep an ellipse along a path, closed at both ends.

    Args:
        path_m: float64 [k, 3], middles of the ellipses.
        radii_m: float64 [k, 2], half axes: along `across`, and square to it and to the path.
        across: float64 [3], direction of the first axis.
    """
    along = path_m[-1] - path_m[0]
    along = along / np.linalg.norm(along)
    first = across - along * (across @ along)
    first /= np.linalg.norm(first)
    second = np.cross(along, first)
    axes = radii_m[:, :, None] * np.stack([first, second])
    rings = path_m[:, None] + _CIRCLE @ axes
    vertices = np.concatenate([rings.reshape(-1, 3), path_m[:1], path_m[-1:]])
    return Solid(vertices.astype(np.float32), _tube_faces(len(path_m)))


def ball(radius_m: float) -> Solid:
    """Make a ball around the origin."""
    unit = _unit_ball()
    return Solid(unit.vertices * np.float32(radius_m), unit.faces)


def cylinder(radius_m: float, length_m: float) -> Solid:
    """Make a cylinder around the origin, along y."""
    unit = _unit_cylinder()
    return Solid(unit.vertices * np.array([radius_m, length_m, radius_m], np.float32), unit.faces)


def box(size_m: Floats) -> Solid:
    """Make a box around the origin, sides [3] along the axes."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    return Solid((signs * size_m / 2.0).astype(np.float32), _BOX_FACES)


def forearm(rig: HandRig, flexion: float, deviation: float, sleeve: float) -> Solid:
    """Make the forearm of a right hand at rest or in any pose: the palm never moves in its own frame.

    Args:
        rig: The hand.
        flexion: Bend of the wrist towards the palm, radians.
        deviation: Bend of the wrist towards the thumb, radians.
        sleeve: Thickness of a sleeve, as a share of the arm's; 0: bare.
    """
    middle, radii = _wrist_ellipse(rig)
    scale = rig.palm_m / 0.085
    across = np.array([1.0, 0.0, 0.0])
    along = np.array([-np.sin(deviation), -np.cos(deviation) * np.cos(flexion), -np.sin(flexion)])
    down = np.array([0.0, 0.02, 0.07, 0.075, 0.16, 0.26])[:, None] * scale
    thick = np.array([1.0, 1.0, 1.08, 1.12 + sleeve, 1.35 + sleeve, 1.5 + sleeve])[:, None] * radii
    arm = tube((middle + down * along)[::-1], thick[::-1], across)
    # Around the joint, so that a bent wrist has no gap.
    angles = np.linspace(0.15, np.pi - 0.15, 7)[:, None]
    heights = middle - np.cos(angles) * np.array([0.0, 0.9 * radii.mean(), 0.0])
    return joined(arm, tube(heights, np.sin(angles) * 1.01 * radii, across))


def joined(*solids: Solid) -> Solid:
    """Make one mesh of several."""
    starts = np.cumsum([0, *(len(solid.vertices) for solid in solids[:-1])])
    faces = [solid.faces + start for solid, start in zip(solids, starts, strict=True)]
    return Solid(np.concatenate([solid.vertices for solid in solids]), np.concatenate(faces))


def _wrist_ellipse(rig: HandRig) -> tuple[Floats, Floats]:
    """Measure the mesh's lower end: middle [3], half axes [2] across and through."""
    height = rig.vertices[:, 1]
    ring = rig.vertices[height < height.min() + np.float32(0.008)].astype(np.float64)
    low, high = ring.min(0), ring.max(0)
    middle = (low + high) / 2.0
    middle[1] = low[1] + 0.004
    return middle, (high - low)[[0, 2]] / 2.0


@lru_cache(maxsize=1)
def _unit_ball() -> Solid:
    angles = np.linspace(0.1, np.pi - 0.1, 7)[:, None]
    path = -np.cos(angles) * np.array([0.0, 1.0, 0.0])
    return tube(path, np.repeat(np.sin(angles), 2, axis=1), np.array([1.0, 0.0, 0.0]))


@lru_cache(maxsize=1)
def _unit_cylinder() -> Solid:
    path = np.linspace(-0.5, 0.5, 3)[:, None] * np.array([0.0, 1.0, 0.0])
    return tube(path, np.ones((3, 2)), np.array([1.0, 0.0, 0.0]))


@lru_cache(maxsize=16)
def _tube_faces(rings: int) -> Faces:
    faces = []
    for ring in range(rings - 1):
        for side in range(_SIDES):
            a, b = ring * _SIDES + side, ring * _SIDES + (side + 1) % _SIDES
            faces += [[a, b, a + _SIDES], [b, b + _SIDES, a + _SIDES]]
    start, end = rings * _SIDES, rings * _SIDES + 1
    for side in range(_SIDES):
        following = (side + 1) % _SIDES
        faces.append([start, following, side])
        faces.append([end, end - 1 - _SIDES + side, end - 1 - _SIDES + following])
    return np.array(faces, np.int64)


_BOX_FACES: Faces = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ]
)  # fmt: skip
