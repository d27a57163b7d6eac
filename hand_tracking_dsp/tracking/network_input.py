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

"""The image as a network takes it: bytes or floats, written into one buffer again and again."""

from __future__ import annotations

import cv2
import numpy as np

from hand_tracking_dsp.tracking.backends.base import Session, Sides
from hand_tracking_dsp.tracking.types import ChannelOrder, Floats, Image

_TO_BGR = {
    ("bgr", 4): cv2.COLOR_BGRA2BGR,
    ("rgb", 4): cv2.COLOR_RGBA2BGR,
    ("rgb", 3): cv2.COLOR_RGB2BGR,
}


class NetworkInput:
    """Input of one network, overwritten for every image: a fresh array would cost page faults each time."""

    def __init__(self, session: Session) -> None:
        """Take the form of the input from an opened network, which keeps a version of its contract."""
        (spec,) = session.inputs
        self._tensor = np.zeros(spec.shape, spec.dtype)

    @property
    def sides(self) -> Sides:
        """Height and width of the image, pixels."""
        height, width = self._tensor.shape[1:3] if self._tensor.dtype == np.uint8 else self._tensor.shape[2:]
        return height, width

    def fill(self, image: Image, order: ChannelOrder) -> Floats | Image:
        """Write an image into the input.

        Args:
            image: uint8 [height, width, 3 or 4] of the network's size; a fourth channel is left out.
            order: The order of its channels.

        Returns:
            The input, which the next image overwrites.
        """
        if self._tensor.dtype != np.uint8:
            return network_input(image, order, self._tensor)
        code = _TO_BGR.get((order, image.shape[2]))
        if code is None:
            np.copyto(self._tensor[0], image)
        else:
            cv2.cvtColor(image, code, dst=self._tensor[0])
        return self._tensor


def network_input(image: Image, order: ChannelOrder, out: Floats | None = None) -> Floats:
    """Turn an image into the float input of a network.

    Args:
        image: uint8 [height, width, 3 or 4]; a fourth channel is left out.
        order: The order of its channels.
        out: Where to write the result; a new array if None.

    Returns:
        float32 [1, 3, height, width], RGB, 0 to 1.
    """
    planes = cv2.split(image)[:3]
    result = np.empty((1, 3, *image.shape[:2]), dtype=np.float32) if out is None else out
    for plane, target in zip(planes if order == "rgb" else planes[::-1], result[0], strict=True):
        np.multiply(plane, np.float32(1 / 255), out=target)
    return result
