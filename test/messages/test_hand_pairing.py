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

from types import SimpleNamespace

from hand_tracking_dsp.messages.hand_pairing import HandPairing

WAIT_S = 0.05


def message(stamp_ns, name=""):
    stamp = SimpleNamespace(sec=0, nanosec=stamp_ns)
    return SimpleNamespace(header=SimpleNamespace(stamp=stamp), name=name)


def pairing():
    """A pairing to which hands in space have come just now, at time 0."""
    made = HandPairing(WAIT_S)
    assert made.add_in_space(message(1), 0.0) == []
    return made


def test_hands_wait_for_those_in_space_of_their_stamp():
    pairs = pairing()
    hands, in_space = message(5), message(5)
    assert pairs.add_hands(hands, 0.1) == []
    assert pairs.add_in_space(message(4), 0.11) == []
    assert pairs.add_in_space(in_space, 0.12) == [(hands, in_space)]
    assert pairs.overdue(9.0) == []


def test_hands_in_space_that_came_first_are_kept():
    pairs = pairing()
    hands, in_space = message(5), message(5)
    pairs.add_in_space(in_space, 0.1)
    assert pairs.add_hands(hands, 0.11) == [(hands, in_space)]


def test_hands_go_on_alone_when_their_time_is_over():
    pairs = pairing()
    hands = message(5)
    pairs.add_hands(hands, 0.1)
    assert pairs.overdue(0.1 + 0.9 * WAIT_S) == []
    assert pairs.overdue(0.1 + WAIT_S) == [(hands, None)]
    assert pairs.add_in_space(message(5), 0.2) == [], "too late"


def test_the_next_hands_send_the_waiting_ones_away_first():
    pairs = pairing()
    first, second, third = message(5), message(6), message(7)
    pairs.add_hands(first, 0.1)
    assert pairs.add_hands(second, 0.11) == [(first, None)]
    in_space = message(7)
    pairs.add_in_space(in_space, 0.12)
    assert pairs.add_hands(third, 0.13) == [(second, None), (third, in_space)]


def test_nothing_waits_where_no_hands_in_space_come():
    silent = HandPairing(WAIT_S)
    hands = message(5)
    assert silent.add_hands(hands, 0.0) == [(hands, None)]
    ended = pairing()
    assert ended.add_hands(hands, 2.0) == [(hands, None)]


def test_messages_without_a_stamp_belong_to_nothing():
    pairs = pairing()
    pairs.add_in_space(message(0), 0.1)
    hands = message(0)
    assert pairs.add_hands(hands, 0.1) == [(hands, None)]


def test_of_unpaired_hands_in_space_only_the_latest_are_kept():
    pairs = pairing()
    for stamp in range(2, 100):
        pairs.add_in_space(message(stamp), 0.1)
    early, late = message(50), message(99)
    assert pairs.add_hands(early, 0.1) == []
    assert [(hands, found is not None) for hands, found in pairs.add_hands(late, 0.1)] == [
        (early, False),
        (late, True),
    ]
