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

"""What tests of the controller's node need: somebody who plays tracker and battery, and what it decides."""

from __future__ import annotations

import json
import math
from importlib.util import find_spec

import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("rclpy") and find_spec("hand_tracking_dsp.msg"):
    from hand_tracking_dsp.msg import ControllerState, SparsityCommand, TrackerStats
    from rclpy.qos import DurabilityPolicy, QoSProfile
    from sensor_msgs.msg import BatteryState

    from hand_tracking_dsp.tracking.manifest import read_manifest

    LATE_JOINER = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Feed:
    """Plays tracker and battery."""

    def __init__(self, graph):
        self.graph = graph
        self.stats = graph.observer.create_publisher(TrackerStats, "stats", 10)
        self.battery = graph.observer.create_publisher(BatteryState, "battery_state", 10)
        self.latency_ms: float | None = 5.0
        self.level = self.point = 0
        self.runs: int | None = None
        self.deaf = False
        self.offset_ms = 0.0
        self.battery_state: BatteryState | None = None
        self.more: dict[str, float] = {}
        self.frames = 0
        graph.observer.create_timer(0.02, self.tick)
        graph.observer.create_subscription(SparsityCommand, "sparsity_command", self.obey, LATE_JOINER)

    def obey(self, command):
        if not self.deaf:
            self.level, self.point = command.level, command.operating_point

    def tick(self):
        if self.latency_ms is not None:
            self.frames += 1
            self.stats.publish(
                TrackerStats(
                    total_ms=self.latency_ms,
                    end_to_end_ms=self.latency_ms + self.offset_ms,
                    requested_level=self.level,
                    applied_level=self.level if self.runs is None else self.runs,
                    requested_point=self.point,
                    operating_point=self.point if self.runs is None or "reflex" in self.more else self.runs,
                    hands=1,
                    **{"drift": math.nan, "drift_sparser": math.nan, **self.more},
                )
            )
        if self.battery_state is not None:
            self.battery.publish(self.battery_state)

    def discharge(self, charge):
        """Tell a battery that is discharging, with a charge of 0 to 1, from now on."""
        self.battery_state = BatteryState(
            present=True,
            percentage=charge,
            voltage=12.0,
            current=-1.0,
            power_supply_status=BatteryState.POWER_SUPPLY_STATUS_DISCHARGING,
        )


class States(list):
    """The messages on controller_state, which come while the graph's observer spins."""

    def __init__(self, graph):
        super().__init__()
        self.graph = graph
        graph.observer.create_subscription(ControllerState, "controller_state", self.append, 10)

    def until_reason(self, reason):
        self.graph.until(lambda: self and self[-1].reason == reason, f"the reason is {reason}")
        return self[-1]

    def until_level(self, level):
        self.graph.until(lambda: self and self[-1].level == level, f"the level is {level}")
        return self[-1]

    def observed(self, name):
        """Return an entry of the latest observation; NaN before the first one."""
        return self[-1].observation[self[-1].observation_names.index(name)] if self else math.nan

    def until_observed(self, name, condition=math.isfinite):
        self.graph.until(lambda: condition(self.observed(name)), f"{name} is as expected")


@pytest.fixture
def feed(graph):
    return Feed(graph)


@pytest.fixture
def states(graph):
    return States(graph)


@pytest.fixture
def bank_of():
    """Give a maker of other banks."""

    def make(folder, name, sha256="0", levels=2):
        """Write the manifest of another bank whose networks nobody may open."""
        network = {"sha256": sha256 * 64, "precision": "fp32", "parameters": 1}
        entries = [
            {
                "index": index,
                "name": f"level {index}",
                "file": f"{index}.onnx",
                "sparsity": index / 9,
                "macs": 2 ** (levels - index),
                **network,
            }
            for index in range(levels)
        ]
        (folder / name).mkdir()
        manifest = {"schema": 1, "name": name, "levels": entries, "detectors": []}
        (folder / name / "bank.json").write_text(json.dumps(manifest))
        return read_manifest(folder / name)

    return make
