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

"""Agents that choose a granularity each."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from hand_tracking_dsp.rl.training.granularity_agent import (
    STEPS,
    ChoiceTables,
    GranularityEnvironment,
    train_agents,
)

AREAS, CHOICES = 4, 4


def tables(seed: int) -> ChoiceTables:
    """Make up measurements; the first choice costs and saves nothing, one is impossible."""
    random = np.random.default_rng(seed)
    deviation, saved = random.uniform(1, 9, (AREAS, CHOICES)), random.uniform(0, 0.2, (AREAS, CHOICES))
    deviation[:, 0] = saved[:, 0] = 0
    deviation[0, 2] = np.inf
    return ChoiceTables(deviation, saved)


@pytest.mark.filterwarnings("ignore")
def test_gymnasium_finds_nothing_wrong() -> None:
    check_env(GranularityEnvironment(tables(0), 0.2), skip_render_check=True)


@pytest.mark.parametrize("seed", range(4))
def test_the_agents_find_the_best_choice_there_is(seed: int) -> None:
    made, need = tables(seed), 0.25
    found = train_agents(made, need, 2000, seed)
    rows = np.arange(AREAS)
    best = min(
        (made.deviation[rows, choice] ** 2).sum()
        for choice in itertools.product(range(CHOICES), repeat=AREAS)
        if np.floor(made.saved[rows, choice] * STEPS).sum() >= need * STEPS
    )
    assert found.deviation == pytest.approx(np.sqrt(best))
    assert found.saved >= need
    assert found.episodes == 2000


def test_what_an_area_has_not_is_never_chosen() -> None:
    made = tables(5)
    made.saved[0, 2] = 1.0
    assert all(train_agents(made, 0.4, 50, seed).choice[0] != 2 for seed in range(5))


def test_without_anything_to_save_nothing_is_pruned() -> None:
    assert train_agents(tables(1), 0.0, 500).choice == (0,) * AREAS


def test_what_cannot_be_saved_is_saved_as_far_as_it_can() -> None:
    made = tables(2)
    found = train_agents(made, 0.99, 2000)
    most = np.where(made.possible, made.saved, 0).max(axis=1).sum()
    assert found.saved == pytest.approx(most, abs=4 / STEPS)


def test_a_step_tells_what_is_left_and_punishes_what_is_not_saved_at_the_end() -> None:
    deviation, saved = np.array([[0.0, 3.0], [0.0, 4.0]]), np.array([[0.0, 0.1], [0.0, 0.1]])
    environment = GranularityEnvironment(ChoiceTables(deviation, saved), 0.2)
    (area, left), info = environment.reset(seed=0)
    assert (area, left) == (0, 0.2 * STEPS)
    assert info["possible"].all()
    (area, left), reward, done, _, _ = environment.step(np.int64(1))
    assert (area, left, done) == (1, 0.1 * STEPS, False)
    assert reward == pytest.approx(-9 / 25)
    _, reward, done, _, _ = environment.step(np.int64(0))
    assert done
    assert reward == pytest.approx(-10.0 * 0.5)


def test_tables_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="different shapes"):
        ChoiceTables(np.zeros((2, 3)), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="no possible choice"):
        ChoiceTables(np.full((1, 2), np.inf), np.zeros((1, 2)))
