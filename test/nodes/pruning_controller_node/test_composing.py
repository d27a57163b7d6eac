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

"""The policy akperl in its node: what it commands to be composed, and what is refused before it decides."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hand_tracking_dsp.msg import SparsityCommand
from rclpy.qos import DurabilityPolicy, QoSProfile
from support.layers import whimsical_agent

from hand_tracking_dsp.control.layers.policy import LayerPolicy
from hand_tracking_dsp.control.policies import Composition
from hand_tracking_dsp.control.policy_file import write_policy
from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode
from hand_tracking_dsp.resources import default_bank, original_bank
from hand_tracking_dsp.tracking.composition.block_set import BlockSet
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.manifest import read_manifest

NODE = "pruning_controller_node"
LATE_JOINER = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
LIGHT = (75, *(100,) * 15)


@pytest.mark.usefixtures("feed")
def test_what_is_composed_is_commanded_and_told(graph, states, monkeypatch):
    commands = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    made = Composition(3, 2, LIGHT, 2, 1.5, 0.94)
    monkeypatch.setattr(LayerPolicy, "decide", lambda *_: 3)
    monkeypatch.setattr(LayerPolicy, "composition", made)
    graph.start(PruningControllerNode, bank=str(default_bank()), policy="akperl")
    graph.until(lambda: commands and list(commands[-1].keep) == list(LIGHT), "the network is commanded")
    assert (commands[-1].level, commands[-1].operating_point) == (1, 3)
    graph.until(lambda: states and list(states[-1].keep) == list(LIGHT), "its state tells it")
    state = states[-1]
    assert (state.policy, state.keep_scene) == ("akperl", "dark")
    assert (state.keep_deviation, state.keep_time) == pytest.approx((1.5, 0.94))
    monkeypatch.setattr(LayerPolicy, "composition", None)
    graph.until(lambda: not len(commands[-1].keep), "the level is commanded alone")
    graph.until(lambda: not len(states[-1].keep), "its state tells that")
    assert math.isnan(states[-1].keep_time)


@pytest.mark.usefixtures("feed")
def test_the_package_s_own_agent_decides_for_the_package_s_own_bank(graph, states):
    graph.start(PruningControllerNode, bank=str(default_bank()), policy="akperl")
    graph.until(lambda: states and states[-1].policy == "akperl", "it decides")
    assert np.isfinite(states[-1].forecast_energy).all()


def test_a_bank_without_blocks_fails_the_transition(graph, diagnostics):
    graph.start(PruningControllerNode, bank=str(original_bank()), policy="akperl", autostart=False)
    assert not graph.change_state(NODE, "configure")
    message = diagnostics(NODE, lambda status: status.level == status.ERROR).message
    assert "has no blocks" in message


def test_an_agent_for_other_layers_fails_the_transition(graph, diagnostics, tmp_path):
    bank = read_manifest(default_bank())
    profile = CompositionProfile.of(BlockSet.read(bank, "int8"), bank.levels[0])
    write_policy(tmp_path / "agent.json", whimsical_agent(bank, profile, fields=20))
    graph.start(
        PruningControllerNode,
        bank=str(default_bank()),
        policy="akperl",
        policy_file=str(tmp_path / "agent.json"),
        autostart=False,
    )
    assert not graph.change_state(NODE, "configure")
    message = diagnostics(NODE, lambda status: status.level == status.ERROR).message
    assert "does not know the observation" in message
    assert "choose the policy auto" in message
