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

"""The observation: names, ranges and what is not measured."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hand_tracking_dsp.control.observation import OBSERVATION, OBSERVATION_NAMES, Observation


def test_names_are_unique_and_every_range_is_one() -> None:
    assert len(set(OBSERVATION_NAMES)) == len(OBSERVATION)
    assert all(field.low < field.high and field.description.endswith(".") for field in OBSERVATION)


def test_a_name_ends_with_its_unit() -> None:
    suffixes = {
        "1": "",
        "budget": "_budgets",
        "W": "_w",
        "W/s": "_w_per_s",
        "1/s": "_per_s",
        "s": "_s",
        "percent": "_percent",
    }
    assert all(field.name.endswith(suffixes[field.unit]) for field in OBSERVATION)


def test_what_is_missing_or_not_finite_is_nan() -> None:
    observation = Observation.build(1.0, 2, {"operating_point": 1, "power_w": math.inf})
    assert observation.point == 1
    assert observation.vector.dtype == np.float32
    assert np.isnan(observation.vector).sum() == len(OBSERVATION) - 1


def test_values_are_clipped_to_their_range() -> None:
    observation = Observation.build(1.0, 2, {"latency_p95_budgets": 1e300, "power_w": -4.0})
    assert observation["latency_p95_budgets"] == 10.0
    assert observation["power_w"] == 0.0


def test_a_policy_cannot_change_it() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Observation.build(1.0, 2, {}).vector[0] = 1.0


def test_an_unknown_name_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        Observation.build(1.0, 2, {"latency_ms": 3.0})
