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

"""Values of the long run by fitted Q-iteration, and what is exported of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from hand_tracking_dsp.control.goal_policy import worth
from hand_tracking_dsp.control.goals import GoalWeights
from hand_tracking_dsp.control.learned import GOALS, LearnedPolicy
from hand_tracking_dsp.control.observation import OBSERVATION, POINT_NAMES, POINT_OBSERVATION, Observation
from hand_tracking_dsp.control.policy_file import VALUES_KIND
from hand_tracking_dsp.control.prices import weights_of
from hand_tracking_dsp.rl.simulation.episode import STEP_S
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.point_features import POINT_FEATURES

pytest.importorskip("torch", reason="PyTorch is not installed; run make setup-lab")
from hand_tracking_dsp.rl.training.forecast_export import export_forecast, largest_difference, random_points
from hand_tracking_dsp.rl.training.forecast_train import PointMlp
from hand_tracking_dsp.rl.training.value_train import (
    Transitions,
    ValueTrainingOptions,
    random_wishes,
    train_values,
)

LATE, LEVEL_TIME = POINT_NAMES.index("late_2s"), POINT_NAMES.index("level_time")
OPTIONS = ValueTrainingOptions(0.8, iterations=20, passes=15, batch=256, layers=(32,), learning_rate=1e-2)
DEAR, CHEAP = weights_of(60.0, 0.0), weights_of(1.0, 0.0)


def see(hot: bool, point: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what is observed while the device is hot or not, at a point."""
    observation = np.full(len(OBSERVATION), np.nan, np.float32)
    observation[0] = point
    points = np.zeros((2, len(POINT_OBSERVATION)), np.float32)
    points[:, LATE], points[:, LEVEL_TIME] = hot, (1.0, 0.5)
    return observation, points


def chain(seed: int = 0, missions: int = 10, steps: int = 100) -> LabelledObservations:
    """Play a device that point 0 heats at once and point 1 cools; a tenth of the frames is late while hot.

    Point 0 has no error, point 1 one of 0.6: for one step point 0 is never worse.
    """
    random = np.random.default_rng(seed)
    rows, labels, numbers = [], [], []
    for mission in range(missions):
        hot, point = False, 0
        for _ in range(steps):
            rows.append(see(hot, point))
            labels.append([[0.1 * hot, 0.0, 1.0], [0.1 * hot, 0.6, 0.5]])
            numbers.append(mission)
            point = int(random.integers(2))
            hot = point == 0
    observations, points = (np.stack(column) for column in zip(*rows, strict=True))
    return LabelledObservations(observations, points, np.array(labels, np.float32), np.array(numbers), 1)


@pytest.fixture(scope="module")
def learned() -> PointMlp:
    reported: list[tuple[int, int]] = []
    network, curve = train_values(chain(), 0, OPTIONS, lambda *news: reported.append(news))
    assert len(curve) == OPTIONS.iterations == reported[-1][0]
    return network


@pytest.fixture(scope="module")
def policy(learned, bank, tmp_path_factory) -> LearnedPolicy:
    path = tmp_path_factory.mktemp("values") / "one.json"
    export_forecast(learned, bank, path, {"seed": 3})
    return LearnedPolicy.load(path, bank)


def observe(hot: bool, point: int, second: float = 0.0, **more) -> Observation:
    observation, points = see(hot, point)
    built = Observation.build(second, 2, {"operating_point": point})
    return replace(built, vector=observation, by_point=points, **more)


def random_network(seed: int = 0) -> PointMlp:
    random = np.random.default_rng(seed)
    layers = tuple(
        (random.normal(size=(out, size), scale=0.2).astype(np.float32), np.zeros(out, np.float32))
        for size, out in pairwise((POINT_FEATURES + len(GOALS), 16, 3))
    )
    return PointMlp(layers, sees_goals=True, present=0.1)


def test_transitions_are_of_points_that_were_held() -> None:
    observations = np.full((10, len(OBSERVATION)), np.nan, np.float32)
    observations[:, 0] = [0, 1, 1, 1, 0, 0, 2, 2, 2, 2]
    labels = np.random.default_rng(0).random((10, 3, 3)).astype(np.float32)
    points = np.zeros((10, 3, len(POINT_OBSERVATION)), np.float32)
    data = LabelledObservations(observations, points, labels, np.repeat([0, 1], 5), 2)
    found = Transitions.of(data)
    assert found.before.tolist() == [0, 1, 5, 6, 7]
    assert found.after.tolist() == [2, 3, 7, 8, 9]
    assert found.points.tolist() == [1, 1, 2, 2, 2]
    np.testing.assert_array_equal(found.rewards, labels[found.before, found.points])
    single = Transitions.of(replace(data, horizon=1))
    assert single.before.tolist() == [0, 1, 2, 3, 5, 6, 7, 8]
    assert single.points.tolist() == [1, 1, 1, 0, 2, 2, 2, 2]


