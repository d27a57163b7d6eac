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

"""Networks that are composed for a command run without a frame lost, or the level runs on and why is said."""

from __future__ import annotations

import pytest
from hand_tracking_dsp.msg import SparsityCommand
from rclpy.qos import DurabilityPolicy, QoSProfile

from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.composition import composer

NODE = "hand_tracker_node"
LIGHT = (75, *(100,) * 15)
OTHER = (100, 100, 75, *(100,) * 13)
HEAVY = (25,) * 16


@pytest.fixture
def command(graph):
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    publisher = graph.observer.create_publisher(SparsityCommand, "sparsity_command", latched)
    return lambda level, keep=(): publisher.publish(SparsityCommand(level=level, keep=list(keep)))


@pytest.fixture(autouse=True)
def hands_come_quickly(monkeypatch):
    monkeypatch.setattr(composer, "_APART_S", 0.0)


def until_it_runs(graph, camera, keep):
    def runs():
        return list(camera.exchange(1)[-1].keep) == list(keep)

    graph.until(runs, f"a network that keeps {keep} runs")


def test_a_composed_network_runs_once_it_is_ready_and_no_frame_is_lost(
    graph, start, camera, command, diagnostics
):
    start()
    camera.exchange(2)
    command(1, LIGHT)
    until_it_runs(graph, camera, LIGHT)
    (stats,) = camera.exchange(1)
    assert stats.applied_level == 1
    assert 0.8 < stats.keep_time < 1.0
    assert 0.0 < stats.sparsity < 0.1
    command(1, OTHER)
    until_it_runs(graph, camera, OTHER)
    status = diagnostics(NODE, lambda status: any(value.key == "composition" for value in status.values))
    values = {value.key: value.value for value in status.values}
    assert values["composition"] == " ".join(map(str, OTHER))
    assert values["compositions_taken"] == "2"
    command(1)
    until_it_runs(graph, camera, ())
    assert all(one.frames_dropped == 0 and one.frames_rejected == 0 for one in camera.stats)
    assert [one.frame for one in camera.stats] == list(range(1, len(camera.stats) + 1))


@pytest.mark.parametrize(
    ("level", "keep", "reason"),
    [
        (1, HEAVY, "% of palm size off on the last"),
        (1, (100,) * 3, "The choice has 3 layers, the network 16"),
        (1, (13,) * 16, "The shares to keep hold 13 %"),
        (0, LIGHT, "in the place of level 0: it can only take that of a sparser level of the bank, 1 to 4."),
    ],
)
def test_the_level_runs_on_where_a_network_cannot_be_used(
    start, camera, command, diagnostics, level, keep, reason
):
    start()
    command(level, keep)
    for _ in range(12):
        assert list(camera.exchange(1)[-1].keep) == []
    assert reason in diagnostics(NODE, lambda status: reason in status.message).message
    assert camera.exchange(1)[-1].applied_level == level


def test_a_bank_without_blocks_says_so_and_its_level_runs(start, camera, command, diagnostics):
    start(bank=str(original_bank()))
    command(1, LIGHT)
    camera.exchange(3)
    message = diagnostics(NODE, lambda status: "has no blocks" in status.message).message
    assert message.endswith("Level 1 runs on.") or "Level 1 runs on." in message
    assert camera.exchange(1)[-1].applied_level == 1
