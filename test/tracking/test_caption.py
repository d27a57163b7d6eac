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

"""The caption of pictures."""

from __future__ import annotations

from hand_tracking_dsp.tracking.caption import Caption


def test_what_is_known_is_written() -> None:
    caption = Caption(3, 6.25, 10.5, 0.5, battery_simulated=True, sparsity=0.25, drift=1.0)
    assert str(caption).splitlines() == [
        "level 3   sparsity 25 %",
        "latency 6.2 ms   end to end 10.5 ms",
        "battery 50 % (simulated)",
        "drift 1.0 % of palm size",
    ]


def test_a_drift_that_was_not_measured_says_so() -> None:
    caption = Caption(3, 6.25, drift=1.0, drift_estimated=True)
    assert str(caption).splitlines()[-1] == "drift 1.0 % of palm size (estimated)"


def test_what_is_not_known_is_a_question_mark_or_left_out() -> None:
    assert str(Caption(0, 6.0)).splitlines() == ["level 0", "latency 6.0 ms   end to end ? ms", "battery ?"]


def test_it_is_ascii_which_opencv_can_draw() -> None:
    assert str(Caption(3, 6.25, 10.5, 0.5, battery_simulated=True, sparsity=0.25, drift=1.0)).isascii()
