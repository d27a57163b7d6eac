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

"""Nodes that end are started again, sooner the first time than where they end again and again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from hand_tracking_dsp.nodes.graph import supervision
from hand_tracking_dsp.nodes.graph.processes import GraphOptions
from hand_tracking_dsp.nodes.graph.supervision import Supervisor


class Stage:
    """Processes and what they publish, and the clock, in the hands of a test."""

    def __init__(self) -> None:
        self.options = GraphOptions(composed=True)
        self.now_s = 100.0
        self.ended: dict[str, int] = {}
        self.started: list[tuple[str, float]] = []
        self.trouble: dict[str, str] = {}
        self.forgotten: list[str] = []

    def monotonic(self) -> float:
        return self.now_s

    def exited(self) -> dict[str, int]:
        return dict(self.ended)

    def restart(self, node: str) -> None:
        self.ended.pop(node, None)
        self.started.append((node, self.now_s))

    def troubles(self) -> dict[str, str]:
        return dict(self.trouble)

    def forget(self, node: str) -> None:
        self.forgotten.append(node)
        self.trouble.pop(node, None)

    def pause_s(self, supervisor: Supervisor, node: str) -> float:
        """End a node and look until it is started again; return how long that took."""
        self.ended[node] = -9
        begin_s = self.now_s
        count = len(self.started)
        while len(self.started) == count:
            assert supervisor.look()
            self.now_s += 0.1
        return self.started[-1][1] - begin_s


@pytest.fixture
def stage(monkeypatch) -> Stage:
    stage = Stage()
    monkeypatch.setattr(supervision, "time", stage)
    return stage


def test_the_pause_grows_while_a_node_ends_at_once_and_is_short_again_later(stage: Stage) -> None:
    supervisor = Supervisor(stage, stage, respawn=True)
    pauses = [stage.pause_s(supervisor, "power_node") for _ in range(9)]
    assert pauses[0] == pytest.approx(0.2, abs=0.11)
    assert all(later >= earlier for earlier, later in pairwise(pauses))
    assert pauses[-1] == pytest.approx(10.0, abs=0.11)
    stage.now_s += 30
    assert stage.pause_s(supervisor, "power_node") == pytest.approx(0.2, abs=0.11)
    assert set(stage.forgotten) == {"power_node"}


def test_a_node_that_waits_for_its_start_does_not_hold_up_another(stage: Stage) -> None:
    supervisor = Supervisor(stage, stage, respawn=True)
    for _ in range(6):
        stage.pause_s(supervisor, "pruning_controller_node")
    stage.ended["pruning_controller_node"] = 1
    supervisor.look()
    assert stage.pause_s(supervisor, "power_node") == pytest.approx(0.2, abs=0.11)
    assert "pruning_controller_node" in stage.ended


def test_an_end_is_said_once_and_ends_the_command_without_respawn(stage: Stage, capsys) -> None:
    stage.ended["power_node"] = 3
    assert not Supervisor(stage, stage, respawn=False).look()
    supervisor = Supervisor(stage, stage, respawn=True)
    assert supervisor.look()
    assert supervisor.look()
    assert capsys.readouterr().err == (
        "power_node has ended with status 3: the other nodes are stopped; --respawn would start it again.\n"
        "power_node has ended with status 3: it is started again.\n"
    )


def test_a_frozen_node_is_started_again_or_named_once(stage: Stage, capsys) -> None:
    stage.trouble = {"power_node": "has not reported in /diagnostics for 15 s"}
    silent = Supervisor(stage, stage, respawn=False)
    assert silent.look()
    assert silent.look()
    assert capsys.readouterr().err.count("--respawn would start it again") == 1
    assert Supervisor(stage, stage, respawn=True).look()
    assert stage.started == [("power_node", 100.0)]
    assert (
        "power_node has not reported in /diagnostics for 15 s: it is started again."
        in capsys.readouterr().err
    )


def test_nodes_of_one_process_are_started_again_together_and_once(stage: Stage, capsys) -> None:
    process, nodes = "camera_node+hand_tracker_node", {"camera_node", "hand_tracker_node"}
    stage.trouble = dict.fromkeys(sorted(nodes), "has not reported in /diagnostics for 15 s")
    supervisor = Supervisor(stage, stage, respawn=True)
    assert supervisor.look()
    assert stage.started == [(process, 100.0)]
    assert set(stage.forgotten) == nodes
    assert capsys.readouterr().err.count("it is started again") == 2
    stage.forgotten.clear()
    stage.pause_s(supervisor, process)
    assert [name for name, _ in stage.started] == [process] * 2
    assert set(stage.forgotten) == nodes
    assert f"{process} has ended with status -9: it is started again." in capsys.readouterr().err
