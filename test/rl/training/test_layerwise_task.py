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

"""What a choice of intensities is worth, and random search."""

from dataclasses import replace

import numpy as np
import pytest
from support.layerwise import COEFFICIENTS, TASK, evaluate, sparsity

from hand_tracking_dsp.rl.training.layerwise_task import LayerwiseCoefficients, choose_at_random


def test_coefficients_follow_the_sizes_of_layers():
    power, parameters = np.array([0.7, 0.2, 0.1], np.float32), np.array([0.1, 0.1, 0.8], np.float32)
    found = LayerwiseCoefficients.by_size(power, parameters)
    assert found.power[0] > found.power[1]
    assert found.intensity[2] > found.intensity[0]
    assert found.accuracy.tolist() == pytest.approx([1 / 3, 1 / 3, 1])
    assert found.power[2] / found.accuracy[2] == pytest.approx(0.2)


def test_random_search_meets_the_budgets_and_finds_the_layers_that_matter():
    told = []
    found = choose_at_random(TASK, COEFFICIENTS, 60, 0, lambda *how_far: told.append(how_far))
    assert sparsity(found.intensities) == 0.5
    assert found.intensities == (0.0, 1.0, 0.0, 1.0)
    assert found.evaluations == 60
    assert told[-1] == (60, 60)


def test_random_search_evaluates_nothing_twice_and_ends_where_there_are_no_others():
    asked = []

    def counted(shares):
        asked.append(shares)
        return evaluate(shares)

    few = replace(TASK, evaluate=counted, intensities=(0.0, 0.5), met=lambda _: 1.0)
    assert choose_at_random(few, COEFFICIENTS, 50, 0).evaluations == 2**4
    assert len(asked) == len(set(asked)) == 2**4


def test_the_same_seed_draws_the_same():
    one, other = (choose_at_random(TASK, COEFFICIENTS, 10, 3) for _ in range(2))
    assert one == other
    assert choose_at_random(TASK, COEFFICIENTS, 3, 4) != choose_at_random(TASK, COEFFICIENTS, 3, 5)
