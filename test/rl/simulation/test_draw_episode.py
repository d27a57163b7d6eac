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

"""Episodes are drawn as they are described."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from hand_tracking_dsp.control.goals import BatteryGoal
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import HELD_OUT, STEP_S, STEPS, TRAINING, Episode, EpisodeOptions
from hand_tracking_dsp.rl.simulation.frames import EpisodeFrames
from hand_tracking_dsp.tracking.operating_point import PointInfo

SEEDS = range(40)


def within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] - 1e-9 <= value <= bounds[1] + 1e-9


def test_the_same_seed_gives_the_same_episode(whole_device, episodes) -> None:
    again = draw_episode(whole_device, 3)
    for field in fields(Episode):
        one, other = getattr(episodes[3], field.name), getattr(again, field.name)
        for name in [part.name for part in fields(one)] if isinstance(one, EpisodeFrames) else []:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
        if not isinstance(one, EpisodeFrames):
            np.testing.assert_array_equal(one, other, err_msg=field.name)


def test_other_seeds_give_other_episodes(episodes) -> None:
    assert len({episode.budget_ms for episode in episodes}) == len(episodes)
    assert len({episode.charge for episode in episodes}) == len(episodes)
    assert len({episode.latency_ms.tobytes() for episode in episodes}) == len(episodes)


def test_arrays_are_by_level_step_and_frame(whole_device, episodes) -> None:
    for episode in episodes:
        levels, steps, frames = episode.latency_ms.shape
        assert (levels, steps) == (episode.levels, episode.steps) == (len(whole_device.points), STEPS)
        assert frames == round(STEP_S / episode.frame_s)
        for name in ("expected_time", "drift_percent", "measured_percent", "presence", "tracker_w", "energy"):
            assert getattr(episode, name).shape == (levels, steps), name
        for name in ("measured_sparser_percent", "hands", "residual_percent", "input_mean", "input_std"):
            assert getattr(episode, name).shape == (steps,), name
        assert episode.accuracy.shape == episode.time.shape == episode.drained().shape == (levels, steps)
        assert episode.late().shape == (levels, steps, frames)


def test_a_episode_may_be_shorter(whole_device) -> None:
    assert draw_episode(whole_device, 0, steps=12).steps == 12


def test_values_are_in_their_ranges(whole_device, episodes) -> None:
    for episode in episodes:
        assert set(episode.hands.tolist()) <= {0, 1, 2}
        assert set(episode.load_state.tolist()) <= set(range(len(whole_device.states)))
        assert within(episode.charge, TRAINING.charge)
        assert within(episode.base_w, TRAINING.base_w)
        assert episode.lasts or within(episode.drain, TRAINING.drains)
        assert not (episode.lasts and math.isnan(episode.capacity_wh))
        assert episode.latency_ms.min() > 0
        assert episode.energy.min() >= 0
        assert episode.tracker_w.max() <= TRAINING.core_w[1]
        for shares in (episode.expected_time, episode.time, episode.accuracy):
            assert shares.min() >= 0
            assert shares.max() <= 1
        for known in (episode.presence, episode.input_mean, episode.input_std):
            assert np.nanmin(known) >= 0
            assert np.nanmax(known) <= 1


def test_without_a_hand_nothing_of_it_is_known(episodes) -> None:
    for episode in episodes:
        empty = episode.hands == 0
        for values in (
            episode.drift_percent,
            episode.measured_percent,
            episode.measured_sparser_percent,
            episode.presence,
            episode.residual_percent,
            episode.input_mean,
            episode.input_std,
        ):
            assert np.isnan(values[..., empty]).all()
        assert not np.isnan(episode.drift_percent[:, ~empty]).any()
        assert (episode.accuracy[:, empty] == 1).all()
    assert any((episode.hands == 0).any() for episode in episodes)


def test_the_same_frame_is_faster_and_worse_at_a_sparser_level(whole_device) -> None:
    of_levels = replace(whole_device, bank_points=())  # one point of each
    for episode in (draw_episode(of_levels, seed, EpisodeOptions(reflex=0.0)) for seed in SEEDS):
        seen = episode.hands > 0
        assert (np.diff(episode.latency_ms, axis=0) <= 0).all()
        assert (np.diff(episode.latency_ms[:, seen], axis=0) < 0).any()
        assert (np.diff(episode.tracker_w, axis=0) <= 0).all()
        assert (episode.drift_percent[0, seen] == 0).all()
        assert (episode.drift_percent[1:, seen] > 0).all()


def test_points_leave_out_hands_and_drift_by_what_they_hold(whole_device) -> None:
    points = (
        PointInfo(level=0, gate=0, search_interval_s=0.1, cost=1.0, searched=0.5),
        PointInfo(level=0, gate=0.1, search_interval_s=1, cost=0.5, measured=0.5, held_percent=2, found=0.9),
    )
    device = replace(whole_device, bank_points=points)
    for episode in (draw_episode(device, seed, EpisodeOptions(single=0.0, reflex=0.0)) for seed in SEEDS):
        seen = episode.hands > 0
        assert (episode.drift_percent[:, seen] == np.array([[0.0], [2.0]])).all()
        assert (episode.measured[0] == episode.hands[:, None]).all()
        assert episode.measured[1].sum() < episode.measured[0].sum()
        assert (episode.tracker_w[1, seen] <= episode.tracker_w[0, seen]).all()
        assert episode.accuracy[1, episode.hands == 2] == pytest.approx((1 - 0.1**2) * 0.9)
        assert episode.densest == 0


def test_policies_begin_behind_the_point_of_everything(whole_device) -> None:
    points = (
        PointInfo(level=0, gate=0, search_interval_s=0, cost=1.0),
        PointInfo(level=0, gate=0.1, search_interval_s=1, cost=0.5),
    )
    assert draw_episode(replace(whole_device, bank_points=points), 0).densest == 1


def test_the_time_expected_is_what_comes_about_in_the_mean(whole_device) -> None:
    differences = []
    for seed in range(60):
        episode = draw_episode(whole_device, seed)
        differences.append((episode.time - episode.expected_time).mean(axis=1))
    spread = np.std(differences, axis=0) / math.sqrt(len(differences))
    assert (np.abs(np.mean(differences, axis=0)) < 4 * spread + 1e-3).all()


def test_drift_is_measured_only_where_it_is_possible(whole_device) -> None:
    whole_device = replace(whole_device, bank_points=())  # one of each level
    blind = draw_episode(whole_device, 0, EpisodeOptions(blind=1.0))
    assert np.isnan(blind.measured_percent).all()
    assert np.isnan(blind.measured_sparser_percent).all()
    # Sixty times the feasible budget: there is always time.
    roomy = draw_episode(whole_device, 0, EpisodeOptions(blind=0.0, budgets=(60.0, 60.0)))
    seen = roomy.hands > 0
    assert not np.isnan(roomy.measured_percent[:, seen]).any()
    ratio = roomy.measured_percent[1:, seen] / roomy.drift_percent[1:, seen]
    assert np.mean(ratio) == pytest.approx(1.0, abs=0.1)


def test_one_hand_is_looked_for_where_that_is_all(whole_device) -> None:
    assert draw_episode(whole_device, 1, EpisodeOptions(single=1.0)).hands.max() <= 1
    assert draw_episode(whole_device, 1, EpisodeOptions(single=0.0)).hands.max() == 2


def test_held_out_ranges_do_not_touch_those_of_training() -> None:
    for name in ("load_pace", "scene_pace", "capacity_wh"):
        for low, high in getattr(HELD_OUT, name):
            assert low < high
            for begin, end in getattr(TRAINING, name):
                assert high <= begin or low >= end, name
    for name in ("speeds", "overheads", "heat_slower"):
        assert getattr(HELD_OUT, name)[1] > getattr(TRAINING, name)[1], name
    assert HELD_OUT.heat_limit[0] < TRAINING.heat_limit[0], "devices that grow hot at less power"
    assert {rate for rate, _ in HELD_OUT.cameras} - {rate for rate, _ in TRAINING.cameras}


def test_held_out_batteries_are_of_no_size_trained_with(whole_device) -> None:
    capacities = [draw_episode(whole_device, seed, HELD_OUT, steps=2).capacity_wh for seed in SEEDS]
    known = [capacity for capacity in capacities if not math.isnan(capacity)]
    assert known
    for capacity in known:
        assert any(within(capacity, bounds) for bounds in HELD_OUT.capacity_wh)
        assert not any(low < capacity < high for low, high in TRAINING.capacity_wh)


def test_a_slower_pace_changes_the_load_less_often(whole_device) -> None:
    def changes(pace: float) -> int:
        options = EpisodeOptions(load_pace=((pace, pace),))
        drawn = [draw_episode(whole_device, seed, options).load_state for seed in SEEDS]
        return sum(int(np.count_nonzero(np.diff(states))) for states in drawn)

    assert changes(0.3) > 2 * changes(3.0)


@pytest.mark.parametrize(("enough", "point"), [(0.0, -1), (1.0, 0)])
def test_a_battery_that_is_to_last_has_what_a_point_needs(whole_device, enough, point) -> None:
    device = replace(whole_device, bank_points=())  # one of each level, of which the dense one may be chosen
    options = EpisodeOptions(mains=0.0, lasting=1.0, enough=(enough, enough))
    for seed in range(5):
        episode = draw_episode(device, seed, options)
        assert episode.lasts
        used = episode.drained()[point].sum()
        assert episode.charge - used == pytest.approx(BatteryGoal().reserve)
