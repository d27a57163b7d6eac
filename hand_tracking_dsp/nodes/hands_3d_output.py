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

"""Hands in space on their topics: all joints, a point cloud, the palms' poses, and frames of tf2."""

from __future__ import annotations

from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Header

from hand_tracking_dsp.depth.types import Hand3d, Hands3d
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.msg import Hand3DArray
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.transforms import Transforms
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES

_SIDES = {Handedness.LEFT: "left", Handedness.RIGHT: "right"}


class Hands3dOutput:
    """Publishes hands in space, in the camera's frame or in another one.

    Args:
        node: The node, which is being configured.
        target_frame: Frame to publish in; "": the camera's optical frame.
        publish_tf: Whether to publish the palms as frames of tf2.

    Raises:
        ConfigurationError: tf2 is needed, but not installed.
    """

    def __init__(self, node: ManagedNode, target_frame: str, *, publish_tf: bool) -> None:
        self._target_frame = target_frame
        needs_tf = ["depth.target_frame"] * bool(target_frame) + ["depth.publish_tf"] * publish_tf
        self._transforms = Transforms(node, needs_tf) if needs_tf else None
        self._publish_tf = publish_tf
        self._message: Hand3DArray | None = None
        self._hands_3d = node.publish_on(Hand3DArray, "hands_3d", "hands")
        self._points = node.publish_on(PointCloud2, "hands_3d/points", "hands")
        self._palms = {
            side: node.publish_on(PoseStamped, f"hands_3d/{name}/palm_pose", "hands")
            for side, name in _SIDES.items()
        }

    def publish(self, hands: Hands3d, header: Header) -> tuple[Hands3d, Header]:
        """Publish the hands of an image.

        Args:
            hands: Hands in the camera's optical frame.
            header: Header of the image.

        Returns:
            What was published: the hands in the target frame, and its header.

        Raises:
            FrameError: The transform to the target frame is not known.
        """
        if self._target_frame and self._transforms is not None:
            camera = self._transforms.pose(self._target_frame, header.frame_id, header.stamp)
            hands = hands.moved(camera)
            header = Header(stamp=header.stamp, frame_id=self._target_frame)
        self._message = ROS_MESSAGES.hands_3d(hands, header, self._message)
        self._hands_3d.publish(self._message)
        if self._points.get_subscription_count():
            self._points.publish(ROS_MESSAGES.joint_cloud(hands.hands, header))
        for side, hand in _first_of_each_side(hands).items():
            listened = self._palms[side].get_subscription_count() > 0
            pose = hand.palm if listened or self._publish_tf else None
            if pose is None:
                continue
            if listened:
                self._palms[side].publish(ROS_MESSAGES.pose(pose, header))
            if self._publish_tf and self._transforms is not None:
                self._transforms.broadcast(pose, f"hand_{_SIDES[side]}_palm", header)
        return hands, header

    def warnings(self) -> list[str]:
        """Say what is wrong with the transform to the target frame."""
        return self._transforms.warnings() if self._transforms is not None else []

    def begin_again(self) -> None:
        """Forget transforms: stamps went back."""
        if self._transforms is not None:
            self._transforms.forget()

    def close(self) -> None:
        """Unsubscribe from tf2."""
        if self._transforms is not None:
            self._transforms.close()


def _first_of_each_side(hands: Hands3d) -> dict[Handedness, Hand3d]:
    """Return a hand of each side: the one that has been followed for longest."""
    found: dict[Handedness, Hand3d] = {}
    for hand in hands.hands:
        if hand.handedness in _SIDES:
            found.setdefault(hand.handedness, hand)
    return found
