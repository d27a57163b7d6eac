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

"""The environment of the layer agent, a short training of it, and its export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.control.layers.agent import LayerAgent
from hand_tracking_dsp.control.layers.reward import LayerWeights, reward_of
from hand_tracking_dsp.control.layers.state import accuracy_of, layer_fields
from hand_tracking_dsp.control.policy_file import read_policy
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import default_bank, default_layer_agent
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.composition.surrogate import SCENES
from hand_tracking_dsp.tracking.manifest import read_manifest

for package in ("torch", "gymnasium", "stable_baselines3"):
    pytest.importorskip(package, reason=f"{package} is not installed; run make setup-lab")

from gymnasium.utils.env_checker import check_env

from hand_tracking_dsp.rl.training import layer_export
from hand_tracking_dsp.rl.training.layer_environment import LayerEnvironment, draw_device
from hand_tracking_dsp.rl.training.layer_export import export_layers, layer_parity
from hand_tracking_dsp.rl.training.layer_study import (
    ablation_jobs,
    grid_jobs,
    judge,
    judge_grid,
    judged_contexts,
    search_weights,
    seed_jobs,
)
from hand_tracking_dsp.rl.training.layer_train import (
    INPUT,
    MONITORING,
    LayerNetwork,
    LayerTrainingOptions,
    blank_places,
    layer_provenance,
    train_layers,
)

BANK = read_manifest(default_bank())


@pytest.fixture(scope="module")
def profile() -> CompositionProfile:
    return CompositionProfile.of(BlockSet.read(BANK, "int8"), BANK.levels[0])


@pytest.fixture(scope="module")
def network(profile: CompositionProfile) -> LayerNetwork:
    random, size = np.random.default_rng(0), len(layer_fields(profile.names))
    shapes = ((16, size), (5, 16))
    layers = tuple(
        (random.normal(0.0, 0.3, shape).astype(np.float32), np.zeros(shape[0], np.float32))
        for shape in shapes
    )
    return LayerNetwork(layers, blank_places(profile, INPUT))


def test_the_environment_is_one_of_gymnasium(profile: CompositionProfile) -> None:
    check_env(LayerEnvironment(profile), skip_render_check=True)


def test_the_rewards_of_an_episode_sum_up_to_that_of_the_composition(profile: CompositionProfile) -> None:
    weights = LayerWeights(beta=0.3, gamma=0.1, complexity=0.05)
    environment = LayerEnvironment(profile, weights, devices=False)
    random = np.random.default_rng(0)
    for seed in range(4):
        environment.reset(seed=seed)
        context = environment._context
        empty = np.zeros((1, 0), np.int64)
        dense = accuracy_of(profile.surrogate.deviation_percent([[0] * len(profile.names)]))[0, context.scene]
        start = float(reward_of(weights, profile, context, empty, np.array([dense]))[0])
        gained, done = 0.0, False
        while not done:
            _, reward, done, _, info = environment.step(np.int64(random.integers(5)))
            gained += reward
        chosen = np.array([info["choice"]])
        accuracies = accuracy_of(profile.surrogate.deviation_percent(chosen))[:, context.scene]
        whole = float(reward_of(weights, profile, context, chosen, accuracies)[0])
        assert start + gained == pytest.approx(whole) == info["reward"]


def test_episodes_are_of_many_devices_and_contexts(profile: CompositionProfile) -> None:
    environment = LayerEnvironment(profile)
    contexts = [(environment.reset(seed=seed), environment._context)[1] for seed in range(40)]
    assert {one.scene for one in contexts} == set(range(len(SCENES)))
    assert {1.0} < {one.time_limit for one in contexts}
    random = np.random.default_rng(0)
    assert not np.allclose(draw_device(profile, random).time, draw_device(profile, random).time)


def test_entries_that_are_blank_stay_zero(profile: CompositionProfile) -> None:
    blank = blank_places(profile, MONITORING)
    assert len(blank) == len(MONITORING)
    environment = LayerEnvironment(profile, blank=blank)
    state, _ = environment.reset(seed=0)
    for _ in range(3):
        assert not state[list(blank)].any()
        state, *_ = environment.step(np.int64(2))


def test_a_short_training_learns_to_keep_the_limits(profile: CompositionProfile, tmp_path: Path) -> None:
    options = LayerTrainingOptions(steps=3200, layers=(32,), seed=1)
    told: list[int] = []
    network, curve = train_layers(profile, options, lambda done, _: told.append(done))
    assert told == sorted(told)
    assert len(curve) > 20
    export_layers(network, BANK, profile, tmp_path / "agent.json", layer_provenance(options))
    agent = LayerAgent.load(tmp_path / "agent.json", BANK, profile)
    assert agent.contract.training["seed"] == 1
    accuracy, power = judge(agent)
    assert 0.2 < accuracy < 1.0
    assert 0.4 < power < 0.9


def test_the_exported_agent_takes_the_same_actions(
    network: LayerNetwork, profile: CompositionProfile, tmp_path: Path
) -> None:
    export_layers(network, BANK, profile, tmp_path / "agent.json", {"weights": {}})
    data = read_policy(tmp_path / "agent.json")
    assert layer_parity(data, network, 2000) == 0
    first, second = network.layers
    other = replace(network, layers=(first, (-second[0], second[1])))
    assert layer_parity(data, other, 2000) > 1000


def test_an_agent_that_acts_otherwise_than_it_was_trained_is_not_written(
    network: LayerNetwork, profile: CompositionProfile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_export, "layer_parity", lambda *_: 7)
    with pytest.raises(ModelError, match=r"another action on 7 of 10000 states"):
        export_layers(network, BANK, profile, tmp_path / "agent.json", {})
    assert not list(tmp_path.iterdir())


def test_a_study_varies_seeds_weights_and_what_is_seen() -> None:
    plan = LayerTrainingOptions(weights=LayerWeights(complexity=0.1, coefficients=(1.0,) * 16))
    assert [job.options.seed for job in seed_jobs(plan, 3)] == [0, 1, 2]
    assert len({job.options.weights for job in grid_jobs(plan)}) == len(grid_jobs(plan)) == 16
    by_name = {job.name: job.options for job in ablation_jobs(plan)}
    assert by_name["without_monitoring"].blank == MONITORING
    assert by_name["without_input"].blank == INPUT
    assert by_name["without_coefficients"].weights.coefficients == ()
    assert by_name["without_lambda"].weights.complexity == 0.0
    assert len(ablation_jobs(LayerTrainingOptions())) == 2
    assert len(judged_contexts()) == 80


def test_the_package_s_agent_is_more_accurate_than_a_grid_at_no_more_power(
    profile: CompositionProfile,
) -> None:
    accuracy, power = judge_grid(profile)
    of_agent, power_of_agent = judge(LayerAgent.load(default_layer_agent(), BANK, profile))
    assert 0.0 < accuracy < of_agent
    assert power_of_agent <= power <= 1.0


def test_a_search_tries_other_weights_each_time() -> None:
    pytest.importorskip("optuna", reason="Optuna is not installed; run make setup-lab")
    batches: list[int] = []

    def try_out(jobs) -> list[tuple[float, float]]:
        batches.append(len(jobs))
        return [(job.options.weights.beta, 0.5) for job in jobs]

    found = list(search_weights(LayerTrainingOptions(), 5, 16, try_out, 2))
    assert batches == [2, 2, 1]
    assert len({weights for weights, *_ in found}) == 5
    assert all(weights.beta == accuracy and len(weights.coefficients) == 16 for weights, accuracy, _ in found)
