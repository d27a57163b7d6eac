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

import numpy as np

from hand_tracking_dsp.evaluation.measures.identity import ABSENCE_S, IdChanges
from hand_tracking_dsp.hand import Joint

PALM_PX = 50.0


def place(x: float) -> np.ndarray:
    """Landmarks of a hand at x, whose palm measures PALM_PX."""
    points = np.zeros((21, 3), np.float32)
    points[Joint.MIDDLE_MCP, 1] = -PALM_PX
    return points + np.array([x, 0, 0], np.float32)


def hand(track_id: int, x: float) -> SimpleNamespace:
    return SimpleNamespace(track_id=track_id, landmarks=place(x))


def test_a_hand_that_keeps_its_id_counts_nothing_however_fast_it_is() -> None:
    changes = IdChanges()
    assert [changes.update(i / 30, [hand(1, 500.0 * i)]) for i in range(5)] == [0] * 5


def test_a_hand_found_again_at_its_place_under_another_id_counts_once() -> None:
    changes = IdChanges()
    assert changes.update(0.0, [hand(1, 0)]) == 0
    assert changes.update(0.1, []) == 0
    assert changes.update(0.2, [hand(2, PALM_PX)]) == 1
    assert changes.update(0.3, [hand(2, PALM_PX)]) == 0


def test_a_hand_elsewhere_or_much_later_is_another_hand() -> None:
    for x, stamp_s in ((3 * PALM_PX, 0.1), (0.0, ABSENCE_S + 0.1)):
        changes = IdChanges()
        changes.update(0.0, [hand(1, 0)])
        assert changes.update(stamp_s, [hand(2, x)]) == 0


def test_a_second_hand_beside_one_that_is_followed_is_no_change() -> None:
    changes = IdChanges()
    changes.update(0.0, [hand(1, 0)])
    assert changes.update(0.1, [hand(1, 0), hand(2, PALM_PX)]) == 0


def test_two_hands_that_exchange_their_ids_are_seen_by_a_reference_alone() -> None:
    before, after = [hand(1, 0), hand(2, 500)], [hand(2, 0), hand(1, 500)]
    alone, compared = IdChanges(), IdChanges()
    alone.update(0.0, before)
    compared.update(0.0, before, [place(0), place(500)])
    assert alone.update(0.1, after) == 0
    assert compared.update(0.1, after, [place(0), place(500)]) == 2


def test_a_reference_knows_a_hand_that_was_lost_for_long() -> None:
    changes = IdChanges()
    changes.update(0.0, [hand(1, 0)], [place(0)])
    for i in range(1, 100):
        assert changes.update(i / 30, [], [place(i)]) == 0
    assert changes.update(100 / 30, [hand(2, 100)], [place(100)]) == 1


def test_a_hand_that_the_reference_lacks_counts_nothing() -> None:
    changes = IdChanges()
    changes.update(0.0, [hand(1, 0)], [])
    assert changes.update(0.1, [hand(2, 0)], []) == 0


def test_stamps_that_run_back_start_again() -> None:
    changes = IdChanges()
    changes.update(5.0, [hand(1, 0)])
    assert changes.update(1.0, [hand(2, 0)]) == 0
