from __future__ import annotations

import json
import math

import pytest
from hand_tracking_dsp.msg import ControllerState, SparsityCommand, TrackerStats
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import BatteryState
from std_msgs.msg import Float32

from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode
from hand_tracking_dsp.tracking.manifest import read_manifest

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
        self.more: dict[str, float] = {}
        self.frames = 0
        graph.observer.create_timer(0.02, self.tick)
        graph.observer.create_subscription(SparsityCommand, "sparsity_command", self.obey, LATE_JOINER)

    def obey(self, command):
        self.level = command.level

    def tick(self):
        if self.latency_ms is not None:
            self.frames += 1
            self.stats.publish(
                TrackerStats(
                    total_ms=self.latency_ms,
                    end_to_end_ms=self.latency_ms,
                    applied_level=self.level,
                    hands=1,
                    **{"drift": math.nan, "drift_sparser": math.nan, **self.more},
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


def until_level(graph, states, level):
    graph.until(lambda: states and states[-1].level == level, f"the level is {level}")
    return states[-1]


def observed(states, name):
    """Return an entry of the latest observation; NaN before the first one."""
    if not states:
        return math.nan
    return states[-1].observation[states[-1].observation_names.index(name)]


def until_observed(graph, states, name, condition=math.isfinite):
    graph.until(lambda: condition(observed(states, name)), f"{name} is as expected")


def bank_of(folder, name, sha256="0", levels=2):
    """Write the manifest of another bank whose networks nobody may open."""
    network = {"sha256": sha256 * 64, "precision": "fp32", "parameters": 1, "macs": 1}
    entries = [
        {"index": index, "name": f"level {index}", "file": f"{index}.onnx", "sparsity": index / 9, **network}
        for index in range(levels)
    ]
    (folder / name).mkdir()
    manifest = {"schema": 1, "name": name, "levels": entries, "detectors": []}
    (folder / name / "bank.json").write_text(json.dumps(manifest))
    return read_manifest(folder / name)


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


@pytest.mark.usefixtures("feed")
@pytest.mark.parametrize("policy", ["learned", "auto"])
def test_a_learned_policy_for_the_bank_decides(graph, bank, policy_file, diagnostics, policy):
    states = graph.hear(ControllerState, "controller_state")
    file = policy_file(read_manifest(bank), toward=Action.SPARSER)
    graph.start(PruningControllerNode, bank=str(bank), policy=policy, policy_file=str(file))
    state = until_level(graph, states, 1)
    assert (state.policy, state.reason) == ("learned", SparsityCommand.POLICY)
    assert "Policy learned" in state.detail
    status = diagnostics(NODE, lambda status: status.level == status.OK)
    assert {value.key: value.value for value in status.values}["policy"] == "learned"


@pytest.mark.usefixtures("feed")
def test_auto_without_a_policy_for_the_bank_warns_and_takes_threshold(
    graph, bank, policy_file, diagnostics, capfd
):
    states = graph.hear(ControllerState, "controller_state")
    file = policy_file(bank_of(bank, "other", "1"))
    graph.start(PruningControllerNode, bank=str(bank), policy_file=str(file))
    until_reason(graph, states, SparsityCommand.POLICY)
    assert states[-1].policy == "threshold"
    (warning,) = [line for line in capfd.readouterr().err.splitlines() if "Until then" in line]
    assert "it was trained for other networks (bank other " in warning
    assert warning.endswith("Until then the threshold policy decides.")
    assert diagnostics(NODE, lambda status: "trained for other networks" in status.message)


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"sha256": "1"}, "does not fit: it was trained for other networks (bank other "),
        ({"levels": 5}, "does not fit: it knows 5 levels, the bank test has 2"),
    ],
)
def test_a_learned_policy_for_another_bank_fails_the_transition(
    graph, bank, policy_file, diagnostics, other, difference
):
    file = policy_file(bank_of(bank, "other", **other))
    graph.start(
        PruningControllerNode, bank=str(bank), policy="learned", policy_file=str(file), autostart=False
    )
    assert not graph.change_state(NODE, "configure")
    assert graph.state(NODE) == "unconfigured"
    message = diagnostics(NODE, lambda status: status.level == status.ERROR).message
    assert difference in message
    assert message.endswith("or set policy to threshold.")


@pytest.mark.parametrize("file", ["/nowhere/policy.json", "/"])
def test_a_missing_policy_fails_the_transition_and_another_one_mends_it(graph, bank, diagnostics, file):
    graph.start(PruningControllerNode, bank=str(bank), policy="learned", policy_file=file, autostart=False)
    assert not graph.change_state(NODE, "configure")
    message = diagnostics(NODE, lambda status: status.level == status.ERROR).message
    assert message.startswith(f"The policy {file} cannot be read")
    assert graph.set_parameter(NODE, "policy", "auto").successful
    assert graph.change_state(NODE, "configure")


@pytest.mark.usefixtures("feed")
def test_the_constrained_mode_keeps_its_bounds(graph, bank):
    states = graph.hear(ControllerState, "controller_state")
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        fixed__level=-1,
        mode="constrained",
        constraint__sparsest_level=0,
    )
    state = until_reason(graph, states, SparsityCommand.CONSTRAINT)
    assert (state.level, state.level_wanted) == (0, 1)
    assert "The constrained mode allows levels 0 to 0" in state.detail


