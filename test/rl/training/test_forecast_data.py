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

"""Missions of which it is known what comes at every point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.control.observation import OBSERVATION, POINT_OBSERVATION
from hand_tracking_dsp.evaluation.executor import Executor
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import TRAINING
from hand_tracking_dsp.rl.training.forecast_data import HORIZON, WanderingPolicy, play_missions


@pytest.fixture(scope="module")
def data(device, figures):
    return play_missions(device, figures, TRAINING, (3, 4))


def test_every_observation_has_what_comes_at_every_point(data) -> None:
    count = 2 * (240 - HORIZON + 1)
    assert data.observations.shape == (count, len(OBSERVATION))
    assert data.points.shape == (count, 3, len(POINT_OBSERVATION))
    assert data.labels.shape == (count, 3, 3)
    assert ((data.labels[..., :2] >= 0) & (data.labels[..., :2] <= 1)).all()


def test_labels_are_of_the_seconds_that_follow(data, device) -> None:
    episode = draw_episode(device, 3, TRAINING)
    for step in (0, 100, 240 - HORIZON):
        ahead = slice(step, step + HORIZON)
        assert data.labels[step, :, 0] == pytest.approx(episode.late()[:, ahead].mean(axis=(1, 2)), abs=1e-6)
        assert data.labels[step, :, 1] == pytest.approx(1 - episode.accuracy[:, ahead].mean(axis=1), abs=1e-6)
        assert data.labels[step, :, 2] == pytest.approx(episode.energy[:, ahead].mean(axis=1), rel=1e-5)


def test_labels_are_of_a_device_that_has_become_as_warm_as_a_point_makes_it(device, figures) -> None:
    """The densest point draws most, and would be throttled by and by where heat is near."""
    hot = replace(TRAINING, heating=1.0, heat_limit=(0.5, 0.5), mains=1.0)
    cool = replace(hot, heating=0.0)
    warm, never = (play_missions(device, figures, options, range(6)) for options in (hot, cool))
    more = (warm.labels - never.labels)[..., 0].mean(axis=0)
    assert more[0] > 0
    assert more[0] > more[-1]


def test_labels_may_be_of_a_single_step(data, device, figures) -> None:
    single = play_missions(device, figures, TRAINING, (3,), horizon=1)
    assert single.labels.shape == (240, 3, 3)
    assert single.horizon == 1
    first = data.missions == 0
    np.testing.assert_array_equal(single.observations[: first.sum()], data.observations[first])
    for step in (0, 100, 200):
        ahead = slice(step, step + HORIZON)
        assert data.labels[step] == pytest.approx(single.labels[ahead].mean(axis=0), abs=1e-5)


def test_missions_follow_one_another(data) -> None:
    assert data.missions.tolist() == [0] * (240 - HORIZON + 1) + [1] * (240 - HORIZON + 1)
    assert data.horizon == HORIZON


def test_all_points_are_gone_to(data) -> None:
    assert set(data.observations[:, 0].tolist()) == {0.0, 1.0, 2.0}


def test_points_denser_than_the_densest_to_choose_are_left_out() -> None:
    from hand_tracking_dsp.control.observation import Observation

    policy = WanderingPolicy(0, 1)
    seen = Observation.build(0.0, 3, {"operating_point": 1}, densest=1)
    assert {policy.decide(seen) for _ in range(200)} == {1, 2}


def test_processes_play_the_same(device, figures, data) -> None:
    reported = []
    again = play_missions(device, figures, TRAINING, (3, 4), Executor(2), lambda *news: reported.append(news))
    np.testing.assert_array_equal(again.observations, data.observations)
    np.testing.assert_array_equal(again.labels, data.labels)
    assert reported == [(1, 2), (2, 2)]
