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

"""Value types of hands in space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.tracking.types import Floats

_PALM = [Joint.WRIST, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]


class JointState(IntEnum):
    """Origin of a joint's place; the values are those of msg/Hand3D.msg."""

    UNKNOWN = 0
    INFERRED = 1
    MEASURED = 2


class HandSource(IntEnum):
    """Images in which the hands of a frame were found; the values are those of msg/Hand3DArray.msg."""

    FUSED = 1
    DEPTH_ONLY = 2
    TRUTH = 3


@dataclass(frozen=True, slots=True)
class Pose:
    """Place and turn of a body in a frame.

    Attributes:
        position_m: float32 [3], metres.
        rotation: float32 [3, 3]; the columns are the body's axes in the frame.
    """

    position_m: Floats
    rotation: Floats

    @classmethod
    def of(cls, position_m: Sequence[float], quaternion: Sequence[float]) -> Pose:
        """Make a pose.

        Args:
            position_m: x, y, z, metres.
            quaternion: x, y, z, w; any length above 0.

        Raises:
            ValueError: The quaternion is 0, or a number is not finite.
        """
        x, y, z, w = turn = np.asarray(quaternion, np.float64)
        square = float(turn @ turn)
        place = np.asarray(position_m, np.float32)
        if not (0 < square < np.inf and np.isfinite(place).all()):
            msg = f"The pose at {list(position_m)} m, turned by the quaternion {list(quaternion)}, is none."
            raise ValueError(msg)
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        rotation = np.eye(3) + 2 / square * (w * cross + cross @ cross)
        return cls(place, rotation.astype(np.float32))

    def moved(self, points_m: Floats) -> Floats:
        """Give points of the body, float32 [..., 3], metres, in the frame of the pose."""
        moved: Floats = points_m @ self.rotation.T + self.position_m
        return moved

    @property
    def quaternion(self) -> tuple[float, float, float, float]:
        """The turn as a unit quaternion x, y, z, w, w at least 0."""
        turn = self.rotation.astype(np.float64)
        # The product of the quaternion with itself, times four: its largest row is the least inexact.
        (a, b, c), (d, e, f), (g, h, i) = turn.tolist()
        products = np.array(
            [
                [1 + a - e - i, b + d, c + g, h - f],
                [b + d, 1 - a + e - i, f + h, c - g],
                [c + g, f + h, 1 - a - e + i, d - b],
                [h - f, c - g, d - b, 1 + a + e + i],
            ]
        )
        row = products[int(np.argmax(np.diag(products)))]
        x, y, z, w = (row / np.linalg.norm(row) * (-1.0 if row[3] < 0 else 1.0)).tolist()
        return x, y, z, w


@dataclass(frozen=True, slots=True)
class Hand3d:
    """A hand in the camera's optical frame (x right, y down, z forward).

    Attributes:
        track_id: That of the TrackedHand; 0 for exact truth.
        handedness: Side of the person's body.
        handedness_score: Probability of that side, 0.5 to 1; NaN where it is unknown.
        presence: Probability that there is a hand, 0 to 1; NaN where it was not estimated.
        joints_m: float32 [21, 3], middle of each joint inside the flesh, metres; NaN where unknown.
        states: uint8 [21], a JointState each.
        std_m: float32 [21], estimated standard deviation of each joint's distance from its true place,
            metres; NaN where unknown.
    """

    track_id: int
    handedness: Handedness
    handedness_score: float
    presence: float
    joints_m: Floats
    states: NDArray[np.uint8]
    std_m: Floats

    @property
    def palm(self) -> Pose | None:
        """Pose of the palm; None where its joints are unknown or lie on a line.

        Its origin is the mean of the wrist and the four fingers' MCP joints, x points from the wrist to the
        middle finger's MCP, z out of the palm (away from the back of the hand).
        """
        return palm_pose(self.joints_m, self.handedness)


@dataclass(frozen=True, slots=True)
class Hands3d:
    """The hands in space of one frame.

    Attributes:
        hands: In the order of their track_id.
        source: Images in which they were found.
        depth_offset_s: Time from the image to the depth image that was used, seconds.
    """

    hands: Sequence[Hand3d]
    source: HandSource
    depth_offset_s: float = 0.0

    def moved(self, camera: Pose) -> Hands3d:
        """Return the hands in another frame, given the camera's pose there."""
        hands = tuple(replace(hand, joints_m=camera.moved(hand.joints_m)) for hand in self.hands)
        return replace(self, hands=hands)


def palm_pose(joints_m: Floats, handedness: Handedness) -> Pose | None:
    """Compute the pose of the palm as Hand3d.palm defines it.

    Args:
        joints_m: float32 [21, 3], metres.
        handedness: Side of the person's body; UNKNOWN is taken for RIGHT.
    """
    palm = joints_m[_PALM].astype(np.float64)
    if not np.isfinite(palm).all():
        return None
    middle = palm.mean(axis=0)
    along = palm[2] - palm[0]
    across = palm[1] - palm[4]
    out = _cross(along, across) if handedness is Handedness.LEFT else _cross(across, along)
    lengths = np.linalg.norm(along), np.linalg.norm(out)
    if min(lengths) < 1e-6:
        return None
    x, z = along / lengths[0], out / lengths[1]
    rotation = np.stack([x, _cross(z, x), z], axis=1)
    return Pose(middle.astype(np.float32), rotation.astype(np.float32))


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cross product of two vectors [3], for which np.cross takes several times as long."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
