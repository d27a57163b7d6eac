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

"""The plan is the best there is under the rules that all play by."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from support.points import figures_of

from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.observation import Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import ThresholdPolicy
from hand_tracking_dsp.rl.benchmark.candidates import without_deadline_shield, without_shield
from hand_tracking_dsp.rl.benchmark.oracle import OraclePolicy
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import STEP_S, Episode, EpisodeOptions
from hand_tracking_dsp.rl.simulation.reward import reward
from hand_tracking_dsp.rl.simulation.simulation import Simulation

WEIGHTS = GoalWeights.without_energy(0.4)
FREE = without_shield(ControllerOptions(min_dwell_s=0.0, min_dwell_sparser_s=0.0))
DWELLING = without_shield(ControllerOptions(min_dwell_s=2 * STEP_S, min_dwell_sparser_s=STEP_S))
# Too slow for the dense level now and then; what a step brings does not depend on those before.
MAINS = EpisodeOptions(mains=1.0, budgets=(0.5, 1.0), heating=0.0)
SEEDS = range(12)


def expected_return(episode: Episode, levels: Sequence[int], weights: GoalWeights = WEIGHTS) -> float:
    """Sum the rewards that are expected before the luck of single frames."""
    at = np.array(levels), np.arange(len(levels))
    gained = reward(weights, episode.accuracy[at], episode.expected_time[at], episode.energy[at])
    return float(gained.sum())


def best_return(episode: Episode, dwell: int) -> float:
    """Try all sequences."""
    gained = reward(WEIGHTS, episode.accuracy, episode.expected_time, episode.energy)
    steps = np.arange(episode.steps)
    tried = itertools.product(range(episode.levels), repeat=episode.steps)
    return max(gained[list(one), steps].sum() for one in tried if possible(one, dwell))


def play(episode: Episode, policy, options: ControllerOptions) -> list[int]:
    simulation = Simulation(episode, policy, options, WEIGHTS, figures_of(3))
    levels = []
    while not simulation.done:
        levels.append(simulation.advance()[0].point)
    return levels


def follow(episode: Episode, options: ControllerOptions, weights: GoalWeights = WEIGHTS) -> list[int]:
    return play(episode, OraclePolicy(episode, weights, options), options)


def possible(levels: Sequence[int], dwell: int) -> bool:
    """Whether a sequence from level 0 goes towards denser after the dwell time only."""
    before, changed = 0, -math.inf
    for step, level in enumerate(levels):
        if level < before and step - changed < dwell:
            return False
        changed = step if level != before else changed
        before = level
    return True


@pytest.mark.parametrize(("options", "dwell"), [(FREE, 0), (DWELLING, 2)])
def test_no_sequence_of_levels_is_expected_to_gain_more(device, options, dwell) -> None:
    seen = set()
    for seed in SEEDS:
        episode = draw_episode(device, seed, MAINS, steps=6)
        best = best_return(episode, dwell)
        found = follow(episode, options)
        assert possible(found, dwell)
        assert expected_return(episode, found) == pytest.approx(best)
        seen.add(tuple(found))
    assert len(seen) > 1


def cool(episode: Episode) -> Episode:
    """Let no plan know that heat throttles."""
    return replace(episode, heat=None)


def busy(episode: Episode) -> Episode:
    """Let it be by turns worth being accurate and being fast, for a few steps each."""
    turns = (np.arange(episode.steps) // 3) % 2
    fast = np.linspace(0.9, 0.0, episode.levels)[:, None]
    time = np.where(turns, fast, 0.05)
    return replace(episode, expected_time=time, hands=np.ones_like(episode.hands))


@pytest.mark.parametrize(("options", "dwell"), [(FREE, 0), (DWELLING, 2)])
def test_it_is_the_best_too_where_changing_often_pays(device, options, dwell) -> None:
    for seed in SEEDS:
        episode = busy(draw_episode(device, seed, MAINS, steps=7))
        assert expected_return(episode, follow(episode, options)) == pytest.approx(
            best_return(episode, dwell)
        )


def test_neither_a_level_nor_the_threshold_rule_is_expected_to_gain_more(device) -> None:
    options = without_shield(ControllerOptions())
    for seed in range(6):
        episode = draw_episode(device, seed, MAINS, steps=120)
        best = expected_return(episode, follow(episode, options))
        fixed = [[level] * episode.steps for level in range(episode.levels)]
        rule = play(episode, ThresholdPolicy(), options)
        assert possible(rule, round(options.min_dwell_s / STEP_S))
        for other in (*fixed, rule):
            assert best >= expected_return(episode, other) - 1e-9


def test_on_battery_no_level_is_expected_to_gain_more(device) -> None:
    options = without_shield(ControllerOptions())
    for seed in range(6):
        episode = replace(
            draw_episode(device, seed, EpisodeOptions(mains=0.0, heating=0.0), steps=120), sag=0.0
        )
        best = expected_return(episode, follow(episode, options))
        for level in range(episode.levels):
            fixed = [level] * episode.steps
            # The plan knows the charge on a grid.
            assert best >= expected_return(episode, fixed) - 0.01 * episode.steps


def test_the_controller_can_carry_out_all_that_is_planned(device) -> None:
    """The plan knows the dwell time: it never asks for what would have to wait."""
    options = without_shield(ControllerOptions())
    changes = 0
    for seed in range(6):
        episode = busy(draw_episode(device, seed, MAINS, steps=60))
        policy = OraclePolicy(episode, WEIGHTS, options)
        simulation = Simulation(episode, policy, options, WEIGHTS, figures_of(3))
        denser = []
        while not simulation.done:
            decision, _ = simulation.advance()
            assert decision.point == decision.point_wanted
            changes += decision.point != decision.point_before
            denser.append(decision.point < decision.point_before)
        assert any(denser)
    assert changes > 12


def test_at_the_reserve_it_takes_the_sparsest_level(device) -> None:
    options = ControllerOptions()
    episode = draw_episode(device, 0, EpisodeOptions(mains=0.0), steps=20)
    for charge in (0.0, options.goals.battery.reserve):
        policy = OraclePolicy(replace(episode, charge=charge), WEIGHTS, options)
        for level in range(episode.levels):
            seen = Observation.build(
                0.0, episode.levels, {"operating_point": level, "time_since_switch_s": 60.0}
            )
            assert policy.decide(seen) == episode.levels - 1


def test_a_device_that_its_own_heat_throttles_is_kept_cool(device) -> None:
    """A plan that knows when the clock falls gains more than one that does not."""
    options = without_shield(ControllerOptions())
    drawn = EpisodeOptions(mains=1.0, heating=1.0, heat_limit=(0.3, 0.6), heat_slower=(3.0, 3.0))
    spared = 0.0
    for seed in SEEDS:
        episode = draw_episode(device, seed, drawn, steps=120)
        policies = [OraclePolicy(episode, WEIGHTS, options), OraclePolicy(cool(episode), WEIGHTS, options)]
        gained = [
            sum(
                outcome.reward
                for _, outcome in Simulation(episode, one, options, WEIGHTS, figures_of(3)).run()
            )
            for one in policies
        ]
        spared += gained[0] - gained[1]
    assert spared > 0.0


def test_a_battery_that_would_not_last_makes_it_sparser(device) -> None:
    options = without_deadline_shield(ControllerOptions())
    means = []
    for enough in (2.0, 0.2):
        drawn = EpisodeOptions(mains=0.0, lasting=1.0, enough=(enough, enough), base_w=(0.1, 0.1))
        means.append(
            np.mean([follow(draw_episode(device, seed, drawn, steps=60), options) for seed in SEEDS])
        )
    assert means[0] < means[1]
