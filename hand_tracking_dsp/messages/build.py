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

"""Messages out of plain values, for nodes and bags alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import HandTruth
from hand_tracking_dsp.depth.types import Hand3d, Hands3d, HandSource, JointState, Pose
from hand_tracking_dsp.hand import JOINT_COUNT, Handedness
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.hands import HANDS_TYPE
from hand_tracking_dsp.messages.hands_3d import HAND_3D_TYPE, HANDS_3D_TYPE
from hand_tracking_dsp.messages.joint_cloud import joint_cloud
from hand_tracking_dsp.messages.message import Message, sequence_of
from hand_tracking_dsp.messages.samples import COST_FIELDS, STATS_TYPE
from hand_tracking_dsp.tracking.depth_view import Intrinsics
from hand_tracking_dsp.tracking.outlook import Prediction
from hand_tracking_dsp.tracking.types import Floats, FrameResult, Image, Region, TrackedHand

_HAND = "hand_tracking_dsp/msg/Hand"
_FAST_PNG = 1


class MessageBuilder:
    """Builds messages of the classes that it is given, ROS 2's or rosbags'.

    Args:
        new: Function that makes a message of a type, such as "sensor_msgs/msg/Image", with every field at
            its default: 0, false or empty.
    """

    def __init__(self, new: Callable[[str], Message]) -> None:
        self._new = new

    def header(self, stamp_ns: int, frame_id: str) -> Message:
        """Build a std_msgs/Header; the stamp in nanoseconds."""
        head = self._new("std_msgs/msg/Header")
        head.stamp.sec, head.stamp.nanosec = divmod(stamp_ns, 1_000_000_000)
        head.frame_id = frame_id
        return head

    def image(self, pixels: Image, header: Message) -> Message:
        """Build a sensor_msgs/Image in bgr8 of uint8 [height, width, 3], BGR."""
        message = self._new("sensor_msgs/msg/Image")
        message.header = header
        message.height, message.width = pixels.shape[:2]
        message.encoding = "bgr8"
        message.step = 3 * message.width
        message.data = sequence_of(message.data, np.ascontiguousarray(pixels).reshape(-1))
        return message

    def depth_image(self, depth_mm: NDArray[np.uint16], header: Message) -> Message:
        """Build a sensor_msgs/Image in 16UC1 of uint16 [height, width], millimetres, 0 = unknown."""
        message = self._new("sensor_msgs/msg/Image")
        message.header = header
        message.height, message.width = depth_mm.shape
        message.encoding = "16UC1"
        message.step = 2 * message.width
        stored = np.ascontiguousarray(depth_mm, "<u2")
        message.data = sequence_of(message.data, stored.view(np.uint8).reshape(-1))
        return message

    def compressed_depth(self, depth_mm: NDArray[np.uint16], header: Message) -> Message:
        """Build a sensor_msgs/CompressedImage likewise, a PNG as of compressed_depth_image_transport."""
        _, png = cv2.imencode(".png", depth_mm, [cv2.IMWRITE_PNG_COMPRESSION, _FAST_PNG])
        message = self._new("sensor_msgs/msg/CompressedImage")
        message.header = header
        # All distributions read this form; newer ones write "png" behind it.
        message.format = "16UC1; compressedDepth"
        # The header's 12 bytes count for 32FC1 alone.
        data = np.concatenate([np.zeros(12, np.uint8), png.reshape(-1)])
        message.data = sequence_of(message.data, data)
        return message

    def compressed_image(self, pixels: Image, quality: int, header: Message) -> Message:
        """Build a sensor_msgs/CompressedImage, a JPEG of uint8 [height, width, 3], BGR; quality 1 to 100."""
        _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        message = self._new("sensor_msgs/msg/CompressedImage")
        message.header = header
        # The format string of image_transport's compressed plugin.
        message.format = "bgr8; jpeg compressed bgr8"
        message.data = sequence_of(message.data, jpeg.reshape(-1))
        return message

    def camera_info(self, width: int, height: int, intrinsics: Intrinsics | None, header: Message) -> Message:
        """Build the CameraInfo of a camera without distortion; all zero where it is not calibrated."""
        message = self._new("sensor_msgs/msg/CameraInfo")
        message.header = header
        message.height, message.width = height, width
        if intrinsics is not None:
            fx, fy, cx, cy = intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy
            message.distortion_model = "plumb_bob"
            message.d = sequence_of(message.d, np.zeros(5))
            message.k = np.array([fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0])
            message.r = np.eye(3).reshape(-1)
            message.p = np.array([fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0])
        return message

    def hands(
        self, result: FrameResult, header: Message, width: int, height: int, into: Message | None = None
    ) -> Message:
        """Build the HandArray of a frame's hands.

        Args:
            result: The hands.
            header: Header of the image.
            width: Its width, pixels.
            height: Its height, pixels.
            into: Earlier message to fill again: making the 42 points of each hand takes longer than filling.
        """
        stats = result.stats
        return self._hand_array(result.hands, stats.level, stats.sparsity, header, width, height, into)

    def predicted(self, prediction: Prediction, header: Message) -> Message:
        """Build the HandArray of an image that was not looked at in time; header is its own."""
        size = prediction.width, prediction.height
        message = self._hand_array(prediction.hands, prediction.level, prediction.sparsity, header, *size)
        message.predicted_s = prediction.age_s
        return message

    def truth(self, truth: Iterable[HandTruth], header: Message, width: int, height: int) -> Message:
        """Build the HandArray of a source's exact joints; what only a network would know is NaN."""
        hands = [_true_hand(exact) for exact in truth]
        return self._hand_array(hands, 0, math.nan, header, width, height)

    def hands_3d(self, hands: Hands3d, header: Message, into: Message | None = None) -> Message:
        """Build the Hand3DArray of a frame's hands.

        Args:
            hands: The hands.
            header: Header of the image, or of the target frame.
            into: Earlier message to fill again, as for hands.
        """
        message = self._new(HANDS_3D_TYPE) if into is None else into
        message.header = header
        message.source, message.depth_offset_s = int(hands.source), hands.depth_offset_s
        message.hands = self._places(message.hands, HAND_3D_TYPE, len(hands.hands))
        for place, hand in zip(message.hands, hands.hands, strict=True):
            _fill_hand_3d(place, hand)
        return message

    def truth_3d(self, truth: Iterable[HandTruth], header: Message) -> Message:
        """Build the Hand3DArray of a source's exact joints; those that are hidden are INFERRED."""
        return self.hands_3d(Hands3d(tuple(map(_true_hand_3d, truth)), HandSource.TRUTH), header)

    def joint_cloud(self, hands: Iterable[Hand3d], header: Message) -> Message:
        """Build a sensor_msgs/PointCloud2 of the joints of hands in space, without those that are unknown."""
        return joint_cloud(self._new, hands, header)

    def pose(self, pose: Pose, header: Message) -> Message:
        """Build a geometry_msgs/PoseStamped."""
        message = self._new("geometry_msgs/msg/PoseStamped")
        message.header = header
        _fill_pose(message.pose, pose)
        return message

    def stats(self, cost: FrameCost, header: Message) -> Message:
        """Build the TrackerStats of a frame's costs; its stamp is the header's, that of the image."""
        message = self._new(STATS_TYPE)
        message.header = header
        for name, field in COST_FIELDS.items():
            setattr(message, field, getattr(cost, name))
        if cost.keep:
            message.keep = sequence_of(message.keep, np.array(cost.keep, np.uint8))
        return message

    def _hand_array(
        self,
        hands: Sequence[TrackedHand],
        level: int,
        sparsity: float,
        header: Message,
        width: int,
        height: int,
        into: Message | None = None,
    ) -> Message:
        message = self._new(HANDS_TYPE) if into is None else into
        message.header = header
        message.image_width, message.image_height = width, height
        message.level, message.sparsity = level, sparsity
        message.hands = self._places(message.hands, _HAND, len(hands))
        for place, hand in zip(message.hands, hands, strict=True):
            _fill_hand(place, hand)
        return message

    def _places(self, before: Sequence[Message], kind: str, count: int) -> list[Message]:
        """Return so many messages of a kind, first those that were there before."""
        return [*before[:count], *(self._new(kind) for _ in range(count - len(before)))]


