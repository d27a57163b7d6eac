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

"""Intervals and paired tests, against textbooks and scipy."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from scipy import stats

from hand_tracking_dsp.evaluation.statistics import mean_interval
from hand_tracking_dsp.rl.benchmark.evaluate import EpisodeScore
from hand_tracking_dsp.rl.benchmark.paired_tests import (
    MEASURES,
    column,
    over_seeds,
    paired,
)


def score(gain: float, drift: float = 1.0) -> EpisodeScore:
    nothing = dict.fromkeys((field.name for field in fields(EpisodeScore)), 0)
    return EpisodeScore(**{**nothing, "gain": gain, "drift_percent": drift})


def scores(values) -> list[EpisodeScore]:
    return [score(float(value)) for value in values]


# Student's own sample: hours of sleep gained by two drugs (Biometrika, 1908).
FIRST = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_the_paired_tests_are_scipy_s() -> None:
    found = paired(scores(SECOND), scores(FIRST), "gain")
    assert found.difference == mean_interval(SECOND - FIRST)
    assert found.t_p == pytest.approx(0.002833, abs=1e-6)
    assert found.wilcoxon_p == pytest.approx(float(stats.wilcoxon(SECOND, FIRST).pvalue))


def test_what_a_episode_lacks_does_not_count() -> None:
    assert mean_interval(np.array([1.0, math.nan, 3.0])) == mean_interval(np.array([1.0, 3.0]))
    one = [score(0, 1.0), score(0, math.nan), score(0, 3.0), score(0, 4.0)]
    other = [score(0, 2.0), score(0, 5.0), score(0, math.nan), score(0, 6.0)]
    found = paired(one, other, "drift_percent")
    assert found.difference.value == pytest.approx(-1.5)
    assert found.ratio.value == pytest.approx(5 / 8)


def test_equal_policies_do_not_differ() -> None:
    found = paired(scores(FIRST), scores(FIRST), "gain")
    assert (found.t_p, found.wilcoxon_p) == (1.0, 1.0)
    assert found.difference.value == 0.0
    assert found.ratio.value == pytest.approx(1.0)


def test_trainings_are_compared_by_their_means() -> None:
    found = over_seeds({"a": scores([1, 2]), "b": scores([3, 4]), "c": scores([2, 3])}, "gain")
    assert found == mean_interval(np.array([1.5, 3.5, 2.5]))


def test_every_measure_is_one_of_a_score() -> None:
    for measure in MEASURES:
        assert column(scores([1, 2]), measure).shape == (2,)
