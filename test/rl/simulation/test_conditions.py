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


@pytest.fixture
def two_states(whole_device: DeviceModel) -> DeviceModel:
    flat = (1.0,) * len(QUANTILES)
    states = (LoadState("quiet", 6.0, (0.0, 1.0), flat), LoadState("busy", 2.0, (1.0, 0.0), flat))
    return replace(whole_device, states=states)


def test_load_states_last_as_long_as_the_device_says(two_states: DeviceModel) -> None:
    options = EpisodeOptions(load_pace=((1.0, 1.0),))
    drawn = draw_conditions(np.random.default_rng(0), two_states, options, 40_000)
    assert drawn.load_state.mean() == pytest.approx(0.25, abs=0.03)
    changes = np.count_nonzero(np.diff(drawn.load_state))
    assert len(drawn.load_state) * STEP_S / changes == pytest.approx(4.0, rel=0.1)


def test_the_detector_runs_while_a_hand_is_missing(whole_device: DeviceModel) -> None:
    hands = np.array([0, 1, 2])
    conditions = Conditions(
        device=whole_device,
        speed=2.0,
        max_hands=2,
        hands=hands,
        load_state=np.zeros(3, dtype=np.int64),
        load_depth=1.0,
        throttle=np.ones(3),
        budget_ms=33.0,
    )
    computed = conditions.compute_ms()
    assert computed.shape == (whole_device.levels, 3, round(STEP_S * conditions.rate_hz))
    assert conditions.dense_ms == 2 * whole_device.level_ms[0]
    landmarks_ms = 2 * np.array(whole_device.level_ms)[:, None] * hands
    detection_ms = computed - landmarks_ms[:, :, None]
    assert detection_ms[:, 0] == pytest.approx(2 * whole_device.detector_ms)
    assert detection_ms[:, 1, 0] == pytest.approx(2 * whole_device.detector_ms)
    assert detection_ms[:, 1, 1:] == pytest.approx(0, abs=1e-9)
    assert detection_ms[:, 2] == pytest.approx(0, abs=1e-9)
