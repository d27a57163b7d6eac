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

"""Frames of an episode with the tracker's reflex and without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import Episode, EpisodeOptions

SEEDS = range(20)


def drawn(device: DeviceModel, seed: int, reflex: float) -> Episode:
    return draw_episode(device, seed, EpisodeOptions(reflex=reflex, heating=1.0))


@pytest.fixture(scope="module")
def of_levels(whole_device: DeviceModel) -> DeviceModel:
    """Give a device with one point of each level."""
    return replace(whole_device, bank_points=())


@pytest.fixture(scope="module")
def pairs(of_levels: DeviceModel) -> list[tuple[Episode, Episode]]:
    """Give episodes without the reflex and with it."""
    return [(drawn(of_levels, seed, 0.0), drawn(of_levels, seed, 1.0)) for seed in SEEDS]


def test_without_the_reflex_every_frame_runs_the_level_commanded(pairs) -> None:
    for episode, _ in pairs:
        own = np.arange(episode.levels)[:, None, None]
        assert (episode.cool.level == own).all()
        np.testing.assert_array_equal(episode.cool.latency_ms, episode.cool.commanded_ms)


def test_the_reflex_runs_no_denser_level_and_brings_most_late_frames_in_time(pairs) -> None:
    without = with_it = 0
    for episode, helped in pairs:
        np.testing.assert_array_equal(episode.cool.commanded_ms, helped.cool.commanded_ms)
        assert (helped.cool.level >= np.arange(episode.levels)[:, None, None]).all()
        assert (helped.cool.latency_ms <= helped.cool.commanded_ms + 1e-9).all()
        assert (helped.late() <= episode.late()).all(), "sparser levels are faster"
        assert (helped.late()[-1] == episode.late()[-1]).all(), "there is none sparser than the sparsest"
        without += int(episode.late()[0].sum())
        with_it += int(helped.late()[0].sum())
    assert with_it < 0.4 * without


def test_drift_accuracy_and_power_are_those_of_the_levels_that_run(pairs) -> None:
    for episode, helped in pairs:
        seen = episode.hands > 0
        runs, of_levels = helped.cool.level, episode.drift_percent
        step = np.arange(episode.steps)[:, None]
        expected = np.where(seen, of_levels[runs, step].mean(axis=2), np.nan)
        np.testing.assert_allclose(helped.drift_percent, expected)
        assert (helped.accuracy <= episode.accuracy + 1e-9).all()
        assert (helped.tracker_w <= episode.tracker_w + 1e-9).all()
        assert np.isnan(helped.cool.usable[:, ~seen]).all()


def test_heat_slows_all_frames_by_its_factor_and_the_reflex_sees_it(pairs) -> None:
    for episode, helped in pairs:
        if episode.heat is None or helped.heat is None:
            continue
        np.testing.assert_allclose(episode.hot.latency_ms, episode.heat.slower * episode.cool.latency_ms)
        seen = helped.hands > 0
        assert helped.hot.level[:, seen].mean() >= helped.cool.level[:, seen].mean()
        throttled = np.arange(helped.steps) % 2 == 0
        late = helped.late(throttled)
        np.testing.assert_array_equal(late[:, throttled], helped.late(True)[:, throttled])
        np.testing.assert_array_equal(late[:, ~throttled], helped.late()[:, ~throttled])


def test_frames_on_which_every_hand_is_held_need_no_reflex(whole_device: DeviceModel) -> None:
    points = tuple(replace(point, measured=0.0) for point in whole_device.points)
    episode = drawn(replace(whole_device, bank_points=points), 1, 1.0)
    own = np.array([point.level for point in points])[:, None, None]
    assert (episode.cool.level == own).all()
