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

"""Poses of frames in one another, of the static transforms of a bag."""

from __future__ import annotations

from collections import deque

import numpy as np

from hand_tracking_dsp.depth.types import Pose
from hand_tracking_dsp.messages.message import Message

TF_TYPE = "tf2_msgs/msg/TFMessage"
TF_STATIC = "tf_static"


class StaticTransforms:
    """Tree of frames, of which the newest transform between each two counts."""

    def __init__(self) -> None:
        self._poses: dict[str, dict[str, Pose]] = {}

    def add(self, message: Message) -> None:
        """Take a TFMessage; transforms that are none are left out."""
        for one in message.transforms:
            place, turn = one.transform.translation, one.transform.rotation
            try:
                pose = Pose.of((place.x, place.y, place.z), (turn.x, turn.y, turn.z, turn.w))
            except ValueError:
                continue
            parent, child = one.header.frame_id.lstrip("/"), one.child_frame_id.lstrip("/")
            self._poses.setdefault(parent, {})[child] = pose
            self._poses.setdefault(child, {})[parent] = _inverse(pose)

    def pose(self, frame_id: str, body_id: str) -> Pose | None:
        """Return the pose of a frame in another; None where they are not joined."""
        start, goal = frame_id.lstrip("/"), body_id.lstrip("/")
        found = {start: Pose(np.zeros(3, np.float32), np.eye(3, dtype=np.float32))}
        waiting = deque([start])
        while waiting and goal not in found:
            known = waiting.popleft()
            for other, pose in self._poses.get(known, {}).items():
                if other not in found:
                    found[other] = _chained(found[known], pose)
                    waiting.append(other)
        return found.get(goal)


def _inverse(pose: Pose) -> Pose:
    return Pose(-pose.rotation.T @ pose.position_m, pose.rotation.T)


def _chained(pose: Pose, inner: Pose) -> Pose:
    """Return a pose that is given in the frame of another one in that one's frame."""
    return Pose(pose.moved(inner.position_m), pose.rotation @ inner.rotation)
