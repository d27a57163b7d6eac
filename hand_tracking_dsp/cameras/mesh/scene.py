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

"""Hands in space with their forearms, what they hold, and what is behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.raster import Raster
from hand_tracking_dsp.cameras.mesh.rig import HandRig, PosedHand, pose_mesh
from hand_tracking_dsp.cameras.mesh.solids import Solid, ball, box, cylinder, joined, make_arm, torso
from hand_tracking_dsp.hand import Handedness, Joint

Floats = NDArray[np.float64]

MIDDLE = 0.6
"""Place of a hand's middle between wrist and middle MCP, as a share of their distance."""

_FLESH_M = 0.009
_HELD_M = (0.010, 0.050)
"""Smallest and largest radius of what a hand can hold."""

_X, _Y, _Z = np.eye(3)

_MIDDLE_FINGER = [Joint.MIDDLE_MCP, Joint.MIDDLE_PIP, Joint.MIDDLE_DIP, Joint.MIDDLE_TIP]


@dataclass(frozen=True, slots=True)
class Arm:
    """Wrist and sleeve.

    Attributes:
        flexion: Bend of the wrist towards the palm, radians.
        deviation: Bend of the wrist towards the thumb, radians.
        sleeve: Thickness of the sleeve, as a share of the arm's.
        elbow: Direction of the upper arm from the elbow in the hand's frame, a unit vector [3]; None: the arm
            ends there.
    """

    flexion: float = 0.0
    deviation: float = 0.0
    sleeve: float = 0.0
    elbow: Floats | None = None

    @staticmethod
    def random(random: np.random.Generator, elbow_share: float = 0.0) -> Arm:
        """Draw a wrist within easy reach, bare in half the cases, and in a share of them an upper arm."""
        flexion, deviation = random.normal(0.0, (0.35, 0.14))
        sleeve = max(float(random.uniform(-0.3, 0.3)), 0.0)
        elbow = None
        if elbow_share > 0.0 and random.uniform() < elbow_share:
            # Anywhere but back along the forearm.
            elbow = random.standard_normal(3)
            elbow /= np.linalg.norm(elbow)
            elbow[1] = -abs(elbow[1])
        return Arm(float(np.clip(flexion, -0.8, 0.8)), float(np.clip(deviation, -0.3, 0.3)), sleeve, elbow)


@dataclass(frozen=True, slots=True)
class PlacedHand:
    """A hand in the optical frame.

    Attributes:
        posed: The hand in its own frame.
        skin: Its surface, metres.
        joints_m: float64 [21, 3], metres.
        arm: The forearm, metres; None: a hand cut off.
        held: What the fingers hold, metres; None: nothing.
    """

    posed: PosedHand
    skin: Solid
    joints_m: Floats
    arm: Solid | None
    held: Solid | None

    @property
    def handedness(self) -> Handedness:
        """Side of the hand."""
        return self.posed.handedness

    def draw(self, raster: Raster) -> None:
        """Draw hand, forearm and what it holds."""
        whole = joined(*(solid for solid in (self.skin, self.arm, self.held) if solid is not None))
        raster.draw(whole.vertices, whole.faces)

    def moved(self, turn: Floats, shift_m: Floats) -> PlacedHand:
        """Turn the hand by [3, 3] about the optical centre, then shift it by [3]."""
        return PlacedHand(
            self.posed,
            self.skin.moved(turn, shift_m),
            self.joints_m @ turn.T + shift_m,
            self.arm and self.arm.moved(turn, shift_m),
            self.held and self.held.moved(turn, shift_m),
        )


def place_hand(
    posed: PosedHand,
    turn: Floats,
    middle_m: Floats,
    size: float = 1.0,
    arm: Arm | None = None,
    held: Solid | None = None,
) -> PlacedHand:
    """Place a hand in the optical frame.

    Args:
        posed: The hand.
        turn: [3, 3], from the hand's frame to the optical one.
        middle_m: [3], place of the middle of the palm, metres in the optical frame.
        size: Scale of all.
        arm: Wrist and sleeve; None: no forearm.
        held: What the fingers hold, in the frame of a right hand; see held_solid.
    """
    rest = posed.rig.landmarks
    middle = rest[Joint.WRIST] + MIDDLE * (rest[Joint.MIDDLE_MCP] - rest[Joint.WRIST])
    forearms = None
    if arm is not None:
        forearms = make_arm(posed.rig, arm.flexion, arm.deviation, arm.sleeve, arm.elbow)
    if posed.handedness is Handedness.LEFT:
        middle = middle * np.array([-1.0, 1.0, 1.0])
        forearms, held = forearms and forearms.mirrored(), held and held.mirrored()
    hand = PlacedHand(posed, Solid(posed.vertices, posed.faces), posed.landmarks, forearms, held)
    scaled = turn * size
    return hand.moved(scaled, middle_m - scaled @ middle)


