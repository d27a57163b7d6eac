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

"""A controller on an episode meets what the episode holds."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import FixedPolicy, ThresholdPolicy
from hand_tracking_dsp.rl.benchmark.candidates import without_deadline_shield
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import STEP_S, Episode, EpisodeOptions
from hand_tracking_dsp.rl.simulation.reward import reward
from hand_tracking_dsp.rl.simulation.simulation import Simulation

WEIGHTS = GoalWeights.without_energy(0.35)
OPTIONS = without_deadline_shield(ControllerOptions())


@pytest.fixture(scope="module")
def on_mains(device) -> Episode:
    return draw_episode(device, 1, EpisodeOptions(mains=1.0, heating=0.0), steps=80)


@pytest.fixture(scope="module")
def on_battery(device) -> Episode:
    episode = draw_episode(device, 2, EpisodeOptions(mains=0.0, heating=0.0, untold=0.0), steps=80)
    return replace(episode, charge=0.9)


def play(episode, policy, figures, options=OPTIONS):
    simulation = Simulation(episode, policy, options, WEIGHTS, figures)
    played = []
    while not simulation.done:
        played.append(simulation.advance())
    return played


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("power", ["on_mains", "on_battery"])
def test_a_constant_level_gains_what_was_drawn_for_it(power, level, figures, request) -> None:
    episode = request.getfixturevalue(power)
    played = play(episode, FixedPolicy(level), figures)
    outcomes = [outcome for _, outcome in played]
    assert {outcome.level for outcome in outcomes} == {level}
    gained = reward(WEIGHTS, episode.accuracy, episode.time, episode.energy)
    assert [outcome.reward for outcome in outcomes] == pytest.approx(gained[level])
    assert [outcome.mean_reward for outcome in outcomes] == pytest.approx(gained.mean(axis=0))
    assert [outcome.late for outcome in outcomes] == episode.late()[level].sum(axis=1).tolist()
    drifts = [outcome.drift_percent for outcome in outcomes]
    np.testing.assert_array_equal(drifts, episode.drift_percent[level])
    assert sum(one.tracker_j for one in outcomes) == pytest.approx(episode.tracker_w[level].sum() * STEP_S)


def test_the_battery_drains_and_is_never_below_empty(on_battery, figures) -> None:
    charges = [outcome.charge for _, outcome in play(on_battery, FixedPolicy(0), figures)]
    assert charges == pytest.approx(on_battery.charge - np.cumsum(on_battery.drained()[0]))
    nearly_empty = replace(on_battery, charge=0.001)
    last = play(nearly_empty, FixedPolicy(0), figures)[-1][1].charge
    assert last == 0.0


def test_mains_power_stays_unknown(on_mains, figures) -> None:
    played = play(on_mains, FixedPolicy(0), figures)
    assert all(math.isnan(outcome.charge) for _, outcome in played)
    assert all(math.isnan(decision.observation["battery_charge"]) for decision, _ in played)


def test_the_controller_hears_what_the_episode_says(on_battery, figures, monkeypatch) -> None:
    episode, level = on_battery, 1
    simulation = Simulation(episode, FixedPolicy(level), OPTIONS, WEIGHTS, figures)
    frames, batteries = [], []
    hear_frame, hear_battery = simulation.controller.add_latency, simulation.controller.add_battery
    monkeypatch.setattr(simulation.controller, "add_latency", lambda s: (frames.append(s), hear_frame(s)))
    monkeypatch.setattr(
        simulation.controller, "add_battery", lambda s: (batteries.append(s), hear_battery(s))
    )
    begin_s = simulation.now_s
    charges = [simulation.advance()[1].charge for _ in range(episode.steps)]
    count = episode.latency_ms.shape[2]
    assert [frame.end_to_end_ms for frame in frames] == episode.latency_ms[level].ravel().tolist()
    assert [frame.hands for frame in frames[::count]] == episode.hands.tolist()
    assert {frame.sparsity for frame in frames} == {figures.sparsity[level]}
    np.testing.assert_array_equal([frame.presence for frame in frames[::count]], episode.presence[level])
    np.testing.assert_array_equal([frame.input_mean for frame in frames[::count]], episode.input_mean)
    stamps = np.array([frame.stamp_s for frame in frames]) - begin_s
    assert (np.diff(stamps) > 0).all()
    assert stamps[-1] == pytest.approx(episode.steps * STEP_S, abs=episode.frame_s + 1e-6)
    # A measurement of drift a second, with one frame.
    drifts = np.array([frame.drift for frame in frames]).reshape(episode.steps, count)
    assert np.isnan(drifts[:, 1:]).all()
    each = round(1 / STEP_S)
    np.testing.assert_array_equal(drifts[::each, 0], episode.measured_percent[level, ::each])
    assert np.isnan(drifts[1::each]).all()
    assert np.isnan([frame.drift_sparser for frame in frames]).all()
    # A gauge shows less under load.
    assert all(
        one.charge <= charge + 1e-12 and one.discharging
        for one, charge in zip(batteries, charges, strict=True)
    )
    watts = episode.base_w + episode.tracker_w[level]
    assert [one.power_w for one in batteries] == pytest.approx(watts, rel=0.06)


def test_what_is_heard_is_what_the_policy_sees(on_battery, figures) -> None:
    played = play(on_battery, FixedPolicy(2), figures)
    for step in range(1, on_battery.steps):
        observation = played[step][0].observation
        assert observation["hands"] == on_battery.hands[step - 1]
        assert observation["sparsity"] == np.float32(figures.sparsity[2])
        assert observation.points == on_battery.levels
        assert observation["battery_charge"] == pytest.approx(played[step - 1][1].charge, abs=0.1)


def test_the_budget_is_the_episode_s(on_mains, figures) -> None:
    impossible = replace(on_mains, budget_ms=0.1, hands=np.ones_like(on_mains.hands))
    late = [outcome.late / outcome.frames for _, outcome in play(impossible, FixedPolicy(0), figures)]
    assert set(late) == {1.0}
    levels = [outcome.level for _, outcome in play(impossible, ThresholdPolicy(), figures)]
    assert levels[-1] == on_mains.levels - 1


def test_the_same_episode_is_played_alike_twice(on_battery, figures) -> None:
    first, again = (play(on_battery, ThresholdPolicy(), figures) for _ in range(2))
    assert repr(first) == repr(again)


def test_a_controller_may_begin_at_another_level(on_mains, figures) -> None:
    options = replace(OPTIONS, initial_level=2)
    simulation = Simulation(on_mains, FixedPolicy(2), options, WEIGHTS, figures)
    assert simulation.observe()["sparsity"] == np.float32(figures.sparsity[2])
    decision, _ = simulation.advance()
    assert decision.point_before == decision.point == 2
