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

import pytest

from hand_tracking_dsp.evaluation.workload.tally import TrackerTally, ratios, tally_clip


def test_counts_what_is_found_of_mediapipes_hands(make_hand, make_reply) -> None:
    others = [make_reply(make_hand(0), make_hand(300))] * 4
    replies = [
        make_reply(make_hand(0, 1)),
        *[make_reply(make_hand(0, 1), make_hand(900, 2), searched=True)] * 3,
    ]
    figures = tally_clip([0.0, 0.1, 0.2, 0.3], replies, others).figures()
    assert figures["hand_frames"] == 7
    assert figures["of_mediapipes_hand_frames"] == pytest.approx(7 / 8)
    assert figures["found_of_mediapipes"] == pytest.approx(4 / 8)
    assert figures["search_share"] == pytest.approx(3 / 4)
    assert figures["ids"] == 2


def test_id_changes_are_given_by_hands_and_by_frames(make_hand, make_reply) -> None:
    replies = [
        make_reply(make_hand(0, 1)),
        make_reply(make_hand(0, 2)),
        make_reply(),
        make_reply(make_hand(0, 3)),
    ]
    figures = tally_clip([0.0, 0.1, 0.2, 0.3], replies).figures()
    assert figures["id_changes"] == 2
    assert figures["id_changes_per_1000_hand_frames"] == pytest.approx(2000 / 3)
    assert figures["id_changes_per_675_frames"] == pytest.approx(675 * 2 / 4)


def test_hands_that_are_missed_do_not_agree_with_dense(make_hand, make_reply) -> None:
    dense = [make_reply(make_hand(0), make_hand(300))]
    # 5 px are 10 % of the palm.
    figures = tally_clip([0.0], [make_reply(make_hand(5))], dense=dense).figures()
    assert figures["near_dense_share"] == pytest.approx(0.5)
    assert figures["missed_of_dense_share"] == pytest.approx(0.5)
    assert figures["drift_palm_percent"] == pytest.approx(10.0)
    assert figures["error"] == pytest.approx((0.25 + 1) / 2)


def test_holds_are_long_and_wrong_where_the_hand_moves_meanwhile(make_hand, make_reply) -> None:
    # By 3 px, 6 % of the palm, a frame, and measured on every fourth.
    stamps_s = [i / 30 for i in range(8)]
    dense = [make_reply(make_hand(3.0 * i, 1)) for i in range(8)]
    held = [make_reply(make_hand(3.0 * (i - i % 4), 7, measured=i % 4 == 0)) for i in range(8)]
    figures = tally_clip(stamps_s, held, dense=dense).figures()
    assert figures["held_share"] == pytest.approx(6 / 8)
    assert figures["moving_held_hand_frames"] == 4
    assert figures["longest_moving_hold_frames"] == figures["longest_hold_frames"] == 3
    slow = [make_reply(make_hand(2.0 * i, 1)) for i in range(8)]
    figures = tally_clip(stamps_s, held, dense=slow).figures()
    assert figures["moving_held_hand_frames"] == figures["longest_moving_hold_frames"] == 0
    assert figures["longest_hold_frames"] == 3


def test_the_longest_hold_of_clips_is_not_their_sum(make_hand, make_reply) -> None:
    replies = [make_reply(make_hand(0, 1)), make_reply(make_hand(0, 1, measured=False))]
    one = tally_clip([0.0, 0.1], replies, dense=replies)
    assert (one + one).figures()["longest_hold_frames"] == 1
    assert (one + one).figures()["held_share"] == pytest.approx(0.5)


def test_times_are_given_for_all_frames_and_for_those_with_one_hand(make_hand, make_reply) -> None:
    replies = [make_reply(make_hand(0, 1), ms=4.0)] * 9 + [make_reply(ms=40.0)]
    figures = tally_clip([i / 30 for i in range(10)], replies).figures()
    assert figures["frame_ms"]["p50"] == 4.0
    assert figures["p99_of_p50"] > 5
    assert figures["one_hand_p99_of_p50"] == 1.0


def test_clips_add_up(make_hand, make_reply) -> None:
    one = tally_clip([0.0], [make_reply(make_hand(0, 1))])
    assert (one + one).figures()["hand_frames"] == 2
    assert sum([one, one, one], TrackerTally()).frame_ms == [5.0] * 3


def test_ratios_compare_times_of_two_trackers(make_hand, make_reply) -> None:
    slow = tally_clip([0.0], [make_reply(make_hand(0, 1), ms=8.0)]).figures()
    fast = tally_clip([0.0], [make_reply(make_hand(0, 1), ms=2.0)]).figures()
    assert ratios(fast, slow) == {
        "one_hand_p95_of_p50": 0.25,
        "one_hand_p99_of_p50": 0.25,
        "p50": 0.25,
        "p99": 0.25,
        "network": 1.0,
        "cpu": 0.25,
    }


def test_nothing_measured_is_nan_and_raises_nothing(make_reply) -> None:
    figures = tally_clip([0.0], [make_reply()]).figures()
    assert math.isnan(figures["of_mediapipes_hand_frames"])
    assert math.isnan(figures["error"])
    assert math.isnan(figures["one_hand_p95_of_p50"])
