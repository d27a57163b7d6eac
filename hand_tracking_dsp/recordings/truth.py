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

"""True hands in a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.geometry import palm_size
from hand_tracking_dsp.tracking.types import Floats

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, pixels."""


@dataclass(frozen=True, slots=True)
class TrueHand:
    """Hand that a person marked or a synthetic source drew; None = not known.

    Attributes:
        joints_px: float32 [21, 2 or more]: x, y in pixels.
        joints_m: float32 [21, 3], metres, axes of the optical frame, any origin.
        box: Box that a person drew around the hand; where it is None and joints_px is not, the joints' own
            box counts.
        handedness: Side of the person's body.

    Raises:
        ValueError: Joints are known, but no hand can have them.
    """

    joints_px: Floats | None = None
    joints_m: Floats | None = None
    box: Box | None = None
    handedness: Handedness = Handedness.UNKNOWN

    def __post_init__(self) -> None:
        if self.joints_px is None:
            return
        if not np.isfinite(self.joints_px[:, :2]).all():
            msg = "a true joint is not finite"
            raise ValueError(msg)
        if palm_size(self.joints_px) <= 0:
            msg = "the wrist and the middle finger's base are one point, so that the palm has no size"
            raise ValueError(msg)

    @property
    def outline(self) -> Box | None:
        """The box: the one drawn, else that of the joints; None where neither is known."""
        if self.box is None and self.joints_px is not None:
            return joints_box(self.joints_px)
        return self.box


def joints_box(joints_px: Floats, margin_px: float = 0.0) -> Box:
    """Return the smallest box around joints, with a margin on every side."""
    low = joints_px[:, :2].min(axis=0).tolist()
    high = joints_px[:, :2].max(axis=0).tolist()
    return (low[0] - margin_px, low[1] - margin_px, high[0] + margin_px, high[1] + margin_px)


def boxes_overlap(a: Box, b: Box) -> float:
    """Return the intersection over union of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)
