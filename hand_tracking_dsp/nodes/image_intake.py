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

"""Images that the tracker finds hands in: the colour image, the depth image, or one of them by the light."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from hand_tracking_dsp.depth.mode import FRESH_S, AutoOptions, ModeChooser
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.images import compressed_to_pixels, image_to_pixels
from hand_tracking_dsp.messages.message import Message, stamp_ns
from hand_tracking_dsp.nodes.base.image_topics import CAMERA_INFO, COMPRESSED, IMAGE, image_topic
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.depth_fusion import DepthFusion
from hand_tracking_dsp.nodes.messages.received_images import ReceivedImage, ReceivedImages
from hand_tracking_dsp.tracking.scout import Scout
from hand_tracking_dsp.tracking.types import ChannelOrder, FrameResult
from hand_tracking_dsp.tracking.types import Image as Pixels


class ImageIntake:
    """Subscribes to the images and decides which of them hands are found in.

    Args:
        node: The node, which is being configured.
        received: Images that hands are found in.
        fusion: Depth; None: there is none.
        scout: Looks into the image that is not used, in the mode auto; None in others.
        on_image: Function called with the message of an image that hands are to be found in, and whether it
            is a depth image.

    Attributes:
        topic: Topic of the images, for sentences.
    """

    def __init__(
        self,
        node: ManagedNode,
        received: ReceivedImages,
        fusion: DepthFusion | None,
        scout: Scout | None,
        on_image: Callable[[Message, bool], None],
    ) -> None:
        parameters = node.parameters
        mode = parameters["depth.mode"]
        self._node, self._fusion, self._scout, self._on_image = node, fusion, scout, on_image
        self._chooser = ModeChooser(parameters.make(AutoOptions, "depth.auto.")) if mode == "auto" else None
        self._is_depth = mode == "depth_only"
        self._other: tuple[Message, float] | None = None
        # Images come in one thread, and which of them are used is decided in the tracker's.
        self._lock = threading.Lock()
        # The last image that hands were to be found in: its stamp, whether it is depth, and when it came.
        self._given = 0, False, -math.inf
        self._last_ns, self._changed_s = 0, -math.inf
        self._colour_s = self._depth_s = math.inf
        self.topic = ""
        compressed = parameters["image_transport"] == "compressed"
        self._to_pixels = compressed_to_pixels if compressed else image_to_pixels
        if mode != "depth_only":
            kind, name = (CompressedImage, COMPRESSED) if compressed else (Image, IMAGE)
            self.topic = node.resolve_topic_name(image_topic(node, name))
            node.listen_to(CameraInfo, CAMERA_INFO, received.add_info, "image", shared=True)
            node.listen_to(kind, name, self._on_colour, "image", shared=True)
        if fusion is not None:
            self.topic = self.topic or fusion.input.topic
            fusion.input.listen(self._on_depth)

    def restart(self) -> None:
        """Begin with the colour image again, where depth is not alone."""
        self._other, self._changed_s = None, -math.inf
        self._colour_s = self._depth_s = time.monotonic()
        if self._chooser is not None:
            self._chooser.reset()
            self._is_depth = False

    def pixels(self, image: ReceivedImage, scale: ValueScale) -> tuple[Pixels, ChannelOrder]:
        """Give the pixels of an image, uint8 [height, width, 3], and the order of their channels.

        Raises:
            FrameError: It cannot be read.
        """
        if image.is_depth and self._fusion is not None:
            return self._fusion.draw(image.message)
        return self._to_pixels(image.message, scale)

    def consider(self, image: ReceivedImage, result: FrameResult, scale: ValueScale) -> None:
        """Decide by the hands of an image, and by a look into the other one now and then, which to use next.

        Args:
            image: The image.
            result: Its hands.
            scale: As for pixels.
        """
        if self._chooser is None or image.is_depth != self._is_depth:
            return
        mode = self._chooser.consider(result.hands, lambda: self._look(scale), image.stamp_s)
        is_depth = mode == "depth_only"
        if is_depth == self._is_depth:
            return
        with self._lock:
            waiting, self._other = self._other, None
            self._is_depth = is_depth
            self._last_ns, self._changed_s = self._given[0], time.monotonic()
        images = "the depth image alone" if is_depth else "the colour image"
        self._node.get_logger().info(f"Hands are found in {images} from now on.")
        # It came while the other kind was still used: without it the change would cost a frame.
        if waiting is not None and 0 < stamp_ns(waiting[0]) - self._last_ns < FRESH_S * 1e9:
            self._on_image(waiting[0], is_depth)

    def describe(self, report: Report) -> None:
        """Say which images hands are found in."""
        if self._chooser is not None:
            report.values["depth_mode"] = self._chooser.mode

    def _look(self, scale: ValueScale) -> float:
        """Return the presence of a hand in the other image; NaN: there is none that can be looked at."""
        other, fusion, scout = self._other, self._fusion, self._scout
        if other is None or fusion is None or scout is None or time.monotonic() - other[1] > FRESH_S:
            return math.nan
        try:
            if self._is_depth:
                return scout.presence(*self._to_pixels(other[0], scale))
            return scout.presence(fusion.statue(other[0]))
        except FrameError:
            return math.nan

    def _forward(self, message: Message, *, is_depth: bool) -> None:
        """Give an image on, unless it is of the time before the last one of the other kind."""
        # Only for a while after a change: stamps may stand still, or go back later.
        changed = time.monotonic() - self._changed_s < FRESH_S
        if not (changed and 0 <= self._last_ns - stamp_ns(message) < FRESH_S * 1e9):
            self._on_image(message, is_depth)

    def _on_colour(self, message: Message) -> None:
        self._colour_s = time.monotonic()
        with self._lock:
            used = not self._is_depth or self._colour_s - self._depth_s > FRESH_S
            used = self._note(message, self._colour_s, is_depth=False, used=used)
        if used:
            self._forward(message, is_depth=False)

    def _on_depth(self, message: Message) -> None:
        self._depth_s = time.monotonic()
        # A camera that gives no colour image at all is as good as one in the dark.
        silent = self._chooser is not None and self._depth_s - self._colour_s > FRESH_S
        with self._lock:
            used = self._is_depth or silent
            used = self._note(message, self._depth_s, is_depth=True, used=used)
        if used:
            self._forward(message, is_depth=True)
        elif self._fusion is not None:
            self._fusion.receive(message)

    def _note(self, message: Message, now_s: float, *, is_depth: bool, used: bool) -> bool:
        """Keep an image that is not used to look into it, and the time of one that is.

        Returns:
            Whether it is used: not if the other image of its moment just was, as after a pause of either.
        """
        at_ns, depth, given_s = self._given
        same = stamp_ns(message) == at_ns and depth != is_depth and now_s - given_s < FRESH_S
        if used and not same:
            self._given = stamp_ns(message), is_depth, now_s
            return True
        self._other = message, now_s
        return False
