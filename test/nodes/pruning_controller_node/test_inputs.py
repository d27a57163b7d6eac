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

"""What the node does with topics that are late, lost or nonsense."""

from __future__ import annotations

import math

import pytest
from hand_tracking_dsp.msg import SparsityCommand
from std_msgs.msg import Float32

from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode

NODE = "pruning_controller_node"
QUICK = {"min_dwell_s": 0.1, "min_dwell_sparser_s": 0.1}


def test_falls_back_when_latency_is_silent(graph, feed, bank, states):
    graph.start(PruningControllerNode, bank=str(bank), shield__stale_latency_s=0.3)
    states.until_reason(SparsityCommand.POLICY)
    graph.until(
        lambda: not math.isnan(states[-1].observation[states[-1].observation_names.index("hands")]),
        "latency was heard",
    )
    feed.latency_ms = None
    state = states.until_reason(SparsityCommand.STALE_LATENCY)
    assert state.level == 1
    assert "No latency was received" in state.detail


def test_falls_back_when_a_battery_is_silent(graph, feed, bank, states):
    feed.discharge(0.9)
    graph.start(PruningControllerNode, bank=str(bank), shield__stale_battery_s=0.3)

    def charge():
        return states[-1].observation[states[-1].observation_names.index("battery_charge")]

    graph.until(lambda: states and charge() > 0.8, "the battery was heard")
    feed.battery_state = None
    state = states.until_reason(SparsityCommand.STALE_BATTERY)
    assert "battery was silent" in state.detail


def test_falls_back_when_a_battery_does_not_tell_its_charge(graph, feed, bank, states):
    feed.discharge(math.nan)
    graph.start(PruningControllerNode, bank=str(bank))
    state = states.until_reason(SparsityCommand.SHIELD_BATTERY_UNKNOWN)
    assert "charge" in state.detail


def test_takes_the_sparsest_level_at_the_batterys_reserve(graph, feed, bank, states):
    feed.discharge(0.1)
    graph.start(PruningControllerNode, bank=str(bank))
    state = states.until_reason(SparsityCommand.SHIELD_BATTERY_RESERVE)
    assert state.level == 1


def test_latency_that_comes_late_is_waited_for_with_the_fallback(graph, feed, bank, states):
    feed.latency_ms = None
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        shield__startup_grace_s=0.3,
        **QUICK,
    )
    assert states.until_reason(SparsityCommand.STALE_LATENCY).level == 1
    feed.latency_ms = 5.0
    states.until_reason(SparsityCommand.POLICY)
    states.until_level(0)


def test_latency_that_stops_and_comes_back_is_obeyed_again(graph, feed, bank, states):
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        shield__stale_latency_s=0.5,
        **QUICK,
    )
    states.until_observed("hands")
    for _ in range(2):
        feed.latency_ms = None
        assert states.until_level(1).reason == SparsityCommand.STALE_LATENCY
        feed.latency_ms = 5.0
        assert states.until_level(0).reason == SparsityCommand.POLICY


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -math.inf, -1.0])
def test_stats_that_are_no_numbers_are_silence_and_the_node_keeps_deciding(
    graph, feed, bank, nonsense, states
):
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        shield__stale_latency_s=0.5,
        **QUICK,
    )
    states.until_observed("hands")
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
    states.until_reason(SparsityCommand.STALE_LATENCY)
    heard = len(states)
    graph.until(lambda: len(states) > heard + 5, "decisions are made")
    feed.latency_ms, feed.more = 5.0, {}
    states.until_reason(SparsityCommand.POLICY)
    assert graph.state(NODE) == "active"


def test_a_battery_that_stops_and_comes_back_is_obeyed_again(graph, feed, bank, states):
    feed.discharge(0.9)
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        shield__stale_battery_s=0.5,
        **QUICK,
    )
    states.until_observed("battery_charge")
    feed.battery_state = None
    assert states.until_level(1).reason == SparsityCommand.STALE_BATTERY
    assert math.isnan(states.observed("battery_charge"))
    feed.discharge(0.9)
    assert states.until_level(0).reason == SparsityCommand.POLICY


@pytest.mark.parametrize(("measured_w", "shown_w"), [(7.0, 7.0), (math.nan, 12.0), (math.inf, 12.0)])
def test_power_measured_beside_the_battery_goes_before_its_current(
    graph, feed, bank, measured_w, shown_w, states
):
    power = graph.observer.create_publisher(Float32, "power_w", 10)
    graph.observer.create_timer(0.02, lambda: power.publish(Float32(data=measured_w)))
    graph.start(PruningControllerNode, bank=str(bank))
    states.until_observed("hands")
    feed.discharge(0.9)
    states.until_observed("power_w", lambda value: value == pytest.approx(shown_w))


def test_drift_that_is_lost_keeps_a_policy_from_sparser_levels(graph, feed, bank, states):
    feed.more = {"drift": 1.5}
    graph.start(
        PruningControllerNode,
        bank=str(bank),
        policy="fixed",
        fixed__level=-1,
        operator_level=0,
        shield__stale_drift_s=0.3,
    )
    states.until_observed("drift_percent", lambda value: value == pytest.approx(1.5))
    feed.more, lost = {}, feed.frames
    graph.until(lambda: feed.frames > lost + 50, "a second has passed without drift")
    assert graph.set_parameter(NODE, "operator_level", -1).successful
    state = states.until_reason(SparsityCommand.SHIELD_DRIFT_UNKNOWN)
    assert (state.level, state.level_wanted) == (0, 1)
    assert "Drift has not been measured" in state.detail
    # What a level says of itself is as good as a measurement.
    feed.more = {"drift": 1.5, "drift_estimated": True}
    assert states.until_level(1).reason == SparsityCommand.POLICY


def test_clocks_that_differ_are_named_and_make_no_level_sparser(graph, feed, bank, states, diagnostics):
    feed.offset_ms = 5000.0
    graph.start(PruningControllerNode, bank=str(bank), policy="threshold", min_samples=5)
    status = diagnostics(NODE, lambda status: "behind the clock here" in status.message)
    assert status.level == status.WARN
    assert "5.00 s" in status.message
    states.until_observed("latency_p95_budgets", lambda value: value < 1)
    assert {state.level for state in states} == {0}


@pytest.mark.parametrize(
    ("fields", "charge", "said"),
    [
        ({"percentage": 55.0}, 0.55, "0 to 100"),
        (
            {"percentage": math.nan, "charge": 2.0, "capacity": 4.0},
            0.5,
            "its charge over its capacity is used",
        ),
        ({"percentage": 0.6, "present": False}, 0.6, "not that it is present"),
        ({"percentage": -7.0}, math.nan, "percentage is -7, neither"),
    ],
)
def test_a_battery_of_another_habit_is_used_where_it_is_clear_and_always_named(
    graph, feed, bank, states, diagnostics, fields, charge, said
):
    feed.discharge(0.9)
    for name, value in {
        "charge": math.nan,
        "capacity": math.nan,
        "design_capacity": math.nan,
        **fields,
    }.items():
        setattr(feed.battery_state, name, value)
    graph.start(PruningControllerNode, bank=str(bank))
    diagnostics(NODE, lambda status: said in status.message)
    states.until_observed("battery_charge", lambda value: value == pytest.approx(charge, nan_ok=True))
