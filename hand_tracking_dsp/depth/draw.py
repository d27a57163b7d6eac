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

"""Drawing hands in space, and depth images, into a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.tracking.draw import Mark, draw_hand, hand_label, write_caption
from hand_tracking_dsp.tracking.types import Floats, Image, TrackedHand

JOINT_MARKS = {JointState.UNKNOWN: Mark.NONE, JointState.INFERRED: Mark.RING, JointState.MEASURED: Mark.DOT}

# Side of a depth image in a picture, in shares of its own; its border, pixels.
_INSET_SHARE = 0.3
_BORDER_BGR = (200, 200, 200)
# Share of the pixels on either side that the colours leave out, and the least span, metres.
_TAIL_PERCENT = 2.0
_LEAST_SPAN_M = 0.1


def draw_hands_in_space(
    image: Image, hands: Sequence[TrackedHand], in_space: Mapping[int, Hand3d], caption: str = ""
) -> None:
    """Draw hands with what is known of them in space into a BGR image, in place.

    Measured joints are dots, inferred ones rings, unknown ones left out. The label says how far the palm is
    from the camera, and the tips of thumb and index finger from each other. Hands that are not known in space
    are drawn as draw_hands does.

    Args:
        image: uint8 [height, width, 3], BGR, writable.
        hands: The hands.
        in_space: The same hands in the camera's frame by their track_id, as far as they are known.
        caption: One or several lines for the top left corner.
    """
    for hand in hands:
        found = in_space.get(hand.track_id)
        if found is None:
            draw_hand(image, hand, hand_label(hand))
        else:
            marks = [JOINT_MARKS[JointState(state)] for state in found.states.tolist()]
            draw_hand(image, hand, f"{hand_label(hand)}{_metres_label(found)}", marks)
    write_caption(image, caption)


def draw_depth_inset(image: Image, metres: Floats) -> None:
    """Draw a depth image small into the top right corner of a BGR image, in place.

    Near is red, far is blue, unknown is black; the scale, which spans what the image shows but for the
    nearest and farthest 2 %, is written below.

    Args:
        image: uint8 [height, width, 3], BGR, writable.
        metres: float32 [h, w], 0 = unknown.
    """
    width = max(round(_INSET_SHARE * image.shape[1]), 1)
    height = min(max(round(width * metres.shape[0] / metres.shape[1]), 1), image.shape[0])
    small = cv2.resize(metres, (width, height), interpolation=cv2.INTER_NEAREST)
    known = small > 0
    coloured = np.zeros((height, width, 3), np.uint8)
    text = "no depth"
    if known.any():
        near, far = np.percentile(small[known], (_TAIL_PERCENT, 100 - _TAIL_PERCENT)).tolist()
        far = max(far, near + _LEAST_SPAN_M)
        share = np.clip((far - small) / (far - near), 0, 1)
        coloured = cv2.applyColorMap((255 * share).astype(np.uint8), cv2.COLORMAP_TURBO)
        coloured[~known] = 0
        text = f"depth {near:.2f} to {far:.2f} m"
    write_caption(coloured, text, at_bottom=True)
    cv2.rectangle(coloured, (0, 0), (width - 1, height - 1), _BORDER_BGR, 1)
    image[:height, image.shape[1] - width :] = coloured


def _metres_label(hand: Hand3d) -> str:
    palm = hand.palm
    thumb, index = hand.joints_m[[Joint.THUMB_TIP, Joint.INDEX_TIP]]
    pinch_m = float(np.linalg.norm(thumb - index))
    label = "" if palm is None else f" {float(np.linalg.norm(palm.position_m)):.2f} m"
    return label if math.isnan(pinch_m) else f"{label} pinch {1e3 * pinch_m:.0f} mm"
