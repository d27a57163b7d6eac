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

"""Names of the topics that belong to an image, which follow a remap of the image as in image_transport."""

from __future__ import annotations

from rclpy.node import Node

IMAGE = "image_raw"
COMPRESSED = "image_raw/compressed"
CAMERA_INFO = "camera_info"


def image_topic(node: Node, name: str) -> str:
    """Return the name under which a node publishes or subscribes one of these topics.

    With image_raw remapped to /front/image_raw the others are /front/image_raw/compressed and
    /front/camera_info, as image_transport names them. A remap of their own goes first.

    Args:
        node: Node whose remaps count.
        name: IMAGE, COMPRESSED or CAMERA_INFO.
    """
    resolved = node.resolve_topic_name(name)
    if resolved != node.resolve_topic_name(name, only_expand=True):
        return resolved
    image = node.resolve_topic_name(IMAGE)
    if name.startswith(IMAGE):
        return image + name.removeprefix(IMAGE)
    return f"{image.rpartition('/')[0]}/{name}"
