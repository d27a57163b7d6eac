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

"""Chooses the operating point from latency and battery."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any

from sensor_msgs.msg import BatteryState
from std_msgs.msg import Float32

from hand_tracking_dsp.control.command_watch import CommandWatch
from hand_tracking_dsp.control.controller import Controller, Decision
from hand_tracking_dsp.control.goals import BatteryGoal, GoalOptions
from hand_tracking_dsp.control.observation import OBSERVATION_NAMES
from hand_tracking_dsp.control.options import ConstraintOptions, ControllerOptions, ShieldOptions
from hand_tracking_dsp.control.point_figures import PointFigures
from hand_tracking_dsp.control.policies import Composition
from hand_tracking_dsp.control.reasons import Reason
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.messages.samples import BatteryReader, frame_cost, latency_sample
from hand_tracking_dsp.msg import ControllerState, SparsityCommand, TrackerStats
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.base.running import run_node
from hand_tracking_dsp.nodes.policy_choice import choose_policy, describe
from hand_tracking_dsp.nodes.tables.controller import CONTROLLER
from hand_tracking_dsp.resources import named_bank
from hand_tracking_dsp.tracking.composition.surrogate import SCENES
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.operating_point import PointInfo

# Period of the look at commands that do not hold.
_ENFORCE_PERIOD_S = 0.25

# Commands of this node that may still be on their way back to it.
_OWN_COMMANDS = 32


class PruningControllerNode(ManagedNode):
    """Feeds the controller with latency and battery, and publishes its decisions.

    Its clock is the machine's monotonic one, so that neither simulated nor looped time misleads it.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (rclpy's Node has a dozen)
        super().__init__("pruning_controller_node", CONTROLLER, **options)
        self._bank: Manifest | None = None
        self._points: tuple[PointInfo, ...] = ()
        self._controller: Controller | None = None
        self._decision: Decision | None = None
        self._battery = BatteryReader()
        self._commanded: Decision | None = None
        self._watch = CommandWatch()
        self._own_stamps: deque[int] = deque(maxlen=_OWN_COMMANDS)
        self._notes: list[str] = []

    def configure(self) -> None:
        """Read the bank's manifest, make policy and controller, and create topics."""
        parameters = self.parameters
        self._bank = manifest = read_manifest(named_bank(parameters["bank"]))
        self._points = manifest.points
        self._notes = []
        policy = choose_policy(
            parameters["policy"],
            parameters["policy_file"],
            manifest,
            lambda name: parameters.group(f"{name}."),
            self._note,
        )
        self.get_logger().info(f"Policy {describe(policy)} chooses among {len(manifest.points)} points.")
        controller = Controller(PointFigures.of(manifest), policy, self._options({}))
        controller.set_operator_point(parameters["operator_level"])
        self._controller = controller
        self._command = self.publish_on(SparsityCommand, "sparsity_command", "command")
        self._state = self.publish_on(ControllerState, "controller_state", "state")
        self.listen_to(SparsityCommand, "sparsity_command", self._on_command, "command")
        self.listen_to(TrackerStats, "stats", self._on_stats, "stats")
        self.listen_to(Float32, "power_w", self._on_power, "battery")
        self.listen_to(BatteryState, "battery_state", self._on_battery, "battery")

    def activate(self) -> None:
        """Decide at once, then at the decision rate."""
        self._commanded = None
        self._watch, self._battery = CommandWatch(), BatteryReader()
        self._decide()
        self.repeat(1 / self.parameters["decision_rate_hz"], self._decide)
        self.repeat(_ENFORCE_PERIOD_S, self._enforce)

    def cleanup(self) -> None:
        """Forget the controller."""
        self._controller = self._decision = None

    def apply(self, values: Mapping[str, Any]) -> None:
        """Take up the operator's point and the options of controller and shield."""
        if self._controller is None:
            return
        if values.keys() - {"operator_level"}:
            self._controller.set_options(self._options(values))
        if "operator_level" in values:
            self._controller.set_operator_point(values["operator_level"])

    def describe(self, report: Report) -> None:
        """Say the operating point, and warn while something else than policy or operator decides."""
        # Nobody asked for the package's own policy; a file that was named is wanted.
        said = report.warnings if self.parameters["policy_file"] else report.notes
        said += self._notes
        report.notes += self._battery.notes.values()
        report.warnings += self._battery.recent_warnings(time.monotonic())
        if self._decision is None:
            return
        decision = self._decision
        report.values |= {
            "policy": self._controller.policy.name if self._controller else "",
            "reason": decision.reason.name,
            "detail": decision.detail,
            "switches": decision.switches,
        }
        report.values |= dict(zip(OBSERVATION_NAMES, decision.observation.vector.tolist(), strict=True))
        report.values |= {"operating_point": decision.point, "level": self._points[decision.point].level}
        if decision.reason not in (Reason.POLICY, Reason.OPERATOR):
            report.warnings.append(decision.detail)
        self._report_commands(report)
        if self._controller and (sentence := self._controller.clocks.warning()):
            report.warnings.append(sentence)

    def _report_commands(self, report: Report) -> None:
        """Add whether the command holds, and who else commands."""
        topic = self.resolve_topic_name("sparsity_command")
        publishers = {endpoint.node_name for endpoint in self.get_publishers_info_by_topic(topic)}
        report.values |= {
            "commands_repeated": self._watch.repeated,
            "command_publishers": ", ".join(sorted(publishers)),
        }
        report.warnings += self._watch.warnings(time.monotonic(), topic)

    def _options(self, values: Mapping[str, Any]) -> ControllerOptions:
        """Options of the controller from the parameters, with some values replaced."""
        make = self.parameters.make
        return make(
            ControllerOptions,
            changes=values,
            constraint=make(ConstraintOptions, "constraint.", values),
            shield=make(ShieldOptions, "shield.", values),
            goals=make(GoalOptions, changes=values, battery=make(BatteryGoal, "battery.", values)),
        )

    def _note(self, sentence: str) -> None:
        """Say a sentence in the log and from now on in /diagnostics."""
        self._notes.append(sentence)
        self.get_logger().warning(sentence)

    def _on_stats(self, message: TrackerStats) -> None:
        if self._controller is not None:
            now_s = time.monotonic()
            self._controller.add_latency(latency_sample(frame_cost(message), now_s))
            self._watch.frame(message.requested_point, message.operating_point, now_s)

    def _on_command(self, message: SparsityCommand) -> None:
        if self.state == "active" and self._bank and stamp_ns(message) not in self._own_stamps:
            point, _ = self._bank.point(message.level, message.operating_point)
            self._watch.other(point, time.monotonic())

    def _on_power(self, message: Float32) -> None:
        self._battery.add_power(message, time.monotonic())

    def _on_battery(self, message: BatteryState) -> None:
        if self._controller is not None:
            self._controller.add_battery(self._battery.sample(message, time.monotonic()))

    def _decide(self) -> None:
        if self._controller is None:
            return
        decision = self._decision = self._controller.decide(time.monotonic())
        state = ControllerState(
            policy=self._controller.policy.name,
            observation_names=OBSERVATION_NAMES,
            observation=decision.observation.vector.tolist(),
            budget_ms=decision.budget_ms,
            level_before=self._points[decision.point_before].level,
            level_wanted=self._points[decision.point_wanted].level,
            level=self._points[decision.point].level,
            reason=int(decision.reason),
            detail=decision.detail,
            dwell_left_s=decision.dwell_left_s,
            switches=decision.switches,
            operating_point_before=decision.point_before,
            operating_point_wanted=decision.point_wanted,
            operating_point=decision.point,
            forecast_late=decision.forecast.late.tolist(),
            forecast_error=decision.forecast.error.tolist(),
            forecast_energy=decision.forecast.energy.tolist(),
            weight_accuracy=decision.observation.weights.alpha,
            weight_time=decision.observation.weights.beta,
            weight_energy=decision.observation.weights.gamma,
            goal=decision.goal,
            **_composed(decision.composition),
        )
        state.header.stamp = self.get_clock().now().to_msg()
        self._state.publish(state)
        former = self._commanded
        if former is not None and _commands(former) == _commands(decision):
            return
        if former is None or decision.point != former.point:
            point = self._points[decision.point]
            self.get_logger().info(f"Operating point {decision.point} ({point}): {decision.detail}")
        made = decision.composition
        if made is not None and (former is None or former.composition != made):
            kept = " ".join(map(str, made.keep))
            self.get_logger().info(
                f"A network is to be composed for {SCENES[made.scene]} scenes, with {made.time:.2f} of the "
                f"dense network's time and about {made.deviation_percent:.1f} % of palm size from it: keep "
                f"{kept} %."
            )
        self._commanded = decision
        self._watch.commanded(decision.point, time.monotonic())
        self._publish_command(decision)

    def _enforce(self) -> None:
        """Command again where the command does not hold."""
        if self._commanded is not None and self._watch.again(now_s := time.monotonic()):
            self._publish_command(self._commanded)
            for sentence in self._watch.warnings(now_s, self.resolve_topic_name("sparsity_command")):
                self.get_logger().warning(sentence, throttle_duration_sec=5.0)

    def _publish_command(self, decision: Decision) -> None:
        message = SparsityCommand(
            level=self._points[decision.point].level,
            reason=int(decision.reason),
            detail=decision.detail,
            operating_point=decision.point,
            keep=decision.composition.keep if decision.composition else (),
        )
        message.header.stamp = self.get_clock().now().to_msg()
        self._own_stamps.append(stamp_ns(message))
        self._command.publish(message)


def _commands(decision: Decision) -> tuple[Any, ...]:
    """Return what a command of the decision says, but for its sentence."""
    keep = decision.composition.keep if decision.composition else ()
    return decision.point, decision.reason, keep


def _composed(composition: Composition | None) -> dict[str, Any]:
    """Return the fields of ControllerState on what is to be composed."""
    if composition is None:
        return {"keep_deviation": math.nan, "keep_time": math.nan}
    return {
        "keep": composition.keep,
        "keep_deviation": composition.deviation_percent,
        "keep_time": composition.time,
        "keep_scene": SCENES[composition.scene],
    }


main = partial(run_node, PruningControllerNode)