@pytest.mark.usefixtures("feed")
def test_the_mode_may_change_at_run_time(graph, bank):
    states = graph.hear(ControllerState, "controller_state")
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        fixed__level=-1,
        min_dwell_s=0.1,
        min_dwell_sparser_s=0.1,
        constraint__sparsest_level=0,
    )
    assert until_level(graph, states, 1).reason == SparsityCommand.POLICY
    assert graph.set_parameter(NODE, "mode", "constrained").successful
    assert until_level(graph, states, 0).reason == SparsityCommand.CONSTRAINT
    assert graph.set_parameter(NODE, "constraint.sparsest_level", 1).successful
    assert until_level(graph, states, 1).reason == SparsityCommand.POLICY


@pytest.mark.usefixtures("feed")
def test_a_mode_that_the_bank_cannot_keep_is_refused_and_changes_nothing(graph, bank):
    states = graph.hear(ControllerState, "controller_state")
    graph.start(
        PruningControllerNode, bank=str(bank), policy="fixed", fixed__level=0, constraint__densest_level=5
    )
    until_reason(graph, states, SparsityCommand.POLICY)
    result = graph.set_parameter(NODE, "mode", "constrained")
    assert not result.successful
    assert result.reason.startswith("The constrained mode's levels are 5 to -1: set 0 to 1")
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


def test_latency_that_comes_late_is_waited_for_with_the_fallback(graph, feed, bank):
    feed.latency_ms = None
    states = graph.hear(ControllerState, "controller_state")
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        shield__startup_grace_s=0.3,
        min_dwell_s=0.1,
        min_dwell_sparser_s=0.1,
    )
    assert until_reason(graph, states, SparsityCommand.STALE_LATENCY).level == 1
    feed.latency_ms = 5.0
    until_reason(graph, states, SparsityCommand.POLICY)
    until_level(graph, states, 0)


def test_latency_that_stops_and_comes_back_is_obeyed_again(graph, feed, bank):
    states = graph.hear(ControllerState, "controller_state")
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        shield__stale_latency_s=0.5,
        min_dwell_s=0.1,
        min_dwell_sparser_s=0.1,
    )
    until_observed(graph, states, "hands")
    for _ in range(2):
        feed.latency_ms = None
        assert until_level(graph, states, 1).reason == SparsityCommand.STALE_LATENCY
        feed.latency_ms = 5.0
        assert until_level(graph, states, 0).reason == SparsityCommand.POLICY


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -math.inf, -1.0])
def test_stats_that_are_no_numbers_are_silence_and_the_node_keeps_deciding(graph, feed, bank, nonsense):
    states = graph.hear(ControllerState, "controller_state")
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        shield__stale_latency_s=0.5,
        min_dwell_s=0.1,
        min_dwell_sparser_s=0.1,
    )
    until_observed(graph, states, "hands")
    feed.latency_ms = nonsense
    feed.more = dict.fromkeys(
        (
            "sparsity",
            "presence",
            "input_mean",
            "input_std",
            "drift",
            "drift_sparser",
            "smoothing_residual",
            "accelerator_utilization",
        ),
        nonsense,
    )
    until_reason(graph, states, SparsityCommand.STALE_LATENCY)
    heard = len(states)
    graph.until(lambda: len(states) > heard + 5, "decisions are made")
    feed.latency_ms, feed.more = 5.0, {}
    until_reason(graph, states, SparsityCommand.POLICY)
    assert graph.state(NODE) == "active"


def test_a_battery_that_stops_and_comes_back_is_obeyed_again(graph, feed, bank):
    states = graph.hear(ControllerState, "controller_state")
    feed.battery_state = discharging(0.9)
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        shield__stale_battery_s=0.5,
        min_dwell_s=0.1,
        min_dwell_sparser_s=0.1,
    )
    until_observed(graph, states, "battery_charge")
    feed.battery_state = None
    assert until_level(graph, states, 1).reason == SparsityCommand.STALE_BATTERY
    assert math.isnan(observed(states, "battery_charge"))
    feed.battery_state = discharging(0.9)
    assert until_level(graph, states, 0).reason == SparsityCommand.POLICY


@pytest.mark.parametrize(("measured_w", "shown_w"), [(7.0, 7.0), (math.nan, 12.0), (math.inf, 12.0)])
def test_power_measured_beside_the_battery_goes_before_its_current(graph, feed, bank, measured_w, shown_w):
    states = graph.hear(ControllerState, "controller_state")
    power = graph.observer.create_publisher(Float32, "power_w", 10)
    graph.observer.create_timer(0.02, lambda: power.publish(Float32(data=measured_w)))
    graph.start(PruningControllerNode, bank=str(bank))
    until_observed(graph, states, "hands")
    feed.battery_state = discharging(0.9)
    until_observed(graph, states, "power_w", lambda value: value == pytest.approx(shown_w))


def test_drift_that_is_lost_keeps_a_policy_from_sparser_levels(graph, feed, bank):
    states = graph.hear(ControllerState, "controller_state")
    feed.more = {"drift": 1.5}
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        fixed__level=-1,
        operator_level=0,
        shield__stale_drift_s=0.3,
    )
    until_observed(graph, states, "drift_percent", lambda value: value == pytest.approx(1.5))
    feed.more, lost = {}, feed.frames
    graph.until(lambda: feed.frames > lost + 50, "a second has passed without drift")
    assert graph.set_parameter(NODE, "operator_level", -1).successful
    state = until_reason(graph, states, SparsityCommand.SHIELD_DRIFT_UNKNOWN)
    assert (state.level, state.level_wanted) == (0, 1)
    assert "Drift has not been measured" in state.detail
    feed.more = {"drift": 1.5}
    assert until_level(graph, states, 1).reason == SparsityCommand.POLICY
