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

from hand_tracking_dsp.messages.stamp_clock import StampClock


def times(stamps, arrivals=None):
    clock = StampClock()
    arrivals = arrivals or [1000.0 + index for index in range(len(stamps))]
    return [clock.time_s(stamp, arrival) for stamp, arrival in zip(stamps, arrivals)], clock  # noqa: B905


def test_the_stamp_is_the_time():
    assert times([1.0, 1.1, 1.2])[0] == [1.0, 1.1, 1.2]


def test_without_a_stamp_the_arrival_is_and_it_is_named():
    found, clock = times([0.0] * 6)
    assert found == [1000.0 + index for index in range(6)]
    assert clock.warning("/hands").startswith("The stamps on /hands are 0: the time of arrival is used")
    assert times([0.0])[1].warning("/hands") == "", "one is no fault"


def test_stamps_that_stand_still_are_replaced_by_arrivals_and_named():
    found, clock = times([5.0, 6.0] + [7.0] * 8)
    assert found == [5.0, 6.0, 7.0, 7.0, 7.0, 1005.0, 1006.0, 1007.0, 1008.0, 1009.0]
    assert clock.warning("/hands").startswith("The stamps on /hands stand still at 7.000 s")


def test_a_stamp_that_comes_twice_is_kept():
    found, clock = times([5.0, 5.0, 6.0, 6.0, 7.0])
    assert found == [5.0, 5.0, 6.0, 6.0, 7.0]
    assert not clock.still


def test_stamps_that_move_again_count_again():
    found, clock = times([7.0] * 8 + [8.0, 9.0, 10.0, 11.0])
    assert found[-2:] == [10.0, 11.0]
    assert clock.warning("/hands") == ""


def test_one_jump_back_changes_nothing_about_the_others():
    assert times([5.0, 6.0, 3.0, 7.0, 8.0])[0] == [5.0, 6.0, 3.0, 7.0, 8.0]


def test_stamps_that_go_back_again_and_again_are_named_until_they_are_steady() -> None:
    clock = StampClock()
    for number in range(8):
        clock.time_s(1000.0 + number - 100 * (number % 2), number)
    assert "The stamps on image_raw went back 4 times in 10 s" in clock.warning("image_raw")
    for number in range(8, 20):
        clock.time_s(2000.0 + number, number)
    assert clock.warning("image_raw") == ""


def test_a_bag_that_begins_again_is_nothing_to_warn_of() -> None:
    clock = StampClock()
    for number in range(30):
        clock.time_s(1000.0 + number % 15, number)
    assert clock.warning("image_raw") == ""
