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

"""Which policy decides, and within which mode."""

from __future__ import annotations

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from hand_tracking_dsp.msg import SparsityCommand

from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode
from hand_tracking_dsp.tracking.manifest import read_manifest

NODE = "pruning_controller_node"


@pytest.mark.usefixtures("feed")
@pytest.mark.parametrize("policy", ["learned", "auto"])
def test_a_learned_policy_for_the_bank_decides(graph, bank, policy_file, diagnostics, policy, states):
    file = policy_file(read_manifest(bank), toward=Action.SPARSER)
    graph.start(PruningControllerNode, bank=str(bank), policy=policy, policy_file=str(file))
    state = states.until_level(1)
    assert (state.policy, state.reason) == ("learned", SparsityCommand.POLICY)
    assert "Policy learned" in state.detail
    status = diagnostics(NODE, lambda status: status.level == status.OK)
    assert {value.key: value.value for value in status.values}["policy"] == "learned"


@pytest.mark.usefixtures("feed")
def test_auto_without_a_policy_for_the_bank_warns_and_takes_index(
    graph, bank, policy_file, diagnostics, capfd, states, bank_of
):
    file = policy_file(bank_of(bank, "other", "1"))
    graph.start(PruningControllerNode, bank=str(bank), policy_file=str(file))
    states.until_reason(SparsityCommand.POLICY)
    assert states[-1].policy == "index"
    (warning,) = [line for line in capfd.readouterr().err.splitlines() if "Until then" in line]
    assert "it was trained for other networks (bank other " in warning
    assert warning.endswith("Until then the index policy decides.")
    status = diagnostics(NODE, lambda status: "trained for other networks" in status.message)
    assert status.level == DiagnosticStatus.WARN


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"sha256": "1"}, "does not fit: it was trained for other networks (bank other "),
        ({"levels": 5}, "does not fit: it knows 5 operating points, the bank test has 2"),
    ],
)
def test_a_learned_policy_for_another_bank_fails_the_transition(
    graph, bank, policy_file, diagnostics, other, difference, bank_of
):
    file = policy_file(bank_of(bank, "other", **other))
    graph.start(
        PruningControllerNode, bank=str(bank), policy="learned", policy_file=str(file), autostart=False
    )
    assert not graph.change_state(NODE, "configure")
    assert graph.state(NODE) == "unconfigured"
    message = diagnostics(NODE, lambda status: status.level == status.ERROR).message
    assert difference in message
    assert message.endswith("or choose the policy index.")


@pytest.mark.parametrize("file", ["/nowhere/policy.json", "/"])
def test_a_missing_policy_fails_the_transition_and_another_one_mends_it(graph, bank, diagnostics, file):
    graph.start(PruningControllerNode, bank=str(bank), policy="learned", policy_file=file, autostart=False)
    assert not graph.change_state(NODE, "configure")
    message = diagnostics(NODE, lambda status: status.level == status.ERROR).message
    assert message.startswith(f"The policy {file} cannot be read")
    assert graph.set_parameter(NODE, "policy", "auto").successful
    assert graph.change_state(NODE, "configure")


@pytest.mark.usefixtures("feed")
def test_the_constrained_mode_keeps_its_bounds(graph, bank, states):
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        fixed__level=-1,
        mode="constrained",
        constraint__sparsest_level=0,
    )
    state = states.until_reason(SparsityCommand.CONSTRAINT)
    assert (state.level, state.level_wanted) == (0, 1)
    assert "The constrained mode allows points 0 to 0" in state.detail


@pytest.mark.usefixtures("feed")
def test_the_mode_may_change_at_run_time(graph, bank, states):
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        fixed__level=-1,
        min_dwell_s=0.1,
        min_dwell_sparser_s=0.1,
        constraint__sparsest_level=0,
    )
    assert states.until_level(1).reason == SparsityCommand.POLICY
    assert graph.set_parameter(NODE, "mode", "constrained").successful
    assert states.until_level(0).reason == SparsityCommand.CONSTRAINT
    assert graph.set_parameter(NODE, "constraint.sparsest_level", 1).successful
    assert states.until_level(1).reason == SparsityCommand.POLICY


@pytest.mark.usefixtures("feed")
def test_a_mode_that_the_bank_cannot_keep_is_refused_and_changes_nothing(graph, bank, states):
    graph.start(
        PruningControllerNode, bank=str(bank), policy="fixed", fixed__level=0, constraint__densest_level=5
    )
    states.until_reason(SparsityCommand.POLICY)
    result = graph.set_parameter(NODE, "mode", "constrained")
    assert not result.successful
    assert result.reason.startswith("The constrained mode's points are 5 to -1: set 0 to 1")
    assert not graph.set_parameter(NODE, "mode", "careless").successful
    heard = len(states)
    graph.until(lambda: len(states) > heard + 3, "decisions are made")
    assert {(state.level, state.reason) for state in states[heard:]} == {(0, SparsityCommand.POLICY)}


def test_a_constraint_that_the_bank_cannot_keep_fails_the_transition(graph, bank, diagnostics):
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        mode="constrained",
        constraint__max_switches_per_min=1,
        autostart=False,
    )
    assert not graph.change_state(NODE, "configure")
    message = diagnostics(NODE, lambda status: status.level == status.ERROR).message
    assert message.startswith("max_switches_per_min is 1, but there are 1 steps")
