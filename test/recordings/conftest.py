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

"""Bags of several tests of this room, and messages in them."""

from __future__ import annotations

import pytest


@pytest.fixture
def battery_message():
    """Make a sensor_msgs/BatteryState of rosbags: discharging at 20 W, its stamp 0."""

    def make(percentage: float):
        from hand_tracking_dsp.recordings.bags.definitions import new_message

        message = new_message("sensor_msgs/msg/BatteryState")
        message.voltage, message.current, message.percentage = 10.0, -2.0, percentage
        message.power_supply_status, message.power_supply_health, message.present = 2, 1, True
        return message

    return make


@pytest.fixture
def bag(tmp_path):
    """Write a bag by a function that is given a writer, and open it."""
    from hand_tracking_dsp.recordings.bag_recording import BagRecording
    from hand_tracking_dsp.recordings.bags.writer import BagWriter

    def make(fill, topic=""):
        path = tmp_path / "bag"
        with BagWriter(path) as writer:
            fill(writer)
        return BagRecording(path, topic)

    return make
