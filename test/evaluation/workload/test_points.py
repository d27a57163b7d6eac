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

"""Operating points are measured against everything on every frame, and dominated ones are left out."""

from __future__ import annotations

from itertools import pairwise

import pytest

from hand_tracking_dsp.evaluation.workload.clips import Clip
from hand_tracking_dsp.evaluation.workload.points import measure_points, point_grid, worth_having
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.operating_point import EVERYTHING, OperatingPoint, PointInfo
from hand_tracking_dsp.tracking.palm import PalmDetector


def info(cost: float, error: float, level: int = 0, found: float = 1.0) -> PointInfo:
    return PointInfo(level=level, gate=0.0, search_interval_s=0.0, cost=cost, error=error, found=found)


@pytest.fixture(scope="module")
def measured() -> list[PointInfo]:
    bank = LevelBank.load(default_bank())
    detector = PalmDetector.load(default_bank(), "")
    points = [OperatingPoint(0, 0.25, 1.0), OperatingPoint(5, 0.0, 1.0), OperatingPoint(5, 0.25, 1.0)]
    return measure_points(bank, detector, [Clip("synthetic", None, 20)], points)


def test_the_reference_comes_first_and_is_without_error(measured: list[PointInfo]) -> None:
    reference, held, sparse, _ = measured
    assert reference.point == EVERYTHING
    assert (reference.cost, reference.error, reference.near, reference.measured) == (1, 0, 1, 1)
    assert reference.samples == held.samples == sparse.samples > 0
    assert reference.data == "1 clips, 20 frames: synthetic"


def test_points_that_leave_out_work_err_and_measure_less(measured: list[PointInfo]) -> None:
    reference, held, sparse, both = measured
    assert held.measured < 1 == sparse.measured
    assert held.searched <= reference.searched
    assert 0 < sparse.error < 1
    assert sparse.drift_percent > held.drift_percent > 0
    assert sparse.held_percent == held.held_percent == 0  # nothing is known of the latter without its gate
    assert both.held_percent == pytest.approx(max(both.drift_percent - sparse.drift_percent, 0), abs=0.002)


def test_dominated_points_are_left_out() -> None:
    reference, good, bad, sparse = info(1, 0), info(0.6, 0.02), info(0.7, 0.05), info(0.3, 0.3)
    assert worth_having([reference, bad, sparse, good], 8) == [reference, good, sparse]


def test_points_that_save_next_to_nothing_are_left_out() -> None:
    reference, close, sparse = info(1, 0), info(0.97, 0.001), info(0.3, 0.3)
    assert worth_having([reference, close, sparse], 8) == [reference, sparse]
    dearer = info(1.2, 0.0)
    assert worth_having([reference, dearer, sparse], 8) == [reference, sparse]


def test_the_cheapest_is_the_last_however_little_it_saves() -> None:
    reference, sparse, cheapest = info(1, 0), info(0.3, 0.3), info(0.295, 0.5)
    assert worth_having([reference, sparse, cheapest], 8) == [reference, cheapest]
    assert worth_having([reference, info(0.99, 0.1)], 8) == [reference, info(0.99, 0.1)]
    assert worth_having([reference, info(1.1, 0.1)], 8) == [reference]


def test_a_point_that_finds_no_hand_is_never_the_cheapest() -> None:
    reference, sparse, blind = info(1, 0), info(0.3, 0.3), info(0.1, 1.0, level=4, found=0.0)
    assert worth_having([reference, sparse, blind], 8) == [reference, sparse]


def test_of_too_many_the_ones_on_a_line_go_first() -> None:
    found = [info(1, 0), info(0.8, 0.01), info(0.6, 0.02), info(0.4, 0.03), info(0.2, 0.5)]
    chosen = worth_having(found, 3)
    assert [point.cost for point in chosen] == [1, 0.4, 0.2]
    for dear, cheap in pairwise(worth_having(found, 8)):
        assert dear.cost > cheap.cost
        assert dear.error <= cheap.error


def test_the_grid_has_every_combination() -> None:
    points = point_grid(2, (0.0, 0.1), (0.5,))
    assert points == [OperatingPoint(level, gate, 0.5) for level in (0, 1) for gate in (0.0, 0.1)]
