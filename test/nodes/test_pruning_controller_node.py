from __future__ import annotations

import math

import pytest
from hand_tracking_dsp.msg import ControllerState, SparsityCommand, TrackerStats
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import BatteryState

from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode

LATE_JOINER = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
NODE = "pruning_controller_node"


class Feed:
    """Plays tracker and battery."""

    def __init__(self, graph):
        self.graph = graph
        self.stats = graph.observer.create_publisher(TrackerStats, "stats", 10)
        self.battery = graph.observer.create_publisher(BatteryState, "battery_state", 10)
        self.latency_ms: float | None = 5.0
        self.level = 0
        self.battery_state: BatteryState | None = None
        graph.observer.create_timer(0.02, self.tick)
        graph.observer.create_subscription(SparsityCommand, "sparsity_command", self.obey, LATE_JOINER)

    def obey(self, command):
        self.level = command.level

    def tick(self):
        if self.latency_ms is not None:
            self.stats.publish(
                TrackerStats(
                    total_ms=self.latency_ms, end_to_end_ms=self.latency_ms, applied_level=self.level, hands=1
                )
            )
        if self.battery_state is not None:
            self.battery.publish(self.battery_state)


@pytest.fixture
def feed(graph):
    return Feed(graph)


def discharging(percentage):
    return BatteryState(
        present=True,
        percentage=percentage,
        voltage=12.0,
        current=-1.0,
        power_supply_status=BatteryState.POWER_SUPPLY_STATUS_DISCHARGING,
    )


def until_reason(graph, states, reason):
    graph.until(lambda: states and states[-1].reason == reason, f"the reason is {reason}")
    return states[-1]


def test_a_late_joiner_gets_the_command(graph, bank):
    graph.start(PruningControllerNode, bank=str(bank))
    graph.until_state(NODE, "active")
    commands = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    graph.until(lambda: commands, "a command was heard")
    assert commands[0].level == 0
    assert commands[0].detail


def test_goes_sparser_when_frames_are_late_and_says_why(graph, feed, bank):
    commands = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    feed.latency_ms = 80.0
    graph.start(PruningControllerNode, bank=str(bank), min_samples=5)
    graph.until(lambda: commands and commands[-1].level == 1, "level 1 is commanded")
    assert "80" in commands[-1].detail


@pytest.mark.usefixtures("feed")
def test_commands_only_changes_but_reports_every_decision(graph, bank):
    commands = graph.hear(SparsityCommand, "sparsity_command", LATE_JOINER)
    states = graph.hear(ControllerState, "controller_state")
    graph.start(PruningControllerNode, bank=str(bank), decision_rate_hz=50.0, policy="fixed", fixed__level=1)
    graph.until(lambda: len(states) > 20, "20 decisions were made")
    assert len({(c.level, c.reason) for c in commands}) == len(commands)
    assert states[-1].policy == "fixed"
    assert len(states[-1].observation_names) == len(states[-1].observation)


@pytest.mark.usefixtures("feed")
def test_the_operator_overrules_the_policy_at_once(graph, bank):
    states = graph.hear(ControllerState, "controller_state")
    graph.start(PruningControllerNode, bank=str(bank))
    graph.until(lambda: states, "decisions are made")
    assert graph.set_parameter(NODE, "operator_level", 1).successful
    assert until_reason(graph, states, SparsityCommand.OPERATOR).level == 1
    assert graph.set_parameter(NODE, "operator_level", -1).successful
    until_reason(graph, states, SparsityCommand.POLICY)


def test_refuses_an_operator_level_that_the_bank_lacks(graph, bank):
    graph.start(PruningControllerNode, bank=str(bank))
    graph.until_state(NODE, "active")
    result = graph.set_parameter(NODE, "operator_level", 9)
    assert not result.successful
    assert "operator_level is 9" in result.reason


def test_falls_back_when_latency_is_silent(graph, feed, bank):
    states = graph.hear(ControllerState, "controller_state")
    graph.start(PruningControllerNode, bank=str(bank), shield__stale_latency_s=0.3)
    until_reason(graph, states, SparsityCommand.POLICY)
    graph.until(
        lambda: not math.isnan(states[-1].observation[states[-1].observation_names.index("hands")]),
        "latency was heard",
    )
    feed.latency_ms = None
    state = until_reason(graph, states, SparsityCommand.STALE_LATENCY)
    assert state.level == 1
    assert "No latency was heard" in state.detail


def test_falls_back_when_a_battery_is_silent(graph, feed, bank):
    states = graph.hear(ControllerState, "controller_state")
    feed.battery_state = discharging(0.9)
    graph.start(PruningControllerNode, bank=str(bank), shield__stale_battery_s=0.3)

    def charge():
        return states[-1].observation[states[-1].observation_names.index("battery_charge")]

    graph.until(lambda: states and charge() > 0.8, "the battery was heard")
    feed.battery_state = None
    state = until_reason(graph, states, SparsityCommand.STALE_BATTERY)
    assert "battery was silent" in state.detail


def test_falls_back_when_a_battery_does_not_tell_its_charge(graph, feed, bank):
    states = graph.hear(ControllerState, "controller_state")
    feed.battery_state = discharging(math.nan)
    graph.start(PruningControllerNode, bank=str(bank))
    state = until_reason(graph, states, SparsityCommand.SHIELD_BATTERY_UNKNOWN)
    assert "charge" in state.detail


def test_takes_the_sparsest_level_at_the_batterys_reserve(graph, feed, bank):
    states = graph.hear(ControllerState, "controller_state")
    feed.battery_state = discharging(0.1)
    graph.start(PruningControllerNode, bank=str(bank))
    state = until_reason(graph, states, SparsityCommand.SHIELD_BATTERY_RESERVE)
    assert state.level == 1


def test_a_new_budget_takes_effect_at_once(graph, feed, bank):
    states = graph.hear(ControllerState, "controller_state")
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