def _fill_hand(message: Message, hand: TrackedHand) -> None:
    """Fill a message of a hand, every field of it."""
    message.track_id = hand.track_id
    message.handedness = int(hand.handedness)
    message.handedness_score = hand.handedness_score
    message.presence = hand.presence
    message.measured, message.measurement_age_s = hand.measured, hand.measurement_age_s
    message.error_percent = hand.error_percent
    for name in ("x", "y", "size", "rotation"):
        setattr(message, f"region_{name}", float(getattr(hand.region, name)))
    _fill(message.landmarks, hand.landmarks)
    _fill(message.world_landmarks, hand.world_landmarks)


def _fill_hand_3d(message: Message, hand: Hand3d) -> None:
    message.track_id = hand.track_id
    message.handedness = int(hand.handedness)
    message.handedness_score, message.presence = hand.handedness_score, hand.presence
    _fill(message.joints, hand.joints_m)
    message.joint_states = hand.states.astype(np.uint8)
    message.joint_std = hand.std_m.astype(np.float32)
    _fill_pose(message.palm, hand.palm)


def _fill_pose(message: Message, pose: Pose | None) -> None:
    place, turn = message.position, message.orientation
    place.x, place.y, place.z = (math.nan,) * 3 if pose is None else pose.position_m.tolist()
    turn.x, turn.y, turn.z, turn.w = (math.nan,) * 4 if pose is None else pose.quaternion


def _true_hand_3d(exact: HandTruth) -> Hand3d:
    seen = np.ones(JOINT_COUNT, bool) if exact.visible is None else exact.visible
    return Hand3d(
        track_id=0,
        handedness=exact.handedness,
        handedness_score=_score(exact),
        presence=math.nan,
        joints_m=exact.joints_m + exact.centre_m,
        states=np.where(seen, JointState.MEASURED, JointState.INFERRED).astype(np.uint8),
        std_m=np.zeros(JOINT_COUNT, np.float32),
    )


def _score(exact: HandTruth) -> float:
    return 1.0 if exact.handedness != Handedness.UNKNOWN else math.nan


def _true_hand(exact: HandTruth) -> TrackedHand:
    return TrackedHand(
        track_id=0,
        handedness=exact.handedness,
        handedness_score=_score(exact),
        presence=math.nan,
        landmarks=exact.joints_px,
        world_landmarks=exact.joints_m,
        region=Region(math.nan, math.nan, math.nan, math.nan),
    )


def _fill(points: Iterable[Message], values: Floats) -> None:
    """Fill points in place: making 42 of them for each hand takes as long as everything else together."""
    for point, (x, y, z) in zip(points, values.tolist(), strict=True):
        point.x, point.y, point.z = x, y, z
