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

"""Transforms between frames by tf2, which is no part of the ROS 2 that PyPI has."""

from __future__ import annotations

import time
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time as Stamp
from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

from hand_tracking_dsp.depth.types import Pose
from hand_tracking_dsp.errors import ConfigurationError, FrameError

# A transform that is older than this is named; it stays in /diagnostics for so long.
_OLD_S = 1.0
_SHOWN_S = 5.0


class Transforms:
    """Looks up transforms and publishes frames.

    Args:
        node: The node.
        parameters: Names of the parameters that need it.

    Raises:
        ConfigurationError: tf2_ros is not installed.
    """

    def __init__(self, node: Node, parameters: Iterable[str]) -> None:
        try:
            self._tf2 = import_module("tf2_ros")
        except ImportError as error:
            names = " and ".join(parameters)
            msg = (
                f"{names} is set, but tf2_ros is missing ({error}): install ros-$ROS_DISTRO-tf2-ros-py, or "
                f"leave {names} at its default."
            )
            raise ConfigurationError(msg) from error
        self._node = node
        self._buffer = self._tf2.Buffer()
        self._listener = self._tf2.TransformListener(self._buffer, node)
        self._broadcaster: Any = None
        self._old, self._old_s = "", -_SHOWN_S

    def pose(self, target: str, source: str, stamp: Stamp) -> Pose:
        """Look up the pose of a frame in another one at a time.

        Where it is not there yet at that time, the latest counts: waiting would delay the hands.

        Raises:
            FrameError: There is none, or it is no pose.
        """
        named = source or "a frame without a name"
        try:
            try:
                found = self._buffer.lookup_transform(target, source, Time.from_msg(stamp))
            except self._tf2.ExtrapolationException:
                found = self._buffer.lookup_transform(target, source, Time())
                self._note_age(f"from {named} to {target}", stamp, found.header.stamp)
        except self._tf2.TransformException as error:
            msg = f"There is no transform from {named} to {target} ({str(error).rstrip('.')}): publish it."
            raise FrameError(msg) from error
        move, turn = found.transform.translation, found.transform.rotation
        try:
            return Pose.of((move.x, move.y, move.z), (turn.x, turn.y, turn.z, turn.w))
        except ValueError as error:
            msg = f"The transform from {named} to {target} cannot be used: {error} Fix its publisher."
            raise FrameError(msg) from error

    def warnings(self) -> list[str]:
        """Say that a transform was old, or from another clock than the images."""
        return [self._old] if time.monotonic() - self._old_s < _SHOWN_S else []

    def forget(self) -> None:
        """Forget what changes over time: stamps went back, and tf2 takes nothing older than it has."""
        self._buffer.clear()

    def broadcast(self, pose: Pose, child: str, header: Header) -> None:
        """Publish a frame, child, by its pose in the frame of a header."""
        if self._broadcaster is None:
            self._broadcaster = self._tf2.TransformBroadcaster(self._node)
        message = TransformStamped(header=header, child_frame_id=child)
        move, turn = message.transform.translation, message.transform.rotation
        move.x, move.y, move.z = np.asarray(pose.position_m, float).tolist()
        turn.x, turn.y, turn.z, turn.w = pose.quaternion
        self._broadcaster.sendTransform(message)

    def _note_age(self, frames: str, stamp: Stamp, found: Stamp) -> None:
        """Note the age of a transform; one without a stamp does not change."""
        found_ns = Time.from_msg(found).nanoseconds
        age_s = (Time.from_msg(stamp).nanoseconds - found_ns) * 1e-9
        if found_ns and abs(age_s) > _OLD_S:
            side = "older" if age_s > 0 else "newer"
            self._old = (
                f"The latest transform {frames} is {abs(age_s):.1f} s {side} than the image, and is used: "
                f"publish it again and again, with stamps of the images' clock."
            )
            self._old_s = time.monotonic()

    def close(self) -> None:
        """Unsubscribe."""
        self._listener.unregister()
        if self._broadcaster is not None:
            self._node.destroy_publisher(self._broadcaster.pub_tf)
            self._broadcaster = None
