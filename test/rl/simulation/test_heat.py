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

"""Throttling by the tracker's own heat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.control.policies import FixedPolicy
from hand_tracking_dsp.rl.simulation.draw_episode import draw_episode
from hand_tracking_dsp.rl.simulation.episode import EpisodeOptions
from hand_tracking_dsp.rl.simulation.heat import HeatModel, Warmth
from hand_tracking_dsp.rl.simulation.reward import JUDGED
from hand_tracking_dsp.rl.simulation.simulation import Simulation

MODEL = HeatModel(limit_w=5.0, time_s=20.0, slower=1.5, start_w=0.0)


def test_power_above_the_limit_throttles_after_a_while_and_rest_ends_it() -> None:
    warmth = Warmth(MODEL)
    after_s = 0.0
    while warmth.slower == 1.0:
        warmth.add(8.0, 0.5)
        after_s += 0.5
    assert after_s == pytest.approx(20.0 * np.log(8.0 / 3.0), abs=0.5), "8 W (1 - exp(-t / 20 s)) is 5 W"
    assert warmth.slower == 1.5
    warmth.add(4.9, 0.5)
    assert warmth.slower == 1.5, "it cools below nine tenths of the limit first"
    warmth.add(0.0, 20.0)
    assert warmth.slower == 1.0


def test_power_below_the_limit_never_throttles() -> None:
    warmth = Warmth(MODEL)
    warmth.add(4.9, 1e6)
    assert warmth.slower == 1.0


def test_a_policy_that_draws_less_stays_cool_and_in_time(device, figures) -> None:
    drawn = draw_episode(device, 1, EpisodeOptions(mains=1.0, heating=0.0, reflex=0.0), steps=120)
    power_w = drawn.tracker_w.mean(axis=1)
    heat = HeatModel(limit_w=float(power_w[[0, -1]].mean()), time_s=10.0, slower=2.0, start_w=0.0)
    hot = replace(drawn.cool, latency_ms=2 * drawn.latency_ms, commanded_ms=2 * drawn.latency_ms)
    episode = replace(drawn, heat=heat, hot=hot)
    outcomes = {}
    for point in (0, len(power_w) - 1):
        options = ControllerOptions(initial_level=point)
        simulation = Simulation(episode, FixedPolicy(point), options, JUDGED, figures)
        outcomes[point] = [outcome for _, outcome in simulation.run()]
    dense, sparsest = outcomes[0], outcomes[len(power_w) - 1]
    assert {one.slower for one in dense} == {1.0, 2.0}
    throttled = np.array([one.slower > 1 for one in dense])
    assert [one.late for one in dense] == episode.late(throttled)[dense[0].level].sum(axis=1).tolist()
    assert sum(one.slower > 1 for one in sparsest) < sum(one.slower > 1 for one in dense)
