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

"""From observation to features."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.learned import GOALS, goals_of
from hand_tracking_dsp.control.observation import OBSERVATION, OBSERVATION_NAMES, Observation
from hand_tracking_dsp.rl.training.encoding import (
    ENCODING,
    GOAL_HIGH,
    GOAL_SCALE,
    LOW,
    MISSING,
    NUMBERS,
    SCALE,
    encode,
    encoded_size,
    goal_features,
)
from hand_tracking_dsp.tracking.manifest import MAX_LEVELS

LEVELS = 4


def features(**values: float) -> np.ndarray:
    seen = Observation.build(0.0, LEVELS, {"operating_point": 1, **values})
    return encode(seen.vector, goals_of(seen), LEVELS)


def test_every_entry_but_the_level_is_encoded() -> None:
    assert set(ENCODING) == set(OBSERVATION_NAMES) - {"operating_point"}
    assert list(NUMBERS) == [name for name in OBSERVATION_NAMES if name != "operating_point"]
    assert encoded_size(LEVELS) == 2 * len(NUMBERS) + len(GOALS) + LEVELS == len(features())


def test_ranges_lie_within_those_of_the_observation() -> None:
    for field in OBSERVATION:
        if field.name == "operating_point":
            assert field.high == MAX_LEVELS
            continue
        encoding = ENCODING[field.name]
        assert field.low <= encoding.low < encoding.high <= field.high
        assert encoding.low <= encoding.missing <= encoding.high


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_becomes_its_place_in_its_range(name) -> None:
    index, encoding = NUMBERS.index(name), ENCODING[name]
    middle = (encoding.low + encoding.high) / 2
    for value, expected in ((encoding.low, 0.0), (middle, 0.5), (encoding.high, 1.0)):
        encoded = features(**{name: value})
        assert encoded[index] == pytest.approx(expected, abs=1e-6)
        assert encoded[len(NUMBERS) + index] == 1.0


@pytest.mark.parametrize("name", NUMBERS)
def test_what_was_not_measured_is_marked_and_replaced(name) -> None:
    index, encoding = NUMBERS.index(name), ENCODING[name]
    encoded = features(**{name: math.nan})
    assert encoded[len(NUMBERS) + index] == 0.0
    place = (encoding.missing - encoding.low) / (encoding.high - encoding.low)
    assert encoded[index] == pytest.approx(place, abs=1e-6)


def test_numbers_beyond_their_range_are_clipped() -> None:
    encoded = features(latency_p95_budgets=9.0, power_trend_w_per_s=-50.0)
    assert encoded[NUMBERS.index("latency_p95_budgets")] == 1.0
    assert encoded[NUMBERS.index("power_trend_w_per_s")] == 0.0


def test_the_level_is_one_of_as_many_features() -> None:
    for level in range(LEVELS):
        assert features(operating_point=level)[-LEVELS:].tolist() == [
            float(level == one) for one in range(LEVELS)
        ]


def test_goals_are_five_of_the_features() -> None:
    seen = Observation.build(0.0, LEVELS, {"operating_point": 1})
    stated = replace(seen, weights=GoalWeights(0.04, 0.96, 0.36), error_limit_percent=5.0, late_free=0.005)
    plain, other = (encode(one.vector, goals_of(one), LEVELS) for one in (seen, stated))
    where = slice(2 * len(NUMBERS), 2 * len(NUMBERS) + len(GOALS))
    assert other[where] == pytest.approx([0.2, math.sqrt(0.96), 0.6, 0.5, 0.5])
    rest = np.setdiff1d(np.arange(len(plain)), np.arange(where.start, where.stop))
    np.testing.assert_array_equal(plain[rest], other[rest])


def test_goals_beyond_their_range_are_clipped() -> None:
    high = np.array([GOAL_HIGH[name] for name in GOALS], np.float32)
    assert goal_features(7 * high).tolist() == [1.0] * len(GOALS)
    assert goal_features(-high).tolist() == [0.0] * len(GOALS)


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.just(len(OBSERVATION))),
        elements=st.floats(-1e6, 1e6, width=32) | st.just(math.nan),
    )
)
def test_features_are_finite_and_between_nothing_and_one(vectors) -> None:
    encoded = encode(vectors, np.ones((len(vectors), len(GOALS)), np.float32), LEVELS)
    assert encoded.shape == (len(vectors), encoded_size(LEVELS))
    assert encoded.dtype == np.float32
    assert np.isfinite(encoded).all()
    assert encoded.min() >= 0
    assert encoded.max() <= 1


def test_constants_cannot_be_changed() -> None:
    assert LOW.tolist() == pytest.approx([ENCODING[name].low for name in NUMBERS])
    for constant in (LOW, SCALE, MISSING, GOAL_SCALE):
        with pytest.raises(ValueError, match="read-only"):
            constant[:] = 7
