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

"""Times, deadlines, camera and frame of the images that the tracker receives, and what is wrong with them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from hand_tracking_dsp.control.clock_offset import ClockOffset
from hand_tracking_dsp.control.samples import PLAUSIBLE_END_TO_END_MS
from hand_tracking_dsp.messages.camera_model import CameraModel, camera_model
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.messages.stamp_clock import StampClock
from hand_tracking_dsp.nodes.messages.conversion import age_ms, seconds
from hand_tracking_dsp.tracking.deadline import Deadline
from hand_tracking_dsp.tracking.outlook import Prediction


@dataclass(slots=True, eq=False)
class ReceivedImage:
    """An image that waits to be looked at, or is.

    Attributes:
        message: The message.
        stamp_s: Time of the image for the tracker, seconds.
        age_ms: Its age when it arrived, milliseconds; 0 where its stamp says nothing.
        arrived_s: When that was, seconds of time.monotonic().
        due_s: When its hands are due, likewise.
        is_depth: Whether it is a depth image.
        substituted: Whether predicted hands were published then.
        prediction: These; None: none were.
        published_ms: From the stamp to their publishing, milliseconds; NaN: none were.
    """

    message: Message
    stamp_s: float
    age_ms: float
    arrived_s: float
    due_s: float
    is_depth: bool = False
    substituted: bool = False
    prediction: Prediction | None = None
    published_ms: float = math.nan

    @property
    def is_late(self) -> bool:
        """True if it arrived after its hands were due."""
        return self.due_s <= self.arrived_s

    def substitute(self, prediction: Prediction, now_s: float) -> None:
        """Note that predicted hands were published, by a monotonic clock in seconds."""
        self.prediction = prediction
        self.published_ms = self.age_ms + (now_s - self.arrived_s) * 1e3


class ReceivedImages:
    """Takes the time of each image from its stamp, or from its arrival where stamps are of no use.

    Args:
        horizontal_fov_deg: Field of view that counts without a calibration, degrees.
        deadline: Deadline of their hands.

    Attributes:
        info: The camera_info last received; None: none yet.
    """

    def __init__(self, horizontal_fov_deg: float, deadline: Deadline) -> None:
        self.info: CameraInfo | None = None
        self.deadline = deadline
        self._fov_deg = horizontal_fov_deg
        self.restart()

    def restart(self) -> None:
        """Forget the stamps: images come after a pause."""
        self._stamps = StampClock()
        self._clocks = ClockOffset()
        self._header: Header | None = None
        self._size = (0, 0)
        self.deadline.restart()

    def add_info(self, message: CameraInfo) -> None:
        """Take a camera_info."""
        self.info = message

    def receive(
        self, message: Message, now_ns: int, now_s: float, *, is_depth: bool = False
    ) -> ReceivedImage:
        """Take an image as it arrives.

        Args:
            message: Message of the image.
            now_ns: The present by the ROS clock, nanoseconds.
            now_s: The present by a monotonic clock, seconds.
            is_depth: Whether it is a depth image.
        """
        stamp = message.header.stamp
        stamp_s = self._stamps.time_s(seconds(stamp), now_ns * 1e-9)
        passed_ms = age_ms(stamp, now_ns)
        if self._stamps.still or self._clocks.differ or not passed_ms <= PLAUSIBLE_END_TO_END_MS:
            passed_ms = math.nan
        due_s = now_s + self.deadline.left_ms(passed_ms) * 1e-3
        known_ms = 0.0 if math.isnan(passed_ms) else passed_ms
        return ReceivedImage(message, stamp_s, known_ms, now_s, due_s, is_depth)

    def note(self, header: Header, width: int, height: int) -> None:
        """Note an image that can be read: its header, and its width and height in pixels."""
        self._header, self._size = header, (width, height)

    def end_to_end_ms(self, stamp: Time, now_ns: int, total_ms: float, now_s: float) -> float:
        """Return the time from an image's stamp to its hands, milliseconds; NaN: not known.

        Args:
            stamp: Stamp of the image.
            now_ns: The present by the ROS clock, nanoseconds.
            total_ms: Time in the tracker, milliseconds.
            now_s: The present by a monotonic clock, seconds.
        """
        if self._stamps.still or not (stamp.sec or stamp.nanosec):
            return math.nan
        self._clocks.add(now_s, total_ms, (now_ns - (stamp.sec * 10**9 + stamp.nanosec)) * 1e-6)
        return age_ms(stamp, now_ns)

    def camera(self, width: int, height: int, other: CameraInfo | None = None) -> CameraModel:
        """Return the model of the camera for images of a size.

        Args:
            width: Width, pixels.
            height: Height, pixels.
            other: The camera_info that counts while none has come; None: none does.
        """
        return camera_model(self.info or other, width, height, self._fov_deg)

    def remarks(self, topic: str) -> tuple[list[str], list[str]]:
        """Return warnings and notes about the images on a topic."""
        if self._header is None:
            return [], []
        camera = self.camera(*self._size)
        frame = (
            "" if self._header.frame_id else f"The images on {topic} name no frame_id: hands have no place."
        )
        warnings = (
            self._stamps.warning(topic),
            self._clocks.warning(),
            self.deadline.warning(),
            frame,
            camera.warning,
        )
        return list(filter(None, warnings)), list(filter(None, (camera.note,)))
