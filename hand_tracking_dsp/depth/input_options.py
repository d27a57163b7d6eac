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

"""Options of how depth images are received and used."""

from __future__ import annotations

from dataclasses import dataclass

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.options import check_options, option

DEPTH_MODES = ("rgb", "fused", "depth_only", "auto")
"""Images in which hands are found: the colour image alone, without depth; the colour image, lifted by depth;
the depth image alone; fused or depth_only, by the light."""


_POSE = 7


@dataclass(frozen=True, slots=True)
class DepthInputOptions:
    """Depth images that are taken, and their place in space and time."""

    mode: str = option(
        "rgb",
        "Images that hands are found in; rgb: the colour image, no depth is taken; fused: the colour image, "
        "and depth lifts its hands into space (hands_3d); depth_only: the depth image, without any light; "
        "auto: fused, or depth_only while light fails.",
        choices=DEPTH_MODES,
    )
    slop_s: float = option(
        0.02, "Longest time between the stamps of an image and its depth image.", "s", 0.0, 1.0
    )
    queue: int = option(
        10, "Depth images kept for their image, and images that wait for depth.", "images", 1, 100
    )
    unit_m: float = option(
        0.0,
        "Distance that a value of 1 in the depth image means; 0: by its encoding, 0.001 for 16UC1 and 1 for "
        "32FC1.",
        "m",
        0.0,
        1.0,
    )
    transport: str = option(
        "raw",
        "Depth image to take: raw (depth/image_raw), compressedDepth (depth/image_raw/compressedDepth) or "
        "compressed (depth/image_raw/compressed), as PNG of 16 bits or TIFF.",
        choices=("raw", "compressedDepth", "compressed"),
    )
    registered: bool = option(
        True,
        "Depth images are aligned to the image; false: they are registered here, by both camera_infos and "
        "the pose of the depth camera.",
    )
    extrinsics: tuple[float, ...] = option(
        (0.0,) * 7,
        "Pose of the depth camera in the image's optical frame, where depth is registered here: x, y, z in "
        "metres and the quaternion x, y, z, w; all 0: by tf2.",
        low=-100,
        high=100,
    )
    target_frame: str = option(
        "", "Frame in which hands_3d is published, by tf2; empty: the camera's optical frame."
    )
    publish_tf: bool = option(
        False, "Publish the palms as frames of tf2, hand_left_palm and hand_right_palm."
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        if len(self.extrinsics) != _POSE:
            msg = f"DepthInputOptions.extrinsics has {len(self.extrinsics)} numbers, but must have {_POSE}."
            raise ConfigurationError(msg)
