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
from hand_tracking_dsp.control.policy_file import ACTIONS_KIND, PolicyContract
from hand_tracking_dsp.rl.simulation.episode import STEPS, EpisodeOptions
from hand_tracking_dsp.rl.training import train as training
from hand_tracking_dsp.rl.training.encoding import encoded_size
from hand_tracking_dsp.rl.training.export import parity, policy_network
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


def test_a_training_leaves_a_network_a_checkpoint_and_a_curve(train, tmp_path) -> None:
    progress = []
    trained = train(TINY, tmp_path / "work", lambda done, total: progress.append((done, total)))
    assert [weight.shape for weight, _ in trained.mlp.layers] == [(16, encoded_size(3)), (len(Action), 16)]
    assert [bias.shape for _, bias in trained.mlp.layers] == [(16,), (len(Action),)]
    assert all(np.isfinite(weight).all() for weight, _ in trained.mlp.layers)
    with (tmp_path / "work" / "curve.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == CURVE_COLUMNS
    assert len(rows) == len(trained.curve) > 0
    for row, point in zip(rows, trained.curve, strict=True):
        assert [float(value) for value in row] == pytest.approx(point, rel=1e-4)
    state = torch.load(tmp_path / "work" / "checkpoint.pt", weights_only=True)
    assert state["steps"] >= TINY.episodes * STEPS
    assert progress == sorted(progress)
    assert {total for _, total in progress} == {TINY.episodes}


def test_the_same_seed_gives_the_same_network(train) -> None:
    options = replace(TINY, episodes=2)
    first, again, other = (train(replace(options, seed=seed)) for seed in (4, 4, 5))
    assert same(first, again)
    assert first.curve == again.curve
    assert not same(first, other)


def test_what_was_trained_can_be_exported(train, bank) -> None:
    mlp = train(replace(TINY, episodes=1, blank=(5, 6))).mlp
    assert mlp.blank == (5, 6)
    network = policy_network(mlp, PolicyContract.of(bank, ACTIONS_KIND, 0.5, {}))
    assert parity(network, mlp, bank, count=1000) == 0


def test_goes_on_from_its_checkpoint(train, tmp_path) -> None:
    first = train(TINY, tmp_path)
    steps = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["steps"]
    progress = []
    longer = replace(TINY, episodes=8)
    second = train(longer, tmp_path, lambda done, _total: progress.append(done))
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert second.curve[: len(first.curve)] == first.curve
    episodes, done = zip(*[point[:2] for point in second.curve], strict=True)
    assert list(episodes) == sorted(set(episodes))
    assert list(done) == sorted(set(done))
    assert done[len(first.curve)] > steps
    assert state["steps"] >= 8 * STEPS > steps
    assert min(progress) > first.curve[-1][0]
    assert not same(first, second)


def test_what_is_finished_is_only_read(train, tmp_path) -> None:
    first = train(TINY, tmp_path)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    again = train(replace(TINY, seed=9), tmp_path)
    assert same(first, again)
    assert again.curve == first.curve
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_late_frames_keep_their_price_up(train, monkeypatch) -> None:
    price = CURVE_COLUMNS.index("late_price")
    prices = []
    # Budgets that the sparsest point alone keeps, and that everything keeps.
    for factor in (1.0, 30.0):
        monkeypatch.setattr(training, "TRAINING", EpisodeOptions(budgets=(factor, factor)))
        prices.append(train(TINY).curve[0][price])
    assert prices[0] > prices[1]
