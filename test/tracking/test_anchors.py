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

"""The generated anchors."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.tracking.anchors import palm_anchors


def test_there_are_2016_within_the_input() -> None:
    anchors = palm_anchors()
    assert anchors.shape == (2016, 2)
    assert anchors.dtype == np.float32
    assert anchors.min() > 0
    assert anchors.max() < 1


def test_two_anchors_share_each_cell_of_the_fine_grid() -> None:
    fine = palm_anchors()[: 24 * 24 * 2]
    np.testing.assert_array_equal(fine[0], fine[1])
    np.testing.assert_allclose(fine[0], [0.5 / 24, 0.5 / 24])
    # The next cell lies to the right: rows are walked first.
    np.testing.assert_allclose(fine[2], [1.5 / 24, 0.5 / 24])


def test_six_anchors_share_each_cell_of_the_coarse_grid() -> None:
    coarse = palm_anchors()[24 * 24 * 2 :]
    assert len(np.unique(coarse[:6], axis=0)) == 1
    np.testing.assert_allclose(coarse[-1], [11.5 / 12, 11.5 / 12])
