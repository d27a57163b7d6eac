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

"""Messages of two streams by their stamps."""

from __future__ import annotations

import math

import pytest

from hand_tracking_dsp.messages.stamp_matcher import StampMatcher


def matcher(*stamps_s: float, slop_s: float = 0.02, size: int = 10) -> StampMatcher[float]:
    made: StampMatcher[float] = StampMatcher(slop_s, size)
    for stamp_s in stamps_s:
        made.add(stamp_s, stamp_s)
    return made


def test_gives_the_nearest_within_the_slop():
    kept = matcher(10.0, 10.033, 10.066)
    assert kept.nearest(10.04) == (10.033, pytest.approx(-0.007))
    assert kept.nearest(10.019)[0] == 10.033
    assert kept.nearest(10.1) is None
    assert kept.missed_s == pytest.approx(-0.034)


def test_equal_stamps_match_without_any_slop():
    now_s = 1_700_000_000.123456789
    assert matcher(now_s, slop_s=0.0).nearest(now_s) == (now_s, 0.0)


def test_forgets_the_oldest():
    kept = matcher(1.0, 2.0, 3.0, size=2)
    assert kept.nearest(1.0) is None
    assert kept.nearest(3.0)


def test_a_stream_that_begins_again_replaces_what_was_kept():
    kept = matcher(100.0, 100.033, 1.0)
    assert kept.nearest(100.033) is None
    assert kept.nearest(1.0)


def test_two_messages_out_of_order_replace_nothing():
    kept = matcher(1.0, 1.033, 1.032)
    assert kept.nearest(1.0)
    assert kept.is_settled(1.033)


@pytest.mark.parametrize(
    ("stamps_s", "asked_s", "settled"),
    [
        ((), 1.0, False),
        ((1.0,), 1.0, True),
        ((1.0,), 0.5, True),
        ((1.0,), 1.01, False),  # the period is not known yet
        ((0.8, 1.0), 1.01, True),  # the next is 190 ms away
        ((0.97, 1.0), 1.01, True),  # the next is 20 ms away
        ((0.97, 1.0), 1.019, False),  # the next is 11 ms away
        ((0.8, 1.0), 1.1, False),  # beyond the slop
    ],
)
def test_waits_while_a_nearer_one_may_come(stamps_s, asked_s, settled):
    assert matcher(*stamps_s).is_settled(asked_s) is settled


def test_clearing_forgets_all():
    kept = matcher(1.0)
    assert kept.nearest(5.0) is None
    kept.clear()
    assert kept.nearest(1.0) is None
    assert math.isnan(kept.missed_s)


def test_after_stamps_went_back_the_messages_of_that_time_are_waited_for():
    matcher = StampMatcher(0.02, 10)
    for stamp_s in (1000.0, 1000.1):
        matcher.add(stamp_s, "before")
    matcher.forget_after(991.0)
    assert not matcher.is_settled(990.0)
    matcher.add(990.0, "now")
    matcher.forget_after(991.0)
    assert matcher.nearest(990.0) == ("now", 0.0)
