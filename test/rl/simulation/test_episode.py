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

"""Figures that follow from an episode's arrays."""

from __future__ import annotations

import math

import pytest

from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import STEP_S, EpisodeOptions


def test_frames_without_a_hand_are_never_late(episodes) -> None:
    for episode in episodes:
        empty = episode.hands == 0
        assert not episode.late()[:, empty].any()
        assert (episode.time[:, empty] == 0).all()
        assert (episode.expected_time[:, empty] == 0).all()
    assert any(episode.late().any() for episode in episodes)


def test_the_battery_is_drained_by_what_is_drawn(episodes) -> None:
    on_battery = next(episode for episode in episodes if not math.isnan(episode.capacity_wh))
    used = on_battery.drained()
    watts = on_battery.base_w + on_battery.tracker_w
    assert used == pytest.approx(watts * STEP_S / 3600 / on_battery.capacity_wh * on_battery.drain)
    assert (used > 0).all()


def test_mains_power_is_never_drained(whole_device) -> None:
    episode = draw_episode(whole_device, 0, EpisodeOptions(mains=1.0))
    assert math.isnan(episode.capacity_wh)
    assert not episode.drained().any()
    assert math.isfinite(draw_episode(whole_device, 0, EpisodeOptions(mains=0.0)).capacity_wh)
