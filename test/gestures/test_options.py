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

from __future__ import annotations

import math
from dataclasses import fields

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.options import GestureOptions

NAMES = [field.name for field in fields(GestureOptions)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [-1000.0, 1000.0, math.nan, math.inf])
def test_a_value_out_of_range_is_refused_by_name(name, value):
    with pytest.raises(ConfigurationError, match=name):
        GestureOptions(**{name: value})


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("finger_open_deg", "finger_closed_deg"),
        ("thumb_reach_closed", "thumb_reach_open"),
        ("thumb_gap_closed", "thumb_gap_open"),
        ("pinch_close", "pinch_open"),
    ],
)
def test_the_ends_of_a_range_must_be_apart(low, high):
    with pytest.raises(ConfigurationError, match=high):
        GestureOptions(**{low: 1.0, high: 1.0})
