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

"""Pictures of the tracker's frames: markers and overlay, while somebody looks at them."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from sensor_msgs.msg import BatteryState, Image
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.messages.conversion import pixels_to_image
from hand_tracking_dsp.nodes.messages.hand_markers import hand_markers, markers_in_space
from hand_tracking_dsp.nodes.messages.overlay import Overlay
from hand_tracking_dsp.nodes.messages.received_images import ReceivedImages
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import ChannelOrder, FrameResult, TrackedHand
from hand_tracking_dsp.tracking.types import Image as Pixels

# Markers at true places go on for so long without depth before estimated ones take over.
_ESTIMATED_AFTER_S = 1.0


class FramePictures:
    """Publishes markers and overlay of a node's frames.

    Args:
        node: The node, which is being configured; its parameters markers and overlay say which there are.
        received: Images that it receives, for the model of their camera.
    """

    def __init__(self, node: ManagedNode, received: ReceivedImages) -> None:
        parameters = node.parameters
        self._received = received
        self._markers = node.publish_on(MarkerArray, "markers", "hands") if parameters["markers"] else None
        self._overlay = node.publish_on(Image, "overlay", "overlay") if parameters["overlay"] else None
        self._in_space_s = -math.inf
        self._drawing = Overlay()
        if parameters["overlay"]:
            node.listen_to(BatteryState, "battery_state", self._drawing.add_battery, "battery")

    def publish_in_space(
        self, hands: Sequence[TrackedHand], in_space: Sequence[Hand3d], header: Header
    ) -> None:
        """Publish markers of hands at their true places, in any thread; publish then leaves markers out.

        Args:
            hands: Hands of an image.
            in_space: The same hands in space.
            header: Header of these.
        """
        self._in_space_s = time.monotonic()
        if self._markers is not None and self._markers.get_subscription_count():
            self._markers.publish(markers_in_space(hands, in_space, header))

    def note_in_space(self, in_space: Sequence[Hand3d], view: DepthView) -> None:
        """Take hands in the camera's frame, and the depth image that placed them, for the overlay."""
        self._drawing.add_in_space(in_space, view)

    def publish(
        self, pixels: Pixels, order: ChannelOrder, result: FrameResult, cost: FrameCost, header: Header
    ) -> None:
        """Publish those of a frame.

        Args:
            pixels: Its image, uint8 [height, width, 3].
            order: Order of the channels.
            result: Its hands.
            cost: Their costs.
            header: Header of the image.
        """
        estimated = time.monotonic() - self._in_space_s > _ESTIMATED_AFTER_S
        if estimated and self._markers is not None and self._markers.get_subscription_count():
            height, width = pixels.shape[:2]
            camera = self._received.camera(width, height)
            markers = hand_markers(result.hands, header, camera.focal_px, camera.centre_px)
            self._markers.publish(markers)
        if self._overlay is not None and self._overlay.get_subscription_count():
            drawn = self._drawing.draw(pixels, order, result.hands, cost)
            self._overlay.publish(pixels_to_image(drawn, header))
