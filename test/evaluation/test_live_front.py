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
from dataclasses import replace
from types import SimpleNamespace

import pytest

from hand_tracking_dsp.evaluation.live_comparison import LiveRun, LiveScore, score_runs
from hand_tracking_dsp.evaluation.live_front import (
    mean_of_rounds,
    needs_no_control,
    pareto_front,
    score_rounds,
)


@pytest.fixture
def rounds(made: SimpleNamespace):
    """A maker of a policy's rounds, each of late share, usable share and processor time."""
    base = score_runs([LiveRun("any", made.run(3))], 20.0)

    def make(*figures: tuple[float, float, float]) -> list[LiveScore]:
        return [
            replace(base, late_share=late, usable_share=usable, processor_s=cost)
            for late, usable, cost in figures
        ]

    return make


def test_a_policy_is_off_the_front_only_where_another_is_better_beyond_the_interval(rounds) -> None:
    policies = {
        "good": rounds((0.01, 0.9, 2.0), (0.02, 0.9, 2.1), (0.01, 0.9, 2.0)),
        "slower each time": rounds((0.05, 0.9, 2.0), (0.06, 0.9, 2.1), (0.05, 0.9, 2.0)),
        "slower by chance": rounds((0.00, 0.9, 2.0), (0.09, 0.9, 2.1), (0.00, 0.9, 2.0)),
        "cheaper": rounds((0.05, 0.5, 1.0), (0.06, 0.5, 1.1), (0.05, 0.5, 1.0)),
    }
    assert pareto_front(policies, "processor_s") == ["good", "slower by chance", "cheaper"]


def test_what_falls_on_a_whole_round_hides_no_difference(rounds) -> None:
    policies = {
        "good": rounds((0.01, 0.9, 2.0), (0.31, 0.7, 4.0), (0.11, 0.8, 3.0)),
        "bad": rounds((0.02, 0.9, 2.0), (0.33, 0.7, 4.0), (0.13, 0.8, 3.0)),
    }
    assert pareto_front(policies, "processor_s") == ["good"]


def test_a_figure_that_was_not_measured_does_not_count(rounds) -> None:
    unknown = math.nan
    policies = {"good": rounds((0.01, unknown, 2.0)), "bad": rounds((0.02, unknown, 2.0))}
    assert pareto_front(policies, "processor_s") == ["good"]


def test_policies_that_are_alike_are_all_on_the_front(rounds) -> None:
    policies = {name: rounds((0.01, 0.9, 2.0), (0.01, 0.9, 2.0)) for name in ("one", "other")}
    assert pareto_front(policies, "processor_s") == ["one", "other"]


def test_rounds_are_ordered_by_their_number_and_have_a_mean_with_an_interval(made: SimpleNamespace) -> None:
    runs = [
        LiveRun("fixed", made.run(9), energy_j=10.0 * number, round_number=number) for number in (3, 1, 2)
    ]
    found = score_rounds(runs, 20.0)
    assert [one.energy_j for one in found] == [10.0, 20.0, 30.0]
    mean = mean_of_rounds(found)["energy_j"]
    assert mean.value == 20.0
    assert mean.low < 10.0
    assert mean.high > 30.0
    single = mean_of_rounds(found[:1])["energy_j"]
    assert (single.value, single.low, single.high) == (10.0, 10.0, 10.0)


def test_nothing_needs_control_where_dense_is_late_as_rarely_as_accepted(rounds) -> None:
    assert needs_no_control(rounds((0.0, 1.0, 2.0), (0.015, 1.0, 2.0)), 0.01)
    assert not needs_no_control(rounds((0.0, 1.0, 2.0), (0.03, 1.0, 2.0)), 0.01)
    assert not needs_no_control(rounds((math.nan, 1.0, 2.0)), 0.01)
