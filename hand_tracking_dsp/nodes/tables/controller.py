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

"""The parameters of pruning_controller_node."""

from __future__ import annotations

from hand_tracking_dsp.control.goal_policy import GoalPolicyOptions
from hand_tracking_dsp.control.goals import BatteryGoal, GoalOptions
from hand_tracking_dsp.control.layers.policy import LayerPolicyOptions
from hand_tracking_dsp.control.options import ConstraintOptions, ControllerOptions, ShieldOptions
from hand_tracking_dsp.control.policies import FixedPolicy, ThresholdOptions
from hand_tracking_dsp.nodes.tables.common import ALLOW_LOCKED_CHANGES, AUTOSTART, BANK, qos
from hand_tracking_dsp.options import Parameter, parameters_of
from hand_tracking_dsp.resources import DEFAULT_LAYER_AGENT, DEFAULT_POLICY
from hand_tracking_dsp.tracking.manifest import MAX_LEVELS

CONTROLLER: tuple[Parameter, ...] = (
    AUTOSTART,
    ALLOW_LOCKED_CHANGES,
    BANK,
    Parameter(
        "policy",
        "auto",
        "What chooses the operating point; auto: the learned policy where it was made for this bank, else "
        "index; akperl: as auto, and networks are composed between two levels.",
        choices=("auto", "learned", "index", "threshold", "fixed", "akperl"),
    ),
    Parameter(
        "policy_file",
        "",
        f"Manifest of the learned policy (policy.json), or of akperl's agent; empty: the package's own, "
        f"{DEFAULT_POLICY} or {DEFAULT_LAYER_AGENT}.",
        locked=True,
    ),
    *parameters_of(ControllerOptions, only=("mode",)),
    *parameters_of(ConstraintOptions, "constraint."),
    Parameter(
        "operator_level",
        -1,
        "Operating point set by a person, overrides policy and shield; -1: automatic.",
        low=-1,
        high=MAX_LEVELS - 1,
        dynamic=True,
    ),
    Parameter("decision_rate_hz", 10.0, "Decisions a second.", "Hz", 0.1, 100),
    *parameters_of(ControllerOptions, without=("mode",)),
    *parameters_of(GoalOptions),
    *parameters_of(BatteryGoal, "battery."),
    *parameters_of(FixedPolicy, "fixed."),
    *parameters_of(GoalPolicyOptions, "index."),
    *parameters_of(ThresholdOptions, "threshold."),
    *parameters_of(LayerPolicyOptions, "akperl."),
    *parameters_of(ShieldOptions, "shield."),
    *qos("stats", "stats"),
    *qos("battery", "battery_state and power_w", "best_effort", depth=1),
    *qos("command", "sparsity_command", durability="transient_local", depth=1),
    *qos("state", "controller_state"),
)
