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

"""Networks that forecast: their features, their training, and what is exported of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from hand_tracking_dsp.control.forecast import Forecasting
from hand_tracking_dsp.control.goal_policy import remaining_advantage, worth
from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.learned import LearnedPolicy
from hand_tracking_dsp.control.observation import OBSERVATION, POINT_NAMES, Observation
from hand_tracking_dsp.control.policy_file import FORECAST_KIND, PolicyContract
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.point_features import POINT_FEATURES, SHARED, point_features

pytest.importorskip("torch", reason="PyTorch is not installed; run make setup-lab")
from hand_tracking_dsp.rl.training import forecast_export
from hand_tracking_dsp.rl.training.export import random_observations
from hand_tracking_dsp.rl.training.forecast_export import (
    ADVANTAGE,
    export_forecast,
    forecast_network,
    largest_difference,
    random_points,
)
from hand_tracking_dsp.rl.training.forecast_train import ForecastTrainingOptions, PointMlp, train_forecast


def random_network(seed: int = 0) -> PointMlp:
    random = np.random.default_rng(seed)
    sizes = (POINT_FEATURES, 16, 3)
    return PointMlp(
        tuple(
            (random.normal(size=(out, size), scale=0.2).astype(np.float32), np.zeros(out, np.float32))
            for size, out in pairwise(sizes)
        )
    )


@pytest.fixture
def contract(bank) -> PolicyContract:
    return PolicyContract.of(bank, FORECAST_KIND, 0.1, {})


def test_a_point_is_seen_beside_the_one_in_use() -> None:
    observations = np.full((1, len(OBSERVATION)), np.nan, np.float32)
    observations[0, 0] = 1
    points = np.full((1, 3, len(POINT_NAMES)), np.nan, np.float32)
    points[0, :, POINT_NAMES.index("level_time")] = (1.0, 0.5, 0.25)
    features = point_features(observations, points)
    assert features.shape == (1, 3, POINT_FEATURES)
    known = len(POINT_NAMES)
    assert features[0, :, known].tolist() == [2.0, 1.0, 0.5]
    assert features[0, :, known + 1].tolist() == [0, 1, 0]
    assert not features[0, :, -len(SHARED) :].any(), "nothing else was measured"
    assert np.isfinite(features).all()


def test_a_network_learns_what_comes() -> None:
    observations, _ = random_observations(3, 4096, seed=0)
    points = random_points(3, 4096, seed=1)
    late = np.nan_to_num(points[..., POINT_NAMES.index("late_2s")])
    labels = np.stack([late, 0.5 * late, 2 * late], axis=-1)
    options = ForecastTrainingOptions(epochs=20, batch=256, layers=(32,), learning_rate=1e-2)
    reported = []
    network, curve = train_forecast(
        LabelledObservations(observations, points, labels, np.zeros(4096, np.int64)),
        options,
        lambda *news: reported.append(news),
    )
    assert [weight.shape for weight, _ in network.layers] == [(32, POINT_FEATURES), (3, 32)]
    assert len(curve) == 20
    assert curve[-1] < 0.8 * curve[0]
    assert reported[-1] == (20, 20)


def test_onnx_runtime_forecasts_what_pytorch_forecasts(bank, contract) -> None:
    network = random_network()
    assert largest_difference(forecast_network(network, contract), network, bank) < 1e-5
    assert largest_difference(forecast_network(network, contract), random_network(1), bank) > 0.01


def seen(seed: int, points: int = 3, **more) -> Observation:
    observations, _ = random_observations(points, 1, seed)
    built = Observation.build(float(seed), points, {"operating_point": float(observations[0, 0])})
    return replace(built, vector=observations[0], by_point=random_points(points, 1, seed)[0], **more)


def test_the_point_of_the_greatest_worth_is_chosen(bank, contract) -> None:
    policy = LearnedPolicy(forecast_network(random_network(), contract), bank)
    assert isinstance(policy, Forecasting)
    for seed, weights in enumerate(GoalWeights(*each) for each in np.random.default_rng(0).random((40, 3))):
        observation = seen(seed, weights=weights)
        gained = worth(policy.forecaster.forecast(observation), weights)
        remaining = remaining_advantage(observation["time_since_switch_s"])
        gained[observation.point] += ADVANTAGE * weights.alpha * remaining
        assert policy.decide(observation) == gained.argmax()


def test_points_denser_than_allowed_are_not_chosen(bank, contract) -> None:
    policy = LearnedPolicy(forecast_network(random_network(), contract), bank)
    for seed in range(20):
        assert policy.decide(seen(seed, densest=1)) >= 1


def test_an_error_below_the_limit_does_no_harm(bank, contract) -> None:
    network = forecast_network(random_network(), contract)
    accurate = GoalWeights(1.0, 0.0, 0.0)
    for seed in range(20):
        chosen = LearnedPolicy(network, bank).decide(seen(seed, weights=accurate, error_limit_percent=100.0))
        assert chosen == seen(seed).point, "all are as good: the present one is kept"


@pytest.mark.parametrize("points", [1, 2, 9])
def test_any_number_of_points_will_do(bank, contract, points) -> None:
    policy = LearnedPolicy(forecast_network(random_network(), contract), bank)
    observation = seen(1, points)
    assert policy.decide(observation) in range(points)
    assert len(policy.forecast(observation).late) == points


def test_what_was_trained_is_written_and_read(bank, tmp_path) -> None:
    export_forecast(random_network(), bank, tmp_path / "one.json", {"seed": 3})
    policy = LearnedPolicy.load(tmp_path / "one.json", bank)
    assert policy.contract.kind == FORECAST_KIND
    assert policy.contract.training["seed"] == 3


def test_a_network_that_came_out_different_is_not_written(bank, tmp_path, monkeypatch) -> None:
    whole = forecast_network
    monkeypatch.setattr(
        forecast_export, "forecast_network", lambda _, contract: whole(random_network(1), contract)
    )
    with pytest.raises(ModelError, match="more or less than the trained one"):
        export_forecast(random_network(), bank, tmp_path / "one.json", {})
    assert not list(tmp_path.iterdir())
