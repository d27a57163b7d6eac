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

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.nodes.base.pacing import FrameSchedule, RateMeter


@given(late_s=st.lists(st.floats(0.0, 0.09), min_size=1, max_size=50))
def test_small_delays_do_not_add_up(late_s):
    schedule = FrameSchedule(10.0)
    now_s = 0.0
    for index, delay_s in enumerate(late_s):
        now_s += schedule.wait_s(now_s)
        assert now_s == pytest.approx(index * 0.1, abs=1e-9)
        now_s += delay_s


@given(stall_s=st.floats(0.2, 100.0))
def test_a_stall_is_not_followed_by_a_burst(stall_s):
    schedule = FrameSchedule(10.0)
    schedule.wait_s(0.0)
    now_s = stall_s
    assert schedule.wait_s(now_s) == 0.0
    for _ in range(5):
        wait_s = schedule.wait_s(now_s)
        assert wait_s == pytest.approx(0.1)
        now_s += wait_s


def test_the_meter_counts_what_happened_in_its_window():
    meter = RateMeter(window_s=2.0)
    for tick in range(100):
        meter.tick(tick * 0.1)
    assert meter.hz(9.9) == pytest.approx(10.0, abs=0.6)
    assert meter.hz(100.0) == 0.0
