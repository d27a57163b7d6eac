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

"""Faults of depth images, as sentences for people: wrong unit, wrong place, nothing known, not in time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.depth.bones import LARGEST, SMALLEST
from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import Floats, TrackedHand

_WINDOW_S = 5.0
"""Time that is judged."""

_EVERY_S = 0.1
"""Time between two depth images that are looked at."""

_FEWEST = 8
"""Fewest looks from which anything is told."""

_PALM = [Joint.WRIST, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]
_PALM_LENGTH_M, _PALM_WIDTH_M = 0.0911, 0.0573
"""Wrist to middle MCP and index to pinky MCP of the mean adult, see bones.ADULT_M."""

_BREADTH_PER_SIZE_CM = 8.4
"""Breadth of the mean adult's palm."""

_EMPTY = 0.005
"""Share of known depths below which an image holds none."""

_HOLES = 0.4
"""Share of a hand's joints with known depth below which it counts as full of holes."""

_BEHIND_M = 0.12
"""Depth behind the nearest joints at which a joint lies on something else."""

_ASTRAY = 0.3
"""Share of such joints from which depth counts as misaligned."""

_MISSED = 0.2
"""Share of images without a depth image from which it is told."""

_NEAREST_M, _FARTHEST_M = 0.02, 60.0
"""Depths between which the median of an indoor picture lies."""

_UNIT = 6.0
"""Factor of a hand's size from which the unit must be wrong; less can be another surface."""

_SLACK = 1.3
"""Factor by which a hand's size that is told from its outline alone may be wrong."""

_LEAST_FOCAL, _MOST_FOCAL = 0.25, 8.0
"""Focal lengths of cameras, in longest sides of the image."""


@dataclass(frozen=True, slots=True)
class _Look:
    """Figures of one depth image; NaN where no hand tells them.

    Attributes:
        stamp_s: Its time, seconds.
        known: Share of known depths.
        median_m: Median of them, metres; NaN where there are none.
        size: Size of the largest hand, a share of the mean adult's.
        known_at_hands: Share of the hands' joints with known depth.
        astray: Share of these that lie on something behind the hand.
    """

    stamp_s: float
    known: float
    median_m: float
    size: float = math.nan
    known_at_hands: float = math.nan
    astray: float = math.nan


class DepthCheck:
    """Watches a stream of depth images, together with the hands that were found.

    Args:
        topic: Topic of the depth images, for the sentences.
    """

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._looks: deque[_Look] = deque()
        self._pairs: deque[tuple[float, bool]] = deque()
        self._camera = ""

    def reset(self) -> None:
        """Forget what was seen."""
        self.forget_images()
        self._pairs.clear()

    def add(self, view: DepthView, hands: Sequence[TrackedHand], stamp_s: float) -> None:
        """Look at a depth image and the hands of its image, found without it or in its statue.

        Args:
            view: The depth image, aligned to the image.
            hands: The hands.
            stamp_s: Time of the image, seconds; where it goes back, all that was seen is forgotten.
        """
        self._add_pair(stamp_s, has_depth=True)
        if self._looks and 0 <= stamp_s - self._looks[-1].stamp_s < _EVERY_S:
            return
        height, width = view.metres.shape
        self._camera = camera_problem(view.camera, width, height)
        judged = [] if self._camera else [hand for hand in hands if hand.measured]
        self._looks.append(_look(view, judged, stamp_s))
        while stamp_s - self._looks[0].stamp_s > _WINDOW_S:
            self._looks.popleft()

    def forget_images(self) -> None:
        """Forget what depth images showed: none that can be read has come for long."""
        self._looks.clear()
        self._camera = ""

    def add_missed(self, stamp_s: float) -> None:
        """Note an image for which no depth image came in time."""
        self._add_pair(stamp_s, has_depth=False)

    def warnings(self) -> list[str]:
        """Say what is wrong, a sentence each; nothing where all is well or nothing can be told."""
        found = [self._timing(), self._camera and f"{self._camera} Check the depth camera's camera_info."]
        if len(self._looks) >= _FEWEST:
            found.append(self._contents())
        return [sentence for sentence in found if sentence]

    def _add_pair(self, stamp_s: float, *, has_depth: bool) -> None:
        if self._pairs and stamp_s < self._pairs[-1][0]:
            self.reset()
        self._pairs.append((stamp_s, has_depth))
        while stamp_s - self._pairs[0][0] > _WINDOW_S:
            self._pairs.popleft()

    def _timing(self) -> str:
        missed = sum(not has_depth for _, has_depth in self._pairs)
        count = len(self._pairs)
        if count < _FEWEST or missed <= _MISSED * count:
            return ""
        return (
            f"For {100 * missed / count:.0f} % of the images no depth image on {self._topic} came in time: "
            "give both streams one rate and stamps of one clock, or raise depth.slop_s."
        )

    def _contents(self) -> str:
        """Say the worst of what the images show; a fault hides those after it."""
        if self._typical("known") < _EMPTY:
            return (
                f"The depth images on {self._topic} hold no depth, their values are 0 or NaN: check the "
                "camera's projector, lens and distance."
            )
        return self._unit() or self._place()

    def _unit(self) -> str:
        size, median_m = self._typical("size"), self._typical("median_m")
        if math.isnan(size):
            if _NEAREST_M < median_m < _FARTHEST_M:
                return ""
            return (
                f"Half of the depths on {self._topic} are above {median_m:.3g} m: {_unit_advice(median_m)}."
            )
        if SMALLEST / _SLACK <= size <= LARGEST * _SLACK:
            return ""
        told = (
            f"By the depth images on {self._topic} a palm would be {_length(_BREADTH_PER_SIZE_CM * size)} "
            "wide, but palms are 5 to 12 cm"
        )
        if 1 / _UNIT < size < _UNIT:
            return f"{told}: they show other things where the images show hands. Align depth to the images."
        return f"{told}: {_unit_advice(size)}."

    def _place(self) -> str:
        known, astray = self._typical("known_at_hands"), self._typical("astray")
        if known < _HOLES:
            return (
                f"Depth on {self._topic} is unknown at {100 * (1 - known):.0f} % of the hands' joints: keep "
                "the camera's least distance, and sunlight off the hands."
            )
        if astray > _ASTRAY:
            return (
                f"{100 * astray:.0f} % of the hands' joints lie on what is behind them in the depth images "
                f"on {self._topic}: align depth to the images, and synchronise both."
            )
        return ""

    def _typical(self, name: str) -> float:
        """Return the median of a figure over the looks that tell it; NaN where too few do."""
        values = [value for look in self._looks if not math.isnan(value := getattr(look, name))]
        return float(np.median(values)) if len(values) >= _FEWEST else math.nan


