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

SIDES = 12
"""Vertices of a ring of a tube, counted from its first axis by way of the second."""

BARE_VERTICES = 3 * SIDES + 2 + 7 * SIDES + 2
"""Vertices of an arm that belong to skin: of its three rings at the hand and of the wrist."""

_ANGLES = np.linspace(0.0, 2.0 * np.pi, SIDES, endpoint=False)
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
        across: float64 [3], direction of the first axis; not that of the path.
    """
    along = path_m[-1] - path_m[0]
    along = along / np.linalg.norm(along)
    first = across - along * (across @ along)
    first /= np.linalg.norm(first)
    (ax, ay, az), (fx, fy, fz) = along, first
    second = np.array([ay * fz - az * fy, az * fx - ax * fz, ax * fy - ay * fx])
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


def torso() -> Solid:
    """Make an adult's trunk with neck and head around the origin, the head towards -y, the back towards z."""
    heights = np.array([0.45, 0.42, 0.2, 0.0, -0.16, -0.22, -0.26, -0.32, -0.37, -0.46, -0.53, -0.55])
    across = np.array([0.1, 0.16, 0.15, 0.17, 0.2, 0.18, 0.09, 0.06, 0.07, 0.08, 0.06, 0.02])
    through = np.array([0.08, 0.11, 0.11, 0.12, 0.11, 0.09, 0.06, 0.06, 0.08, 0.1, 0.08, 0.03])
    path = heights[:, None] * np.array([0.0, 1.0, 0.0])
    return tube(path, np.column_stack([across, through]), np.array([1.0, 0.0, 0.0]))


def box(size_m: Floats) -> Solid:
    """Make a box around the origin, sides [3] along the axes."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    return Solid((signs * size_m / 2.0).astype(np.float32), _BOX_FACES)


def make_arm(rig: HandRig, flexion: float, deviation: float, sleeve: float, elbow: Floats | None) -> Solid:
    """Make the arm of a right hand at rest or in any pose: the palm never moves in its own frame.

    Args:
        rig: The hand.
        flexion: Bend of the wrist towards the palm, radians.
        deviation: Bend of the wrist towards the thumb, radians.
        sleeve: Thickness of a sleeve, as a share of the arm's; 0: bare.
        elbow: Direction of the upper arm from the elbow, a unit vector [3]; None: no upper arm.

    Returns:
        The arm; its last BARE_VERTICES are skin, the others the sleeve's.
    """
    middle, radii, wrist = _wrist_of(rig)
    scale = rig.palm_m / 0.085
    across = np.array([1.0, 0.0, 0.0])
    along = np.array([-np.sin(deviation), -np.cos(deviation) * np.cos(flexion), -np.sin(flexion)])
    down = np.array([0.0, 0.02, 0.07, 0.075, 0.16, 0.26])[:, None] * scale
    thick = np.array([1.0, 1.0, 1.08, 1.12 + sleeve, 1.35 + sleeve, 1.5 + sleeve])[:, None] * radii
    path = middle + down * along
    arm = tube(path[::-1], thick[::-1], across)
    if elbow is None:
        return joined(arm, wrist)
    width = (1.5 + sleeve) * radii[:1]
    upper = path[-1] + np.array([[-0.02], [0.0], [0.3]]) * scale * elbow
    square = np.eye(3)[np.abs(elbow).argmin()]
    return joined(tube(upper, np.array([[0.7], [1.0], [1.25]]) * width, square), arm, wrist)


def joined(*solids: Solid) -> Solid:
    """Make one mesh of several."""
    starts = np.cumsum([0, *(len(solid.vertices) for solid in solids[:-1])])
    faces = [solid.faces + start for solid, start in zip(solids, starts, strict=True)]
    return Solid(np.concatenate([solid.vertices for solid in solids]), np.concatenate(faces))


@lru_cache(maxsize=64)
def _wrist_of(rig: HandRig) -> tuple[Floats, Floats, Solid]:
    """Measure the mesh's lower end: middle [3], half axes [2] across and through, and a body around it.

    The body fills the gap that a bent wrist would leave.
    """
    height = rig.vertices[:, 1]
    ring = rig.vertices[height < height.min() + np.float32(0.008)].astype(np.float64)
    low, high = ring.min(0), ring.max(0)
    middle, radii = (low + high) / 2.0, (high - low)[[0, 2]] / 2.0
    middle[1] = low[1] + 0.004
    angles = np.linspace(0.15, np.pi - 0.15, 7)[:, None]
    heights = middle - np.cos(angles) * np.array([0.0, 0.9 * radii.mean(), 0.0])
    return middle, radii, tube(heights, np.sin(angles) * 1.01 * radii, np.array([1.0, 0.0, 0.0]))


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
        for side in range(SIDES):
            a, b = ring * SIDES + side, ring * SIDES + (side + 1) % SIDES
            faces += [[a, b, a + SIDES], [b, b + SIDES, a + SIDES]]
    start, end = rings * SIDES, rings * SIDES + 1
    for side in range(SIDES):
        following = (side + 1) % SIDES
        faces.append([start, following, side])
        faces.append([end, end - 1 - SIDES + side, end - 1 - SIDES + following])
    return np.array(faces, np.int64)


_BOX_FACES: Faces = np.array(
    [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ]
)  # fmt: skip
