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

"""Deviation of a palm detector's regions from the dense detector's, on any pictures.

Agreement with the dense detector, never accuracy: it needs no ground truth. What matters of a palm is the
region that it places: its box, and the keypoints at the wrist and the middle finger's MCP joint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.compression.palm.recall import MOST_PALMS
from hand_tracking_dsp.tracking.geometry import overlap, region_from_palm
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.types import ChannelOrder, Image, PalmDetection

# The keypoints that turn the region.
_PLACING = (0, 2)
_SAME = 0.3


@dataclass(frozen=True, slots=True)
class RegionDeviation:
    """Comparison of a detector's palms with the dense detector's.

    Attributes:
        pictures: Number of pictures.
        palms: Palms that the dense detector found.
        lost: Number of them that the other did not find.
        new: Number of palms that only the other found.
        offset_p50: Median over common palms of the mean distance of wrist and middle MCP, in % of the
            distance between these two in the dense detector's palm; NaN without a common palm.
        offset_p95: 95th percentile of the same.
        overlap_p50: Median intersection over union of the regions (as if neither were turned), 0 to 1.
        overlap_p5: 5th percentile of the same.
    """

    pictures: int
    palms: int
    lost: int
    new: int
    offset_p50: float
    offset_p95: float
    overlap_p50: float
    overlap_p5: float


def measure_deviation(
    dense: PalmDetector,
    others: Sequence[PalmDetector],
    images: Iterable[Image],
    order: ChannelOrder = "bgr",
    on_progress: Callable[[], None] | None = None,
) -> list[RegionDeviation]:
    """Compare detectors with the dense one on images, uint8 [height, width, 3] with channels in an order.

    Returns:
        The result of each of the others.

    Raises:
        BackendError: A network failed.
    """
    counts = np.zeros((len(others), 2), dtype=int)
    pairs: list[list[tuple[float, float]]] = [[] for _ in others]
    pictures = palms = 0
    for image in images:
        expected = dense.detect(image, order, MOST_PALMS)
        pictures += 1
        palms += len(expected)
        for i, other in enumerate(others):
            found = other.detect(image, order, MOST_PALMS)
            common = match(expected, found)
            pairs[i] += [_compared(expected[j], found[k]) for j, k in common]
            counts[i] += len(expected) - len(common), len(found) - len(common)
        if on_progress:
            on_progress()
    return [
        RegionDeviation(pictures, palms, int(lost), int(new), *_percentiles(values))
        for (lost, new), values in zip(counts, pairs, strict=True)
    ]


def match(expected: Sequence[PalmDetection], found: Sequence[PalmDetection]) -> list[tuple[int, int]]:
    """Pair palms whose regions overlap by more than 0.3, each with its best partner that is free.

    Returns:
        Index pairs (expected, found), best expected score first.
    """
    free = list(range(len(found)))
    pairs = []
    for j, palm in enumerate(expected):
        region = region_from_palm(palm)
        best = max(free, key=lambda k: overlap(region, region_from_palm(found[k])), default=None)
        if best is not None and overlap(region, region_from_palm(found[best])) > _SAME:
            pairs.append((j, best))
            free.remove(best)
    return pairs


def _compared(expected: PalmDetection, found: PalmDetection) -> tuple[float, float]:
    """Return the offset in % of the palm, and the regions' overlap."""
    wrist, knuckle = (expected.keypoints[i] for i in _PLACING)
    size = max(float(np.linalg.norm(knuckle - wrist)), 1e-6)
    distances = [np.linalg.norm(found.keypoints[i] - expected.keypoints[i]) for i in _PLACING]
    shared = overlap(region_from_palm(expected), region_from_palm(found))
    return 100 * float(np.mean(distances)) / size, shared


def _percentiles(pairs: list[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Return median and 95th percentile of the offsets, median and 5th percentile of the overlaps."""
    offsets, overlaps = np.array(pairs or [(np.nan, np.nan)]).T
    return (
        float(np.percentile(offsets, 50)),
        float(np.percentile(offsets, 95)),
        float(np.percentile(overlaps, 50)),
        float(np.percentile(overlaps, 5)),
    )