def held_solid(random: np.random.Generator, rig: HandRig, angles_deg: Floats) -> Solid | None:
    """Draw a cylinder, ball or bar that fills the hollow of the middle finger.

    Args:
        random: Source of the numbers drawn.
        rig: The hand.
        angles_deg: [5, 4], its pose.

    Returns:
        The body in the frame of a right hand; None where the hollow is too wide or too narrow.
    """
    points = pose_mesh(rig, angles_deg).landmarks[_MIDDLE_FINGER]
    # The circle through them in the plane y, z, by least squares.
    plane = points[:, 1:]
    terms = np.column_stack([2.0 * plane, np.ones(4)])
    (y, z, constant), *_ = np.linalg.lstsq(terms, (plane**2).sum(1), rcond=None)
    radius = float(np.sqrt(max(constant + y * y + z * z, 0.0))) - _FLESH_M
    if not _HELD_M[0] < radius < _HELD_M[1] or z < points[0, 2]:
        return None
    length, kind = random.uniform(0.09, 0.22), int(random.integers(3))
    centre = np.array([points[:, 0].mean() + random.normal(0.0, 0.015), y, z])
    across = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    if kind == 0:
        return cylinder(radius, length).moved(across, centre)
    if kind == 1:
        return ball(radius).moved(np.eye(3), centre)
    side = 1.5 * radius
    return box(np.array([length, side, side])).moved(
        _turn_about(_X, float(random.uniform(0.0, np.pi))), centre
    )


def random_turn(random: np.random.Generator) -> Floats:
    """Draw a rotation, all alike, float64 [3, 3]."""
    w, x, y, z = (quaternion := random.standard_normal(4)) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def draw_background(
    random: np.random.Generator, raster: Raster, middle_m: Floats, free_m: float, person_share: float = 0.0
) -> NDArray[np.int64]:
    """Draw nothing, a wall or a table top, a person, and up to four things, all behind a hand.

    Args:
        random: Source of the numbers drawn.
        raster: Where to draw.
        middle_m: [3], where the hand is, metres in the optical frame.
        free_m: Distance behind it that stays free.
        person_share: Share of backgrounds with a person's trunk and head, of those that are not empty.

    Returns:
        Numbers, in the raster, of the first face behind each thing, int64 [things].
    """
    distance = float(middle_m[2]) + free_m
    if random.uniform() < 0.15:
        return np.zeros(0, np.int64)
    if random.uniform() < 0.8:
        tilt = random.normal(0.0, 0.25, 2) if random.uniform() < 0.8 else random.uniform(-0.9, 0.9, 2)
        normal = np.array([tilt[0], tilt[1], 1.0])
        normal /= np.linalg.norm(normal)
        beyond = float(normal @ (middle_m / middle_m[2])) * (distance + float(random.exponential(0.35)))
        if beyond > 0.05:
            raster.wall(normal.astype(np.float32), beyond)
    things = []
    if person_share > 0.0 and random.uniform() < person_share:
        things.append(_person(random, middle_m, distance))
    for _ in range(int(random.integers(0, 5))):
        radius, depth = random.uniform(0.02, 0.12), distance + float(random.exponential(0.2))
        solid = _thing(random, radius)
        place = (middle_m / middle_m[2] + np.append(random.normal(0.0, 0.22, 2), 0.0)) * (depth + radius)
        things.append(solid.moved(random_turn(random), place))
    if not things:
        return np.zeros(0, np.int64)
    whole = joined(*things)
    first = raster.draw(whole.vertices, whole.faces)
    return first + np.cumsum([len(thing.faces) for thing in things])


def _person(random: np.random.Generator, middle_m: Floats, distance_m: float) -> Solid:
    """Draw a person's trunk and head somewhere behind a hand, in any turn about the line of sight."""
    depth = distance_m + 0.14 + float(random.exponential(0.15))
    place = (middle_m / middle_m[2] + np.append(random.normal(0.0, 0.25, 2), 0.0)) * depth
    x, y, z = random.normal(0.0, (0.25, 0.6, 0.0)) + np.array([0.0, 0.0, random.uniform(0.0, 2.0 * np.pi)])
    turn = _turn_about(_Z, float(z)) @ _turn_about(_X, float(x)) @ _turn_about(_Y, float(y))
    return torso().moved(turn, place)


def _thing(random: np.random.Generator, radius: float) -> Solid:
    kind = int(random.integers(3))
    if kind == 0:
        return box(random.uniform(0.3, 1.15, 3) * radius)
    return ball(radius) if kind == 1 else cylinder(0.45 * radius, 1.6 * radius)


def _turn_about(axis: Floats, angle: float) -> Floats:
    """Turn about an axis [3], a unit vector, by radians: float64 [3, 3]."""
    cross = np.cross(np.eye(3), axis)
    turn: Floats = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)
    return turn
