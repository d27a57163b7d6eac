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

import numpy as np
import pytest

from hand_tracking_dsp.compression.palm.deviation import match, measure_deviation
from hand_tracking_dsp.tracking.types import PalmDetection


def palm(x, y, shift=0.0):
    keypoints = np.full((7, 2), (x, y), np.float32)
    keypoints[0] += (shift, 40)
    keypoints[2] += (shift, -10)
    return PalmDetection(0.9, np.array([x - 30, y - 30, x + 30, y + 30], np.float32), keypoints)


class Fixed:
    """A detector that finds the same palms everywhere."""

    def __init__(self, *palms):
        self.palms = palms

    def detect(self, *_):
        return list(self.palms)


def test_palms_are_paired_by_region():
    assert match([palm(100, 100), palm(300, 100)], [palm(305, 102), palm(95, 100), palm(600, 600)]) == [
        (0, 1),
        (1, 0),
    ]


def test_a_palm_far_away_has_no_partner():
    assert match([palm(100, 100)], [palm(400, 400)]) == []
    assert match([], [palm(400, 400)]) == []


def test_lost_and_new_palms_are_counted_and_common_ones_compared():
    images = [np.zeros((4, 4, 3), np.uint8)] * 3
    dense = Fixed(palm(100, 100), palm(500, 100))

    same, shifted, none = measure_deviation(
        dense, [dense, Fixed(palm(100, 100, shift=5), palm(900, 900)), Fixed()], images
    )

    assert (same.pictures, same.palms, same.lost, same.new) == (3, 6, 0, 0)
    assert (same.offset_p50, same.overlap_p50) == (0, 1)
    assert (shifted.lost, shifted.new) == (3, 3)
    assert shifted.offset_p95 == pytest.approx(10)
    assert none.lost == 6
    assert np.isnan(none.offset_p50)