def camera_problem(camera: Intrinsics, width: int, height: int) -> str:
    """Say why a camera cannot have taken images of a size; "" where it can.

    Args:
        camera: Intrinsics as they were told.
        width: Width of the images, pixels.
        height: Height, pixels.
    """
    focal = camera.fx / max(width, height), camera.fy / max(width, height)
    if not all(_LEAST_FOCAL <= one <= _MOST_FOCAL for one in focal):
        return (
            f"The focal length {camera.fx:.4g} x {camera.fy:.4g} px does not fit images of {width}x{height}."
        )
    if not (0 <= camera.cx < width and 0 <= camera.cy < height):
        middle = f"{camera.cx:.4g}, {camera.cy:.4g}"
        return f"The principal point {middle} px lies outside images of {width}x{height}."
    return ""


def _length(cm: float) -> str:
    """Write a length for people."""
    return f"{cm / 100:,.0f} m" if cm >= 1000 else f"{cm:.0f} cm" if cm >= 10 else f"{cm:.2g} cm"


def _unit_advice(factor: float) -> str:
    """Say how a unit is wrong, by the factor that lengths are too large."""
    if 300 < factor < 3000:
        return "the values seem to be millimetres that are taken for metres, set depth.unit_m to 0.001"
    if 300 < 1 / factor < 3000:
        return "the values seem to be metres that are taken for millimetres, set depth.unit_m to 1.0"
    return f"set depth.unit_m to about {1 / factor:.1g} times what it is"


def _look(view: DepthView, hands: Sequence[TrackedHand], stamp_s: float) -> _Look:
    sample = view.metres[::8, ::8]
    values = sample[sample > 0]
    known = values.size / max(sample.size, 1)
    median_m = float(np.median(values)) if values.size else math.nan
    told = [one for hand in hands if (one := _at_hand(hand.landmarks[:, :2], view)) is not None]
    if not told:
        return _Look(stamp_s, known, median_m)
    sizes, shares, astray = (np.array(figures) for figures in zip(*told, strict=True))
    known_sizes = sizes[np.isfinite(sizes)]
    return _Look(
        stamp_s,
        known,
        median_m,
        float(known_sizes.max()) if len(known_sizes) else math.nan,
        float(shares.mean()),
        float(astray[np.isfinite(astray)].mean()) if np.isfinite(astray).any() else math.nan,
    )


def _at_hand(landmarks: Floats, view: DepthView) -> tuple[float, float, float] | None:
    """Return a hand's size, the share of its joints with depth, and of these the share behind it.

    None: it is hardly in the picture.
    """
    height, width = view.metres.shape
    places = np.rint(landmarks)
    inside = (places[:, 0] >= 0) & (places[:, 1] >= 0) & (places[:, 0] < width) & (places[:, 1] < height)
    if np.count_nonzero(inside) < len(landmarks) // 2:
        return None
    x, y = np.where(inside[:, None], places, 0).astype(np.intp).T
    depth = np.where(inside, view.metres[y, x], 0)
    known = depth > 0
    share = np.count_nonzero(known) / np.count_nonzero(inside)
    palm = depth[_PALM][known[_PALM]]
    if not len(palm):
        return math.nan, share, math.nan
    length, breadth = (
        np.linalg.norm(landmarks[end] - landmarks[start])
        for start, end in ((Joint.WRIST, Joint.MIDDLE_MCP), (Joint.INDEX_MCP, Joint.PINKY_MCP))
    )
    # A hand that is turned away shortens one of them.
    metres_per_px = float(np.median(palm)) / view.camera.fx
    size = max(length / _PALM_LENGTH_M, breadth / _PALM_WIDTH_M) * metres_per_px
    behind = depth[known] - np.percentile(depth[known], 20)
    return float(size), share, float(np.mean(behind > _BEHIND_M * min(max(size, SMALLEST), LARGEST)))
