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

"""Hidden conditions of an episode."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.rl.simulation.conditions import Conditions, draw_conditions
from hand_tracking_dsp.rl.simulation.device import QUANTILES, DeviceModel, LoadState
from hand_tracking_dsp.rl.simulation.episode import STEP_S, EpisodeOptions
from hand_tracking_dsp.tracking.operating_point import PointInfo


@pytest.fixture
def two_states(whole_device: DeviceModel) -> DeviceModel:
    flat = (1.0,) * len(QUANTILES)
    states = (LoadState("quiet", 6.0, (0.0, 1.0), flat), LoadState("busy", 2.0, (1.0, 0.0), flat))
    return replace(whole_device, states=states)


def test_load_states_last_as_long_as_the_device_says(two_states: DeviceModel) -> None:
    options = EpisodeOptions(load_pace=((1.0, 1.0),), quiet=0.0)
    drawn = draw_conditions(np.random.default_rng(0), two_states, options, 40_000)
    assert drawn.load_state.mean() == pytest.approx(0.25, abs=0.03)
    changes = np.count_nonzero(np.diff(drawn.load_state))
    assert len(drawn.load_state) * STEP_S / changes == pytest.approx(4.0, rel=0.1)


@pytest.fixture
def conditions(whole_device: DeviceModel) -> Conditions:
    points = tuple(
        PointInfo(level=level, gate=0, search_interval_s=0, cost=1, measured=measured, searched=searched)
        for level, measured, searched in ((0, 1.0, 0.5), (0, 0.4, 0.25), (2, 0.0, 0.0))
    )
    return Conditions(
        device=replace(whole_device, bank_points=points),
        speed=2.0,
        max_hands=2,
        hands=np.array([0, 1, 2]),
        load_state=np.zeros(3, dtype=np.int64),
        load_depth=1.0,
        throttle=np.ones(3),
        budget_ms=33.0,
    )


def test_a_frame_takes_the_networks_of_the_hands_that_are_measured(conditions, whole_device) -> None:
    measured = conditions.measured(np.random.default_rng(0))
    assert measured.shape == (3, 3, round(STEP_S * conditions.rate_hz))
    networks, detection = conditions.network_ms(measured), conditions.detection_ms()
    assert conditions.dense_ms == 2 * whole_device.level_ms[0]
    per_hand = 2 * np.array([whole_device.level_ms[level] for level in (0, 0, 2)])
    assert detection == pytest.approx([2 * whole_device.detector_ms, 0, 0]), "without a hand, on its way"
    assert networks == pytest.approx(per_hand[:, None, None] * measured)


def test_points_measure_their_share_of_the_hands(conditions) -> None:
    drawn = [conditions.measured(np.random.default_rng(seed)) for seed in range(200)]
    measured = np.stack(drawn)
    assert (measured[:, 0] == conditions.hands[:, None]).all(), "all, where the share is 1"
    assert (measured[:, 2] == 0).all()
    assert (measured[:, 1] <= measured[:, 0]).all()
    # Scenes are stiller and livelier than the recordings, by exponents from 1/4 to 4.
    shares = measured[:, 1, 2].mean(axis=1) / 2
    assert shares.min() < 0.1
    assert shares.max() > 0.6


def test_the_search_beside_costs_a_points_share_while_a_hand_is_missing(conditions, whole_device) -> None:
    aside_ms = conditions.aside_ms()
    assert aside_ms[:, 1] == pytest.approx(2 * whole_device.detector_ms * np.array([0.5, 0.25, 0.0]))
    assert (aside_ms[:, [0, 2]] == 0).all()
