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

"""Goals that are stated and changed while the controller's node runs, and what it says of them."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode

NODE = "pruning_controller_node"


def test_a_budget_that_is_changed_makes_a_level_sparser_and_the_goal_is_named(
    graph, feed, bank_of, tmp_path, states
):
    feed.latency_ms, feed.more = 20.0, {"landmarks_ms": 18.0}
    graph.start(
        PruningControllerNode, bank=str(bank_of(tmp_path, "halved").folder), policy="index", settle_s=0.0
    )
    graph.until(lambda: states and states[-1].forecast_late, "forecasts are published")
    assert [len(getattr(states[-1], f"forecast_{what}")) for what in ("late", "error", "energy")] == [2] * 3
    assert states[-1].goal == ""
    states.until_observed("latency_p50_budgets")
    assert graph.set_parameter(NODE, "budget_ms", 15.0).successful
    state = states.until_level(1)
    assert (state.policy, state.goal) == ("index", "time")
    assert state.forecast_late[0] > state.forecast_late[1]
    assert state.weight_accuracy + state.weight_time == pytest.approx(1)
    assert state.weight_energy == 0


def test_a_time_for_the_battery_is_taken_up_and_anything_else_refused(graph, feed, bank, states):
    feed.discharge(0.5)
    graph.start(PruningControllerNode, bank=str(bank), policy="index", battery__until="4h")
    states.until_observed("battery_charge")
    for good in ("90min", "18:30", ""):
        assert graph.set_parameter(NODE, "battery.until", good).successful
    result = graph.set_parameter(NODE, "battery.until", "soon")
    assert not result.successful
    assert "set a duration, as 30s, 90min or 4h, or a time of day, as 18:30" in result.reason
