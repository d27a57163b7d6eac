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

"""What the node commands and reports, and who may overrule it."""

from __future__ import annotations

import json
import time

import pytest
from hand_tracking_dsp.msg import SparsityCommand
from rclpy.qos import DurabilityPolicy, QoSProfile

from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode

LATE_JOINER = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
NODE = "pruning_controller_node"


def test_a_late_joiner_gets_the_command(graph, bank):
    graph.start(PruningControllerNode, bank=str(bank))
    graph.until_state(NODE, "active")
    commands = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    graph.until(lambda: commands, "a command was heard")
    assert (commands[0].level, commands[0].operating_point) == (0, 0)
    assert commands[0].detail


def test_goes_sparser_when_frames_are_late_and_says_why(graph, feed, bank):
    commands = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    feed.latency_ms = 80.0
    graph.start(PruningControllerNode, bank=str(bank), policy="threshold", min_samples=5)
    graph.until(lambda: commands and commands[-1].level == 1, "level 1 is commanded")
    assert "80" in commands[-1].detail


@pytest.mark.usefixtures("feed")
def test_commands_only_changes_but_reports_every_decision(graph, bank, states):
    commands = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    graph.start(PruningControllerNode, bank=str(bank), decision_rate_hz=50.0, policy="fixed", fixed__level=1)
    graph.until(lambda: len(states) > 20, "20 decisions were made")
    assert len({(c.level, c.reason) for c in commands}) == len(commands)
    assert states[-1].policy == "fixed"
    assert len(states[-1].observation_names) == len(states[-1].observation)
    assert states[-1].budget_ms == 33.0


@pytest.mark.usefixtures("feed")
def test_the_operator_overrules_the_policy_at_once(graph, bank, states):
    graph.start(PruningControllerNode, bank=str(bank))
    graph.until(lambda: states, "decisions are made")
    assert graph.set_parameter(NODE, "operator_level", 1).successful
    assert states.until_reason(SparsityCommand.OPERATOR).level == 1
    assert graph.set_parameter(NODE, "operator_level", -1).successful
    states.until_reason(SparsityCommand.POLICY)


def is_quiet(graph, messages, seconds=1.5):
    """Wait until nothing has come for a while."""
    count, since = len(messages), time.monotonic()

    def quiet():
        nonlocal count, since
        if len(messages) > count:
            count, since = len(messages), time.monotonic()
        return time.monotonic() - since > seconds

    graph.until(quiet, "nothing more comes")


def test_a_strangers_command_is_overridden_and_named(graph, feed, bank, states, diagnostics):
    graph.start(PruningControllerNode, bank=str(bank), policy="fixed", fixed__level=1)
    graph.until(lambda: feed.level == 1, "the tracker runs level 1")
    stranger = graph.observer.create_publisher(SparsityCommand, "sparsity_command", LATE_JOINER)
    graph.until(
        lambda: stranger.get_subscription_count() >= 2, "tracker and controller listen to the stranger"
    )
    heard = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    stranger.publish(SparsityCommand(level=0, detail="a stranger"))
    graph.until(lambda: any(command.detail == "a stranger" for command in heard), "the stranger is heard")
    graph.until(lambda: heard[-1].level == 1, "level 1 is commanded again")
    status = diagnostics(NODE, lambda status: "Somebody else commands operating point 0" in status.message)
    assert status.level == status.WARN
    values = {pair.key: pair.value for pair in status.values}
    assert values["command_publishers"] == "observer, pruning_controller_node"
    is_quiet(graph, heard)
    assert states[-1].level == 1


def test_frames_that_a_sparser_level_brings_in_time_are_no_reason_to_command_it(graph, feed, bank, states):
    commands = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    feed.runs, feed.more = 1, {"reflex": True, "commanded_ms": 80.0}
    graph.start(PruningControllerNode, bank=str(bank), policy="threshold", min_samples=5)
    begun = feed.frames
    graph.until(lambda: feed.frames > begun + 60, "60 frames were handled")
    assert {command.level for command in commands} == {0}
    assert states[-1].level == 0
    assert "80" not in states[-1].detail, "frames are what they took"


