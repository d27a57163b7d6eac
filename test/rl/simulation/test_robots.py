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

"""Robots differ from one another, and each is one place within the ranges of all."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.rl.simulation.conditions import draw_conditions
from hand_tracking_dsp.rl.simulation.device import DeviceModel
from hand_tracking_dsp.rl.simulation.episode import STEPS, TRAINING
from hand_tracking_dsp.rl.simulation.robots import draw_robot


def test_a_seed_gives_the_same_robot_again_and_another_one_another(device: DeviceModel) -> None:
    assert draw_robot(device, 1) == draw_robot(device, 1)
    assert draw_robot(device, 1).device.level_ms != draw_robot(device, 2).device.level_ms


def test_robots_are_as_slow_as_the_ranges_say(device: DeviceModel) -> None:
    low, high = TRAINING.speeds
    for seed in range(20):
        drawn = draw_robot(device, seed).device.level_ms[0] / device.level_ms[0]
        assert low <= drawn <= high


def test_a_robot_keeps_its_camera_and_its_speed_in_all_its_missions(device: DeviceModel) -> None:
    robot = draw_robot(device, 3)
    drawn = [
        draw_conditions(np.random.default_rng(seed), robot.device, robot.episodes, STEPS) for seed in range(5)
    ]
    assert len({one.camera_hz for one in drawn}) == 1
    assert {one.speed for one in drawn} == {1.0}
    assert len({one.device.level_ms for one in drawn}) == 1
