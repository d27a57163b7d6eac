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

# By REP 118; aligned to the image unless they are registered here.
DEPTH = "depth/image_raw"
COMPRESSED_DEPTH = "depth/image_raw/compressedDepth"
DEPTH_AS_IMAGE = "depth/image_raw/compressed"
DEPTH_INFO = "depth/camera_info"

_IMAGES = {
    COMPRESSED: IMAGE,
    CAMERA_INFO: IMAGE,
    COMPRESSED_DEPTH: DEPTH,
    DEPTH_AS_IMAGE: DEPTH,
    DEPTH_INFO: DEPTH,
}


def image_topic(node: Node, name: str) -> str:
    """Return the name under which a node publishes or subscribes a topic.

    With image_raw remapped to /front/image_raw those that belong to it are /front/image_raw/compressed and
    /front/camera_info, as image_transport names them, and likewise for depth/image_raw. A remap of their own
    goes first. Others stay as they are.

    Args:
        node: Node whose remaps count.
        name: Name in its code.
    """
    if name not in _IMAGES:
        return name
    resolved = node.resolve_topic_name(name)
    if resolved != node.resolve_topic_name(name, only_expand=True):
        return resolved
    image = node.resolve_topic_name(_IMAGES[name])
    if name.startswith(_IMAGES[name]):
        return image + name.removeprefix(_IMAGES[name])
    return f"{image.rpartition('/')[0]}/{name.rpartition('/')[2]}"