def test_the_best_point_in_the_long_run_depends_on_the_goals(policy) -> None:
    for second, (hot, point) in enumerate([(False, 1), (True, 0)]):
        seen = observe(hot, point, 2.0 * second)
        assert policy.decide(replace(seen, weights=DEAR)) == 1
        assert policy.decide(replace(seen, stamp_s=seen.stamp_s + 1.0, weights=CHEAP)) == 0


def test_values_are_of_the_long_run_under_the_goals(policy) -> None:
    """Point 1 for ever is what dear late frames ask for, point 0 for ever what cheap ones do."""
    dear = policy.forecast(observe(False, 1, weights=DEAR))
    assert (dear.late[1], dear.error[1]) == pytest.approx((0.0, 0.6), abs=0.06)
    # One step of point 0: no error then, late frames in the next.
    assert (dear.late[0], dear.error[0]) == pytest.approx((0.2 * 0.8 * 0.1, 0.8 * 0.6), abs=0.06)
    cheap = policy.forecast(observe(True, 0, weights=CHEAP))
    assert cheap.late[0] > 0.1 > 2 * dear.late[1]
    assert cheap.error[0] < 0.2 < dear.error[1]
    assert cheap.energy[0] > 0.8 > dear.energy[1]


def test_points_denser_than_allowed_are_not_reckoned_with(bank, tmp_path) -> None:
    network, _ = train_values(chain(), 1, OPTIONS)
    export_forecast(network, bank, tmp_path / "one.json", {})
    policy = LearnedPolicy.load(tmp_path / "one.json", bank)
    values = policy.forecast(observe(False, 1, weights=CHEAP))
    assert values.error[1] == pytest.approx(0.6, abs=0.06)


def test_the_same_seed_gives_the_same_values() -> None:
    options = replace(OPTIONS, iterations=2, passes=3)
    first, again, other = (
        train_values(chain(missions=2), 0, replace(options, seed=seed)) for seed in (4, 4, 5)
    )
    assert first[1] == again[1] != other[1]
    np.testing.assert_array_equal(first[0].layers[0][0], again[0].layers[0][0])


def test_goals_are_drawn_as_the_controller_states_them() -> None:
    goals = random_wishes(np.random.default_rng(0), 4000)
    assert goals.shape == (4000, len(GOALS))
    alpha, beta, gamma, limit, free = goals.T
    assert alpha + beta == pytest.approx(1.0, abs=1e-5)
    prices = beta / alpha
    assert 0.99 < prices.min() < 2
    assert 50 < prices.max() < 100.1
    assert 0.4 < np.mean(gamma == 0) < 0.6
    assert (gamma / alpha).max() < 10.1
    assert 0.7 < np.mean(limit == 0) < 0.8
    assert set(free.tolist()) == {0.0, np.float32(0.005)}


def test_onnx_runtime_has_the_values_of_pytorch_for_any_goals(bank, tmp_path) -> None:
    network = random_network()
    export_forecast(network, bank, tmp_path / "one.json", {})
    assert LearnedPolicy.load(tmp_path / "one.json", bank).contract.kind == VALUES_KIND
    exported = (tmp_path / "one.onnx").read_bytes()
    assert largest_difference(exported, network, bank) < 1e-5
    blind = network.layers[0][0].copy()
    blind[:, POINT_FEATURES:] = 0
    other = replace(network, layers=((blind, network.layers[0][1]), *network.layers[1:]))
    assert largest_difference(exported, other, bank) > 0.01, "the goals count"


def test_values_decide_as_often_as_they_were_learned_for(policy) -> None:
    assert policy.contract.interval_s == STEP_S
    assert policy.contract.training["seed"] == 3
    assert policy.contract.bank_fingerprint == ""


def test_the_point_in_use_has_its_share_of_an_advantage(bank, tmp_path) -> None:
    export_forecast(random_network(), bank, tmp_path / "one.json", {})
    policy = LearnedPolicy.load(tmp_path / "one.json", bank)
    for seed, weights in enumerate(GoalWeights(*each) for each in np.random.default_rng(0).random((40, 3))):
        points = random_points(2, 1, seed)[0]
        seen = replace(observe(False, 0, 2.0 * seed, weights=weights), by_point=points)
        gained = worth(policy.forecast(seen), weights)
        gained[0] += 0.1 * 0.01 * weights.alpha
        assert policy.decide(seen) == gained.argmax()
