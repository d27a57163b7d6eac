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

"""The environment keeps the contracts of gymnasium and stable-baselines3, and rewards as it says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.controller import Controller, Decision
from hand_tracking_dsp.control.forecast import DRIFT_OF_NO_USE_PERCENT
from hand_tracking_dsp.control.goal_policy import FREE as FREE_SHARE
from hand_tracking_dsp.control.learned import GOALS, goals_of
from hand_tracking_dsp.control.observation import OBSERVATION_NAMES, Observation
from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.rl.benchmark.candidates import without_shield
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import TRAINING, Episode, EpisodeOptions
from hand_tracking_dsp.rl.simulation.reward import reward
from hand_tracking_dsp.rl.training.encoding import NUMBERS, encoded_size, goal_features
from hand_tracking_dsp.rl.training.environment import ERROR_LIMITS_PERCENT, LATE_TARGETS, EpisodeEnvironment

STEPS = 30
FREE = without_shield(ControllerOptions(min_dwell_s=0.0, min_dwell_sparser_s=0.0))


@pytest.fixture
def make(device, figures) -> Callable[..., EpisodeEnvironment]:
    def environment(
        episodes: EpisodeOptions = TRAINING,
        options: ControllerOptions | None = None,
        blank: tuple[int, ...] = (),
    ) -> EpisodeEnvironment:
        return EpisodeEnvironment(
            lambda seed: draw_episode(device, seed, episodes, STEPS),
            options or ControllerOptions(),
            figures,
            blank,
        )

    return environment


def play(environment: EpisodeEnvironment, seed: int, actions) -> tuple[list, list, dict]:
    seen, gained = [environment.reset(seed=seed)[0]], []
    for action in actions:
        observation, reward_, terminated, truncated, info = environment.step(action)
        seen.append(observation)
        gained.append(reward_)
        # An episode ends because time is up, not because of what was done.
        assert not terminated
        assert truncated == (len(gained) == STEPS)
    return seen, gained, info


@pytest.mark.filterwarnings("ignore")
def test_gymnasium_finds_nothing_wrong(make) -> None:
    check_env(make(), skip_render_check=True)


@pytest.mark.filterwarnings("ignore")
def test_stable_baselines_finds_nothing_wrong(make) -> None:
    checker = pytest.importorskip(
        "stable_baselines3.common.env_checker",
        reason="stable-baselines3 is not installed; run make setup-lab",
    )
    checker.check_env(make(), warn=False, skip_render_check=True)


def test_only_levels_of_the_bank_can_be_chosen(make) -> None:
    environment = make(options=FREE)
    environment.reset(seed=0)
    assert environment.action_masks().tolist() == [False, True, True]
    environment.step(Action.SPARSER)
    assert environment.action_masks().tolist() == [True, True, True]
    environment.step(Action.SPARSER)
    assert environment.action_masks().tolist() == [True, True, False]
    environment.step(Action.SPARSER)
    assert environment.action_masks().tolist() == [True, True, False]


def test_the_seed_decides_all_episodes(make) -> None:
    random = np.random.default_rng(0)
    actions = random.integers(3, size=STEPS)
    runs = []
    for seed in (5, 5, 6):
        environment = make()
        first = play(environment, seed, actions)
        second = [environment.reset()[0], *(environment.step(action)[0] for action in actions)]
        runs.append(np.array([*first[0], *second]))
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])
    assert not np.array_equal(runs[0][: STEPS + 1], runs[0][STEPS + 1 :])


@pytest.fixture
def observed(monkeypatch) -> list[Observation]:
    """Give the list of what the controller decides by while the environment plays."""
    seen: list[Observation] = []
    whole = Controller.decide

    def decide(self: Controller, now_s: float) -> Decision:
        decision = whole(self, now_s)
        seen.append(decision.observation)
        return decision

    monkeypatch.setattr(Controller, "decide", decide)
    return seen


def rewards(episode: Episode, observed: list[Observation]) -> np.ndarray:
    """Return R of every point by the weights of each decision, [p, t]."""
    error = np.sqrt(1 - episode.accuracy)
    columns = []
    for step, seen in enumerate(observed):
        harm = np.maximum(error[:, step] - seen.error_limit_percent / DRIFT_OF_NO_USE_PERCENT, 0) ** 2
        late = np.maximum(episode.time[:, step] - seen.late_free, 0)
        columns.append(reward(seen.weights, 1 - harm, late, episode.energy[:, step]))
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("seed", range(3, 9))
def test_the_reward_is_that_of_the_controllers_goals_over_the_mean_of_the_levels(
    make, observed, seed
) -> None:
    environment = make(EpisodeOptions(heating=0.0), FREE)
    actions = [Action.KEEP] * 5 + [Action.SPARSER] * 2 + [Action.KEEP] * 10 + [Action.DENSER] * 13
    _, gained, info = play(environment, seed, actions)
    episode = environment._simulation.episode
    levels = np.array([0] * 5 + [1, 2] + [2] * 10 + [1] + [0] * 12)
    raw = rewards(episode, observed)
    got = raw[levels, np.arange(STEPS)]
    assert gained == pytest.approx(got - raw.mean(axis=0))
    prices = [seen.weights.beta / seen.weights.alpha for seen in observed]
    assert prices[0] != prices[-1], "the weights follow from what happens"
    means = info["episode_means"]
    assert means["late_price"] == pytest.approx(np.mean(prices))
    assert means["reward"] == pytest.approx(got.mean())
    assert means["miss_share"] == pytest.approx(episode.late()[levels, np.arange(STEPS)].mean())
    assert means["energy"] == pytest.approx(episode.energy[levels, np.arange(STEPS)].mean())
    assert means["drift_percent"] == pytest.approx(
        np.nanmean(episode.drift_percent[levels, np.arange(STEPS)]) if episode.hands.any() else 0.0
    )
    assert means["switches"] == 4


def test_every_episode_has_goals_of_its_own_which_are_seen(make, observed) -> None:
    environment = make()
    environment.reset(seed=0)
    for _ in range(40):
        seen, *_ = environment.step(Action.KEEP)
        goals = seen[2 * len(NUMBERS) :][: len(GOALS)]
        expected = goal_features(goals_of(environment._simulation.observe()))
        np.testing.assert_array_equal(goals, expected)
        environment.reset()
    targets, limits = zip(
        *((one.late_free / FREE_SHARE, one.error_limit_percent) for one in observed), strict=True
    )
    low, high = LATE_TARGETS
    assert low <= min(targets) < 2 * low < high / 2 < max(targets) <= high
    assert 0 < np.count_nonzero(limits) < 20
    assert max(limits) <= ERROR_LIMITS_PERCENT[1]


def test_the_last_observation_is_one_that_a_value_can_be_told_of(make) -> None:
    """An episode that time ends is continued in thought, from there."""
    seen, _, _ = play(make(), 4, [Action.KEEP] * STEPS)
    assert seen[-1][-3:].sum() == 1.0, "one level is in use"
    assert seen[-1][len(NUMBERS) + NUMBERS.index("hands")] == 1.0, "frames were received"


def test_what_is_blank_is_never_seen(make) -> None:
    names = ("battery_charge", "drift_percent", "hands")
    options = EpisodeOptions(mains=0.0, blind=0.0)
    actions = [Action.SPARSER] * STEPS
    blank = tuple(map(OBSERVATION_NAMES.index, names))
    plain, hidden = (np.array(play(make(options, blank=one), 1, actions)[0]) for one in ((), blank))
    assert hidden.shape == (STEPS + 1, encoded_size(3))
    columns = [len(NUMBERS) + NUMBERS.index(name) for name in names]
    assert plain[:, columns].any(axis=0).all()
    assert not hidden[:, columns].any()
    others = np.setdiff1d(np.arange(encoded_size(3)), [*columns, *(NUMBERS.index(name) for name in names)])
    np.testing.assert_array_equal(plain[:, others], hidden[:, others])
