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

"""Sees what RViz and Foxglove show: the overlay and the markers of the same image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from geometry_msgs.msg import Point
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from docs_pictures.drawing import Rgb, Strokes
from hand_tracking_dsp.messages.images import image_to_pixels
from hand_tracking_dsp.nodes.graph.spinning import SpinningNode
from hand_tracking_dsp.nodes.messages.hand_markers import NAMESPACES
from hand_tracking_dsp.tracking.types import Floats
from hand_tracking_dsp.tracking.types import Image as Pixels

# The end of a predicted hand's name; see hand_tracking_dsp.tracking.draw.hand_label.
_PREDICTED = " predicted"
# The markers of an image are there before its overlay; so many images may lie between.
_KEPT = 20


@dataclass(frozen=True, slots=True)
class Sight:
    """What viewers show of one image: the overlay, uint8 [height, width, 3] BGR, and the markers."""

    overlay: Pixels
    hands: list[Strokes]


class Viewer(SpinningNode):
    """Keeps the newest sight of so many measured hands, in a thread of its own within a ``with`` block.

    Args:
        hands: How many must be seen.
        domain_id: ROS domain; None: the environment's.

    Attributes:
        sight: The newest in which every hand was measured; None: none yet.
        seen: How many sights of so many hands there were, measured or predicted.
    """

    def __init__(self, hands: int, domain_id: int | None = None) -> None:
        super().__init__("hand_tracking_viewer", domain_id)
        self.sight: Sight | None = None
        self.seen = 0
        self._hands = hands
        self._markers: dict[tuple[int, int], MarkerArray] = {}
        self.node.create_subscription(MarkerArray, "markers", self._on_markers, 10)
        self.node.create_subscription(Image, "overlay", self._on_overlay, qos_profile_sensor_data)

    def _on_markers(self, message: MarkerArray) -> None:
        stamp = message.markers[0].header.stamp
        self._markers[stamp.sec, stamp.nanosec] = message
        while len(self._markers) > _KEPT:
            self._markers.pop(next(iter(self._markers)))

    def _on_overlay(self, message: Image) -> None:
        stamp = message.header.stamp
        markers = self._markers.get((stamp.sec, stamp.nanosec))
        if markers is None:
            return
        hands = strokes(markers.markers)
        if len(hands) != self._hands:
            return
        self.seen += 1
        # On a busy machine most hands are predicted: the picture waits for measured ones, the count does not.
        if not any(hand.name.endswith(_PREDICTED) for hand in hands):
            # A copy: the message's bytes cannot be drawn into.
            self.sight = Sight(image_to_pixels(message)[0].copy(), hands)


def strokes(markers: Sequence[Marker]) -> list[Strokes]:
    """Take the hands out of the markers that hand_markers built."""
    by_hand: dict[int, dict[str, Marker]] = {}
    for marker in markers:
        if marker.action == Marker.ADD:
            by_hand.setdefault(marker.id, {})[marker.ns] = marker
    found = []
    for parts in by_hand.values():
        skeleton, joints, name = (parts[namespace] for namespace in NAMESPACES)
        found.append(
            Strokes(
                lines=_array(skeleton.points).reshape(-1, 2, 3),
                line_colours=[_rgb(colour) for colour in skeleton.colors[::2]],
                points=_array(joints.points),
                point_colours=[_rgb(colour) for colour in joints.colors],
                name=name.text,
                name_at=_array([name.pose.position])[0],
                name_colour=_rgb(name.color),
            )
        )
    return found


def _array(points: Sequence[Point]) -> Floats:
    return np.array([(point.x, point.y, point.z) for point in points], dtype=np.float32)


def _rgb(colour: ColorRGBA) -> Rgb:
    return colour.r, colour.g, colour.b
