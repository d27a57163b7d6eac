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

"""Options of how images from outside become pixels."""

from __future__ import annotations

from dataclasses import dataclass

from hand_tracking_dsp.options import check_options, check_order, option


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """Limit and conversions of images that come from outside."""

    max_image_megapixels: float = option(
        64.0,
        "Largest image that is decoded, by the size that its header states; larger ones are refused.",
        "megapixels",
        0.1,
        256,
    )
    value_bits: int = option(
        0,
        "Bits that the values of 16-bit images fill, for example 10 or 12 of an infrared camera; 0: judged "
        "by the largest value so far, in steps of 8, 10, 12, 14 and 16.",
        "bits",
        0,
        16,
    )
    range_images: str = option(
        "depth",
        "Meaning of 16UC1 and 32FC1; depth: distances in millimetres and metres (REP 118), shown nearer is "
        "brighter; grey: brightness, as an infrared camera gives it.",
        choices=("depth", "grey"),
    )
    depth_near_m: float = option(0.2, "Distance that is shown white where images are depth.", "m", 0, 100)
    depth_far_m: float = option(2.0, "Distance that is shown black where images are depth.", "m", 0, 100)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        check_order(self, "depth_near_m", "depth_far_m")
