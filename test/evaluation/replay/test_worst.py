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

"""Frames that are kept for the report are drawn whatever their truth says."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.evaluation.replay.worst import _draw_true
from hand_tracking_dsp.recordings.truth import TrueHand


@pytest.mark.parametrize("far", [2.0**40, -(2.0**40), 1e30])
def test_a_box_far_outside_the_image_is_drawn_as_far_as_it_is_seen(far: float) -> None:
    canvas = np.zeros((40, 40, 3), np.uint8)
    _draw_true(canvas, TrueHand(box=(min(far, 10.0), 10.0, max(far, 30.0), 30.0)))
    assert canvas[10].any()
