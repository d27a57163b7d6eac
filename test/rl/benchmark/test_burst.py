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

"""A burst of load on mains power."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.resources import default_device_model, default_policy
from hand_tracking_dsp.rl.benchmark.burst import (
    AFTER_S,
    BEGIN_S,
    BUDGET_MS,
    DENSE_BUDGETS,
    END_S,
    burst_episode,
    burst_response,
)
from hand_tracking_dsp.rl.benchmark.candidates import Candidate
from hand_tracking_dsp.rl.benchmark.evaluate import Benchmark
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.episode import STEP_S
from hand_tracking_dsp.rl.simulation.reward import JUDGED

SEEDS = (0, 2)


@pytest.fixture(scope="module")
def benchmark_of_the_package(whole_bank) -> Benchmark:
    """Give missions on the package's device."""
    device = DeviceModel.from_json(default_device_model())
    return Benchmark(replace(device, bank_points=whole_bank.operating_points), whole_bank, JUDGED)


def test_the_load_is_there_in_the_burst_alone(benchmark_of_the_package: Benchmark) -> None:
    episode = burst_episode(benchmark_of_the_package.device, 0)
    loaded = np.flatnonzero(episode.load_state) * STEP_S
    assert (loaded[0], loaded[-1] + STEP_S) == (BEGIN_S, END_S)
    assert episode.steps * STEP_S > END_S + AFTER_S[-1]
    assert math.isnan(episode.capacity_wh)
    assert (episode.hands == 1).all()
    assert not np.isnan(episode.measured_percent).all()


def test_the_shipped_policy_is_back_at_the_dense_level_after_a_burst_on_mains_power(
    benchmark_of_the_package: Benchmark,
) -> None:
    points = benchmark_of_the_package.bank.points
    for seed in SEEDS:
        found = burst_response(
            benchmark_of_the_package, Candidate("learned", "learned", file=default_policy()), seed
        )
        assert found.dense_ms == pytest.approx(DENSE_BUDGETS * BUDGET_MS, rel=0.1)
        assert points[found.before].level == 0
        assert found.after[0] <= found.at_end
        after = [points[point].level for point in found.after[1:]]
        assert after == [0, 0], "after a minute, and a quarter of an hour"


def test_the_threshold_rule_returns_to_the_densest_point_that_policies_choose(
    benchmark_of_the_package: Benchmark,
) -> None:
    found = [burst_response(benchmark_of_the_package, Candidate("rule", "threshold"), seed) for seed in SEEDS]
    assert max(one.at_end for one in found) > 1, "the burst moves it in one of the missions at least"
    for one in found:
        assert one.before == 1
        assert one.after[1] < one.at_end
        assert one.after[2] == 1
