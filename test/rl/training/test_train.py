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

"""Trainings of a few episodes, and going on after a stop."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.policy_file import PolicyContract
from hand_tracking_dsp.rl.simulation.episode import STEPS, EpisodeOptions
from hand_tracking_dsp.rl.training import train as training
from hand_tracking_dsp.rl.training.encoding import encoded_size
from hand_tracking_dsp.rl.training.export import parity, policy_network
from hand_tracking_dsp.rl.training.lagrange import MultiplierOptions
from hand_tracking_dsp.rl.training.train import CURVE_COLUMNS, PolicyTrainingOptions, TrainedPolicy

TINY = PolicyTrainingOptions(episodes=3, environments=2, layers=(16,))


@pytest.fixture(autouse=True)
def every_episode_counts(monkeypatch) -> None:
    """A point of the curve and a checkpoint for each round of episodes."""
    monkeypatch.setattr(training._TrainingProgress, "_EVERY", 2)
    monkeypatch.setattr(training._TrainingProgress, "_CHECKPOINT_EVERY", 2)


@pytest.fixture
def train(device, figures) -> Callable[..., TrainedPolicy]:
    def run(
        options: PolicyTrainingOptions = TINY, work: Path | None = None, on_progress=None
    ) -> TrainedPolicy:
        return training.train(device, figures, options, work, on_progress)

    return run


def same(one: TrainedPolicy, other: TrainedPolicy) -> bool:
    pairs = zip(one.mlp.layers, other.mlp.layers, strict=True)
    return all(np.array_equal(a, b) for first, second in pairs for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(("algorithm", "activation"), [("ppo", "Tanh"), ("dqn", "Relu")])
def test_a_training_leaves_a_network_a_checkpoint_and_a_curve(algorithm, activation, train, tmp_path) -> None:
    progress = []
    options = replace(TINY, algorithm=algorithm)
    trained = train(options, tmp_path / "work", lambda done, total: progress.append((done, total)))
    assert [weight.shape for weight, _ in trained.mlp.layers] == [(16, encoded_size(3)), (len(Action), 16)]
    assert [bias.shape for _, bias in trained.mlp.layers] == [(16,), (len(Action),)]
    assert trained.mlp.activation == activation
    assert all(np.isfinite(weight).all() for weight, _ in trained.mlp.layers)
    with (tmp_path / "work" / "curve.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == CURVE_COLUMNS
    assert len(rows) == len(trained.curve) > 0
    for row, point in zip(rows, trained.curve, strict=True):
        assert [float(value) for value in row] == pytest.approx(point, rel=1e-4)
    state = torch.load(tmp_path / "work" / "checkpoint.pt", weights_only=True)
    assert state["steps"] >= options.episodes * STEPS
    assert progress == sorted(progress)
    assert {total for _, total in progress} == {options.episodes}


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_the_same_seed_gives_the_same_network(algorithm, train) -> None:
    options = replace(TINY, episodes=2, algorithm=algorithm)
    first, again, other = (train(replace(options, seed=seed)) for seed in (4, 4, 5))
    assert same(first, again)
    assert first.curve == again.curve
    assert not same(first, other)


def test_dqn_learns_once_it_has_seen_enough(train, monkeypatch) -> None:
    whole = training.DQN
    monkeypatch.setattr(
        training, "DQN", lambda **options: whole(**{**options, "learning_starts": 100, "batch_size": 16})
    )
    options = replace(TINY, episodes=2, algorithm="dqn")
    learned = train(options)
    monkeypatch.setattr(training, "DQN", lambda **options: whole(**{**options, "learning_starts": 10**6}))
    assert not same(learned, train(options))


def test_what_was_trained_can_be_exported(train, bank) -> None:
    for algorithm in ("ppo", "dqn"):
        mlp = train(replace(TINY, episodes=1, algorithm=algorithm, blank=(5, 6))).mlp
        assert mlp.blank == (5, 6)
        assert (
            parity(policy_network(mlp, PolicyContract.of(bank, "ppo", 0.5, {})), mlp, bank, count=1000) == 0
        )


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_goes_on_from_its_checkpoint(algorithm, train, tmp_path) -> None:
    options = replace(TINY, algorithm=algorithm)
    first = train(options, tmp_path)
    steps = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["steps"]
    progress = []
    longer = replace(options, episodes=8)
    second = train(longer, tmp_path, lambda done, _total: progress.append(done))
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert second.curve[: len(first.curve)] == first.curve
    episodes, done = zip(*[point[:2] for point in second.curve], strict=True)
    assert list(episodes) == sorted(set(episodes))
    assert list(done) == sorted(set(done))
    assert done[len(first.curve)] > steps
    assert state["steps"] >= 8 * STEPS > steps
    assert min(progress) > first.curve[-1][0]
    assert not same(first, second) or algorithm == "dqn"  # which may not have seen enough to learn


def test_what_is_finished_is_only_read(train, tmp_path) -> None:
    first = train(TINY, tmp_path)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    again = train(replace(TINY, seed=9), tmp_path)
    assert same(first, again)
    assert again.weights == first.weights
    assert again.curve == first.curve
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_the_weights_adjust_themselves_to_late_frames(train, monkeypatch) -> None:
    # A budget that nothing keeps.
    monkeypatch.setattr(training, "TRAINING", EpisodeOptions(budgets=(0.3, 0.3)))
    alpha = CURVE_COLUMNS.index("alpha")
    strict = replace(TINY, episodes=4, multiplier=MultiplierOptions(target=0.01, start=0.4))
    lenient = replace(strict, multiplier=MultiplierOptions(target=1.0, start=0.4))
    falling, rising = train(strict), train(lenient)
    assert falling.curve[0][alpha] == rising.curve[0][alpha] == pytest.approx(0.4)
    assert falling.curve[-1][alpha] < 0.4 < rising.curve[-1][alpha]
    assert falling.weights.alpha < 0.4 < rising.weights.alpha


def test_weights_stay_where_they_shall_not_adjust(train) -> None:
    multiplier = MultiplierOptions(target=1e-6, start=0.4)
    trained = train(replace(TINY, adjust=False, multiplier=multiplier))
    assert {point[CURVE_COLUMNS.index("alpha")] for point in trained.curve} == {0.4}
    assert trained.weights.alpha == 0.4