@pytest.mark.usefixtures("feed")
def test_a_level_left_out_for_want_of_time_is_not_commanded_again(graph, feed, bank, diagnostics):
    feed.runs, feed.more = 1, {"reflex": True, "commanded_ms": 5.0}
    graph.start(PruningControllerNode, bank=str(bank), policy="fixed", fixed__level=0)
    heard = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    begun = feed.frames
    graph.until(lambda: feed.frames > begun + 60, "60 frames were handled")
    values = {pair.key: pair.value for pair in diagnostics(NODE).values}
    assert values["commands_repeated"] == "0"
    assert len(heard) == 1


def test_a_tracker_that_has_not_heard_the_command_is_told_again(graph, feed, bank, diagnostics):
    feed.deaf = True
    graph.start(PruningControllerNode, bank=str(bank), policy="fixed", fixed__level=1)
    heard = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    status = diagnostics(
        NODE, lambda status: "runs operating point 0 although point 1 was commanded" in status.message
    )
    assert status.level == status.WARN
    feed.deaf = False
    graph.until(lambda: feed.level == 1, "the tracker runs level 1")
    assert {command.level for command in heard} <= {0, 1}


@pytest.mark.usefixtures("feed")
def test_commands_a_point_of_the_bank_with_its_level(graph, bank, states):
    data = json.loads((bank / "bank.json").read_text())
    gates = (0.0, 0.06, 0.25)
    data["operating_points"] = [
        {"level": level, "gate": gate, "search_interval_s": gate, "cost": 1 - gate}
        for level, gate in zip((0, 0, 1), gates, strict=True)
    ]
    (bank / "bank.json").write_text(json.dumps(data))
    commands = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    graph.start(PruningControllerNode, bank=str(bank), policy="fixed", fixed__level=-1)
    graph.until(lambda: commands and commands[-1].operating_point == 2, "the cheapest point is commanded")
    assert commands[-1].level == 1
    state = graph.until(lambda: [one for one in states if one.operating_point == 2], "the state is heard")[0]
    assert (state.operating_point_wanted, state.level_wanted, state.level) == (2, 1, 1)


def test_a_level_that_the_tracker_lacks_is_named(graph, feed, bank, diagnostics):
    feed.runs = 0
    graph.start(PruningControllerNode, bank=str(bank), policy="fixed", fixed__level=1)
    status = diagnostics(NODE, lambda status: "its bank lacks" in status.message)
    assert "received operating point 1 and runs operating point 0" in status.message


def test_refuses_an_operator_level_that_the_bank_lacks(graph, bank):
    graph.start(PruningControllerNode, bank=str(bank))
    graph.until_state(NODE, "active")
    result = graph.set_parameter(NODE, "operator_level", 9)
    assert not result.successful
    assert "operator_level is 9" in result.reason


def test_a_new_budget_takes_effect_at_once(graph, feed, bank, states):
    feed.latency_ms = 20.0
    graph.start(PruningControllerNode, bank=str(bank), min_samples=5)
    graph.until(lambda: states and states[-1].level == 0, "level 0 runs")
    assert graph.set_parameter(NODE, "budget_ms", 10.0).successful
    graph.until(lambda: states[-1].level == 1, "level 1 runs")


def test_refuses_options_that_contradict_each_other(graph, bank):
    graph.start(PruningControllerNode, bank=str(bank))
    graph.until_state(NODE, "active")
    result = graph.set_parameter(NODE, "min_dwell_sparser_s", 100.0)
    assert not result.successful
    assert "min_dwell_sparser_s" in result.reason


def test_a_missing_bank_fails_the_transition_with_a_sentence(graph, diagnostics):
    graph.start(PruningControllerNode, bank="/nowhere/bank", autostart=False)
    assert not graph.change_state(NODE, "configure")
    assert graph.state(NODE) == "unconfigured"
    message = diagnostics(NODE, lambda status: status.level == status.ERROR).message
    assert message.startswith("The level bank /nowhere/bank/bank.json cannot be read")
