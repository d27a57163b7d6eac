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

"""Depth images of a bag, each with the image of its time, read when they are asked for."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hand_tracking_dsp.depth.input_options import DepthInputOptions
from hand_tracking_dsp.depth.registration import DepthRegistration, resized
from hand_tracking_dsp.documents import excerpt
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.camera_model import camera_model
from hand_tracking_dsp.messages.depth_images import compressed_depth_to_metres, depth_to_metres
from hand_tracking_dsp.recordings.bags.depth_topics import depth_topic, info_topics
from hand_tracking_dsp.recordings.bags.reader import Bag
from hand_tracking_dsp.recordings.static_transforms import TF_STATIC, TF_TYPE, StaticTransforms
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import Floats

_COMPRESSED_TYPE = "sensor_msgs/msg/CompressedImage"
_INFO_TYPE = "sensor_msgs/msg/CameraInfo"
# Stamps are float seconds since 1970, whose steps are a quarter of a microsecond.
_EQUAL_S = 1e-6
# In CDR and in ROS 1 a header's stamp ends there.
_STAMPED_BYTES = 12
# Depth images that came before their image.
_KEPT = 10
# Difference of two sides' ratios from which one image is no scaled copy of the other.
_SAME_SHAPE = 0.02
# For models that are left aside where they are not calibrated.
_ANY_FOV_DEG = 60.0


@dataclass(frozen=True, slots=True)
class DepthChoice:
    """Depth images of a bag that are to be read.

    Attributes:
        topic: Topic; "": that which belongs to the images by its name.
        options: Longest distance in time from the image, and the unit.
    """

    topic: str = ""
    options: DepthInputOptions = field(default_factory=DepthInputOptions)


@dataclass(frozen=True, slots=True)
class DepthMessage:
    """Depth image as it lies in a bag; its stamp is in seconds."""

    stamp_s: float
    msgtype: str
    data: bytes


@dataclass(frozen=True, slots=True)
class RecordedDepth:
    """Depth image that belongs to an image.

    Attributes:
        offset_s: Its time less the image's, seconds.
        view: Function of the image's width and height that reads it; raises FrameError where it cannot be
            read or is not aligned to the image.
        topic: Its topic.
        is_image: Whether the image is this depth image, since the bag has no other.
    """

    offset_s: float
    view: Callable[[int, int], DepthView]
    topic: str = ""
    is_image: bool = False


class DepthReader:
    """Keeps the depth images of a bag until their images come.

    Args:
        bag: Bag that is open.
        image_topic: Topic of the images.
        choice: Depth images to read.
        images: Limit of the images' size.
        problems: Counts of problems by sentence.

    Attributes:
        connections: Connections to read for it; none where no depth belongs to the images.
    """

    def __init__(
        self, bag: Bag, image_topic: str, choice: DepthChoice, images: ImageOptions, problems: Counter[str]
    ) -> None:
        self.connections: list[Any] = []
        self._bag = bag
        self._options = choice.options
        self._images = images
        self._problems = problems
        self._slop_s = max(choice.options.slop_s, _EQUAL_S)
        self._recent: deque[DepthMessage] = deque(maxlen=_KEPT)
        self._infos: dict[str, Any] = {}
        self._last: dict[str, bytes] = {}
        self._image_topic = image_topic
        self._transforms = StaticTransforms()
        self._registration: tuple[Any, DepthRegistration] | None = None
        self._topic = self._info_topic = self._image_info_topic = ""
        self._is_named = bool(choice.topic)
        try:
            self._topic = depth_topic(bag.connections, image_topic, choice.topic)
        except SourceError as error:
            problems[str(error).rstrip(".")] += 1
            return
        infos = [one.topic for one in bag.connections if one.msgtype == _INFO_TYPE and one.msgcount]
        self._info_topic = next((one for one in info_topics(self._topic, image_topic) if one in infos), "")
        if not self._info_topic:
            beside = info_topics(self._topic, image_topic)[0]
            sentence = "the bag has no camera_info for it, so that its metres are unknown: record"
            problems[f"{self._topic}: {sentence} {beside}, too"] += 1
            return
        beside_image = info_topics(image_topic, image_topic)
        self._image_info_topic = next((one for one in beside_image if one in infos), "")
        wanted = {self._topic, self._info_topic, self._image_info_topic}
        self.connections = [one for one in bag.connections if one.topic in wanted or _is_static_tf(one)]

    def takes(self, connection: Any) -> bool:  # noqa: ANN401 (rosbags may be absent)
        """Return whether a message of a connection is one for add."""
        return any(connection.id == one.id for one in self.connections)

    def add(self, connection: Any, stamp_s: float, data: bytes) -> None:  # noqa: ANN401
        """Take a message of one of the connections, with its time in seconds."""
        topic = connection.topic
        if topic == self._topic:
            self._recent.append(DepthMessage(stamp_s, connection.msgtype, data))
        elif self._last.get(topic) != data[_STAMPED_BYTES:]:
            # A driver's first camera_infos may be empty: the newest one counts.
            self._last[topic] = data[_STAMPED_BYTES:]
            try:
                message = self._bag.deserialize(data, connection.msgtype)
            except FrameError:  # the bag has counted it
                return
            if connection.msgtype == TF_TYPE:
                self._transforms.add(message)
            else:
                self._infos[topic] = message

    def nearest(self, stamp_s: float, known: DepthMessage | None = None) -> DepthMessage | None:
        """Return the depth image nearest to a time, seconds, of the last ones and one known before."""
        near = [one for one in self._recent if abs(one.stamp_s - stamp_s) <= self._slop_s]
        near += [] if known is None else [known]
        return min(near, key=lambda one: abs(one.stamp_s - stamp_s), default=None)

    def recorded(self, found: DepthMessage | None, stamp_s: float, frame_id: str) -> RecordedDepth | None:
        """Return the depth image of an image.

        Args:
            found: Message nearest to the image; None: none is near.
            stamp_s: Time of the image, seconds.
            frame_id: Frame of the image, whose depth image is aligned to it where it has the same one, or
                where the user named its topic.
        """
        if found is None:
            if self.connections:
                sentence = f"an image has no depth image within {self._options.slop_s:g} s"
                self._problems[f"{self._topic}: {sentence}"] += 1
            return None
        view, is_image = partial(self._view, found, frame_id), self._topic == self._image_topic
        return RecordedDepth(found.stamp_s - stamp_s, view, self._topic, is_image)

    def _view(self, found: DepthMessage, frame_id: str, width: int, height: int) -> DepthView:
        msgtype = found.msgtype
        message = self._bag.deserialize(found.data, msgtype)
        read = compressed_depth_to_metres if msgtype == _COMPRESSED_TYPE else depth_to_metres
        try:
            metres = read(message, self._images, self._options.unit_m)
            own_id = str(message.header.frame_id)
        except (AttributeError, TypeError, ValueError) as error:
            msg = f"A message is no {msgtype} ({error}): the bag's definition of it is damaged or another's."
            raise FrameError(msg) from error
        if own_id != frame_id and not self._is_named:
            return self._registered(metres, own_id, frame_id, (width, height))
        camera = self._camera(self._info_topic, width, height)
        rows, columns = metres.shape
        if (columns, rows) == (width, height):
            return DepthView(metres, camera)
        if abs(columns * height / (rows * width) - 1) > _SAME_SHAPE:
            msg = (
                f"{self._topic}: its depth images are {columns}x{rows}, the images {width}x{height}: choose "
                f"depth that is aligned to the image."
            )
            raise FrameError(msg)
        return DepthView(resized(metres, (width, height)), camera)

    def _registered(self, metres: Floats, own_id: str, frame_id: str, size: tuple[int, int]) -> DepthView:
        """Carry depth of another camera into that of the images."""
        place = self._transforms.pose(frame_id, own_id)
        if place is None:
            msg = (
                f"{self._topic}: its depth images are of the frame {excerpt(own_id)}, the images of "
                f"{excerpt(frame_id)}, and no static transform of the bag joins them: record depth that is "
                f"aligned to the image, or name the topic if it is."
            )
            raise FrameError(msg)
        depth_size = metres.shape[1], metres.shape[0]
        camera = self._camera(self._image_info_topic or "camera_info of the images", *size)
        depth_camera = self._camera(self._info_topic, *depth_size)
        pose = (*place.position_m.tolist(), *place.quaternion)
        key = depth_camera, depth_size, camera, size, pose
        if self._registration is None or self._registration[0] != key:
            self._registration = key, DepthRegistration(depth_camera, depth_size, camera, size, place)
        return DepthView(self._registration[1].register(metres), camera)

    def _camera(self, topic: str, width: int, height: int) -> Intrinsics:
        """Return the camera of images of a size.

        Raises:
            FrameError: Its camera_info has not come, or does not fit.
        """
        camera = camera_model(self._infos.get(topic), width, height, _ANY_FOV_DEG)
        if not camera.calibrated:
            msg = (
                f"{topic}: no camera_info that fits images of {width}x{height} has come, so that the metres "
                f"of depth are unknown."
            )
            raise FrameError(msg)
        return camera.intrinsics


def _is_static_tf(connection: Any) -> bool:  # noqa: ANN401
    return (str(connection.msgtype), str(connection.topic).split("/")[-1]) == (TF_TYPE, TF_STATIC)
