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

from hand_tracking_dsp.depth.input_options import DepthInputOptions
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.depth_images import compressed_depth_to_metres, depth_to_metres
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.nodes.base.image_topics import COMPRESSED_DEPTH, DEPTH, DEPTH_INFO, image_topic
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.messages.received_images import ReceivedImages
from hand_tracking_dsp.tracking.depth_view import DepthView

# A bad depth image stays in /diagnostics for so long.
_SHOWN_S = 5.0


class DepthInput:
    """Takes depth images and gives them as the tracker's image sees them.

    Args:
        node: The node, which is being configured.
        options: Topic, unit and more.
        received: Images that hands are found in, for the model of their camera.

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
        self._images = node.parameters.make(ImageOptions)
        self._received = received
        self._info: CameraInfo | None = None
        self._rejected = 0
        self._bad, self._bad_s = "", -_SHOWN_S
        compressed = options.transport == "compressedDepth"
        self._kind, self._name = (CompressedImage, COMPRESSED_DEPTH) if compressed else (Image, DEPTH)
        self._to_metres = compressed_depth_to_metres if compressed else depth_to_metres
        self.topic = node.resolve_topic_name(image_topic(node, self._name))

    def listen(self, on_depth: Callable[[Message], None]) -> None:
        """Subscribe.

        Args:
            on_depth: Function called with the message of every depth image.
        """
        self._node.listen_to(self._kind, self._name, on_depth, "depth", shared=True)
        self._node.listen_to(CameraInfo, DEPTH_INFO, self._add_info, "depth", shared=True)

    def view(self, message: Message, width: int = 0, height: int = 0) -> DepthView:
        """Convert a depth image.

        Args:
            message: Its message.
            width: Width of the image that it is to be aligned to, pixels; 0: hands are found in itself.
            height: Height of that image.

        Raises:
            FrameError: It cannot be read, or is not aligned to that image.
        """
        metres = self._to_metres(message, self._images, self._options.unit_m)
        if not width:
            height, width = metres.shape
        elif metres.shape != (height, width):
            msg = (
                f"The depth images on {self.topic} are {metres.shape[1]}x{metres.shape[0]}, but the images "
                f"are {width}x{height}: take depth that is aligned to the image."
            )
            raise FrameError(msg)
        camera = self._received.camera(width, height, self._info)
        return DepthView(metres, camera.intrinsics)

    def reject(self, sentence: str) -> None:
        """Note why a depth image was not used."""
        self._rejected += 1
        self._bad, self._bad_s = sentence, time.monotonic()

    def describe(self, report: Report) -> None:
        """Add what was wrong with depth images."""
        report.values["depth_rejected"] = self._rejected
        if time.monotonic() - self._bad_s < _SHOWN_S:
            report.warnings.append(self._bad)

    def _add_info(self, message: CameraInfo) -> None:
        self._info = message
