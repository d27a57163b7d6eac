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

"""The level of a frame by the time left, with numbers."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from hand_tracking_dsp.tracking.reflex import Reflex, first_costs

COSTS = (8.0, 6.0, 4.0, 2.0)


def settled(slow_down: float = 1.0, level: int = 0, frames: int = 60) -> Reflex:
    """Make a reflex that has seen many frames with a hand, all of them slowed down alike."""
    reflex = Reflex(COSTS)
    for _ in range(frames):
        reflex.took(level, 1, slow_down * COSTS[level])
    return reflex


@pytest.mark.parametrize(
    ("time_left_ms", "hands", "level"),
    [
        (math.inf, 1, 0),
        (8.1, 1, 0),
        (7.9, 1, 1),
        (4.1, 1, 2),
        (2.1, 1, 3),
        (1.0, 1, 3),
        (-5.0, 1, 3),
        (16.1, 2, 0),
        (8.1, 2, 2),
        (0.5, 0, 0),
    ],
)
def test_the_densest_level_that_fits_runs_and_else_the_sparsest(
    time_left_ms: float, hands: int, level: int
) -> None:
    assert settled().level(0, hands, time_left_ms) == level


@pytest.mark.parametrize("commanded", range(4))
def test_never_a_denser_level_than_commanded_runs(commanded: int) -> None:
    assert settled().level(commanded, 1, 1000.0) == commanded
    assert settled().level(commanded, 1, 2.1) == 3


def test_before_the_first_run_the_commanded_level_runs() -> None:
    assert Reflex(COSTS).level(1, 2, 0.001) == 1


def test_a_slow_down_counts_for_all_levels_within_some_frames_and_ends_as_soon() -> None:
    reflex = settled()
    for _ in range(4):
        reflex.took(0, 1, 24.0)
    assert reflex.level(0, 1, 9.0) > 0, "dense takes 24 ms now"
    assert reflex.expected_ms(3) > 4.0, "and the sparsest three times as long, too"
    for _ in range(25):
        reflex.took(3, 1, 2.0)
    assert reflex.level(0, 1, 9.0) == 0


def test_times_that_vary_leave_a_margin() -> None:
    generator = np.random.default_rng(1)
    reflex = Reflex(COSTS)
    late = 0
    for _ in range(2000):
        expected_ms = reflex.expected_ms(1)
        took_ms = COSTS[1] * math.exp(0.3 * generator.standard_normal())
        late += took_ms > expected_ms
        reflex.took(1, 1, took_ms)
    assert late / 2000 < 0.1


def test_what_levels_cost_here_is_learnt_where_the_first_guess_is_wrong() -> None:
    reflex = Reflex((8.0, 1.0))
    for frame in range(800):
        level = frame // 5 % 2
        reflex.took(level, 1, (8.0, 4.0)[level])
    assert reflex.ratio(0, 1) == pytest.approx(0.5, rel=0.1)
    assert reflex.ratio(1, 0) == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("ms", [0.0, -1.0, math.nan, math.inf])
def test_times_that_cannot_be_and_frames_without_a_run_are_left_out(ms: float) -> None:
    reflex = settled()
    before = reflex.expected_ms(0)
    reflex.took(0, 1, ms)
    reflex.took(0, 0, 5.0)
    assert reflex.expected_ms(0) == before


def choices(*times_ms: float | None, foreign: bool = False) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(p50_ms=ms, foreign=foreign, info=SimpleNamespace(macs=100 - 10 * level))
        for level, ms in enumerate(times_ms)
    ]


def test_the_first_guess_is_what_the_bank_knows_of_this_machine_or_else_the_work() -> None:
    assert first_costs(choices(5.0, 3.0)) == [5.0, 3.0]
    assert first_costs(choices(5.0, None)) == [100.0, 90.0]
    assert first_costs(choices(5.0, 3.0, foreign=True)) == [100.0, 90.0]
