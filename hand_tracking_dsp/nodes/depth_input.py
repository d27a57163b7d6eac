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

"""Depth images that the tracker receives: their topics, their conversion, and what is wrong with them."""

from __future__ import annotations

import time
from collections.abc import Callable

from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from hand_tracking_dsp.depth.input_options import DepthInputOptions
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.depth_images import compressed_depth_to_metres, depth_to_metres
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.nodes.base.image_topics import (
    COMPRESSED_DEPTH,
    DEPTH,
    DEPTH_AS_IMAGE,
    DEPTH_INFO,
    image_topic,
)
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.depth_alignment import DepthAlignment
from hand_tracking_dsp.nodes.messages.received_images import ReceivedImages
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import Floats

# A bad depth image stays in /diagnostics for so long.
_SHOWN_S = 5.0

_TOPICS = {"raw": DEPTH, "compressedDepth": COMPRESSED_DEPTH, "compressed": DEPTH_AS_IMAGE}


class DepthInput:
    """Takes depth images and gives them as the tracker's image sees them.

    Args:
        node: The node, which is being configured.
        options: Topic, unit and more.
        received: Images that hands are found in, for the model of their camera.

    Raises:
        ConfigurationError: Depth cannot be registered by these options.

    Attributes:
        topic: Topic of the depth images, for sentences.
    """

    def __init__(
        self,
        node: ManagedNode,
        options: DepthInputOptions,
        received: ReceivedImages,
    ) -> None:
        self._node = node
        self._options = options
        self._received = received
        self._images = node.parameters.make(ImageOptions)
        self._alignment = DepthAlignment(node, options, received)
        self._rejected = 0
        self._bad, self._bad_s = "", -_SHOWN_S
        raw = options.transport == "raw"
        self._name = _TOPICS[options.transport]
        self._kind = Image if raw else CompressedImage
        self._to_metres = depth_to_metres if raw else compressed_depth_to_metres
        self.topic = node.resolve_topic_name(image_topic(node, self._name))

    def listen(self, on_depth: Callable[[Message], None]) -> None:
        """Subscribe.

        Args:
            on_depth: Function called with the message of every depth image.
        """
        # Executors take what waits in this order, so that the first image has its camera.
        self._node.listen_to(CameraInfo, DEPTH_INFO, self._add_info, "depth", shared=True)
        self._node.listen_to(self._kind, self._name, on_depth, "depth", shared=True)

    def own(self, message: Message) -> DepthView:
        """Convert a depth image in which hands are found.

        Raises:
            FrameError: It cannot be read.
        """
        return self._alignment.own(self._metres(message))

    def aligned(self, message: Message, header: Header, width: int, height: int) -> DepthView:
        """Convert a depth image, as the camera of an image sees it.

        Args:
            message: Message of the depth image.
            header: Header of the image.
            width: Its width, pixels.
            height: Its height, pixels.

        Raises:
            FrameError: It cannot be read, or does not fit the image.
        """
        metres = self._metres(message)
        return self._alignment.aligned(metres, message.header, header, (width, height))

    def reject(self, sentence: str) -> None:
        """Note why a depth image was not used."""
        self._rejected += 1
        self._bad, self._bad_s = sentence, time.monotonic()

    def describe(self, report: Report) -> None:
        """Add what was wrong with depth images."""
        report.values["depth_rejected"] = self._rejected
        if time.monotonic() - self._bad_s < _SHOWN_S:
            report.warnings.append(self._bad)
        report.warnings += self._alignment.warnings()

    def begin_again(self) -> None:
        """Forget what belongs to a time: stamps went back."""
        self._alignment.begin_again()

    def close(self) -> None:
        """Release what is not the node's."""
        self._alignment.close()

    def _metres(self, message: Message) -> Floats:
        return self._to_metres(message, self._images, self._options.unit_m)

    def _add_info(self, message: CameraInfo) -> None:
        self._alignment.info = message
        if self._options.mode == "depth_only":
            self._received.add_info(message)
