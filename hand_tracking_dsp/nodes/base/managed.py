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

"""Base of all nodes of this package: lifecycle, parameters, diagnostics, the way to stop."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter as RosParameter
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.service import Service
from rclpy.timer import Timer

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.nodes.base.autostart import Autostart
from hand_tracking_dsp.nodes.base.declaration import DeclaredParameters
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.base.scheduling import NodeScheduling
from hand_tracking_dsp.nodes.base.sharing import SharedPublisher
from hand_tracking_dsp.nodes.base.wiring import Wiring
from hand_tracking_dsp.nodes.tables.wiring import EXPECTATIONS
from hand_tracking_dsp.options import Parameter


class ManagedNode(LifecycleNode):
    """A lifecycle node that can start itself, reports its condition, and survives bad input.

    A subclass fills in configure, activate, deactivate, cleanup, describe and apply. The first two may
    raise HandTrackingError: its sentence is logged and shown in /diagnostics, and the transition fails.
    deactivate and cleanup must also work after half a configure or activate. Topics and services made
    with publish_on, listen_to and serve in configure are destroyed after cleanup, timers made with repeat in
    activate before deactivate.

    Args:
        name: Name of the node.
        table: Its parameters, one of them autostart.
        options: Further arguments of rclpy's Node, for several nodes in one process.
    """

    def __init__(self, name: str, table: Iterable[Parameter], **options: Any) -> None:  # noqa: ANN401
        super().__init__(name, automatically_declare_parameters_from_overrides=True, **options)
        self.state = "unconfigured"
        self._problem = ""
        self._progress = ""
        self._wiring = Wiring(self, EXPECTATIONS.get(name, {}))
        self._served: list[Service] = []
        self._repeated: list[Timer] = []
        self.parameters = DeclaredParameters(self, table, lambda: self.state == "active", self.apply)
        self.scheduling = NodeScheduling(self.parameters, self.get_logger().info)
        if unknown := self.parameters.unknown:
            self.get_logger().warning(f"Ignoring parameters that {name} does not have: {', '.join(unknown)}.")
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        # Not the ROS clock: with use_sim_time it may stand still.
        self.steady_clock = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0, self.publish_diagnostics, clock=self.steady_clock)
        self._autostart = (
            Autostart(self, self.steady_clock, lambda: self.state) if self.parameters["autostart"] else None
        )

    def declare_parameters(
        self,
        namespace: str,
        parameters: Any,  # noqa: ANN401 (as rclpy has it)
        ignore_override: bool = False,
    ) -> list[RosParameter]:
        """Declare as rclpy does, also what comes from a file without a value, such as an empty list.

        rclpy gives that no type, and would end the node; the table then names it at configure.
        """
        untyped = ParameterDescriptor(dynamic_typing=True)
        typed = [(*one[:2], untyped) if one[1] is None else one for one in parameters]
        return super().declare_parameters(namespace, typed, ignore_override)

    def configure(self) -> None:
        """Take up parameters, load models, create publishers and subscriptions."""

    def activate(self) -> None:
        """Begin to work."""

    def deactivate(self) -> None:
        """Stop working; nothing is published afterwards."""

    def cleanup(self) -> None:
        """Release what configure created, apart from topics and services."""

    def describe(self, report: Report) -> None:
        """Add the node's condition to its diagnostics; called once a second while active."""

    def apply(self, values: Mapping[str, Any]) -> None:
        """Take up new values of dynamic parameters; raise HandTrackingError to refuse them."""

    def set_parameters(self, parameter_list: list[RosParameter]) -> list[SetParametersResult]:
        """Set parameters one by one."""
        return [self.set_parameters_atomically([parameter]) for parameter in parameter_list]

    def set_parameters_atomically(self, parameter_list: list[RosParameter]) -> SetParametersResult:
        """Set parameters together; all services that set parameters come here."""
        try:
            return super().set_parameters_atomically(self.parameters.typed(parameter_list))
        except ConfigurationError as error:
            return SetParametersResult(successful=False, reason=str(error))

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Handle the transition configure."""
        return self._attempt("inactive", state.label)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Handle the transition activate."""
        return self._attempt("active", state.label)

    def on_deactivate(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Handle the transition deactivate."""
        self._begin_transition()
        self._end_work()
        return self._reached("inactive")

    def on_cleanup(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Handle the transition cleanup."""
        self._begin_transition()
        self.release()
        return self._reached("unconfigured")

    def on_shutdown(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Handle the transition shutdown."""
        self._begin_transition()
        self.release()
        return self._reached("finalized")

    def on_error(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Return to unconfigured after an unexpected error."""
        self.release()
        self.state = "unconfigured"
        return TransitionCallbackReturn.SUCCESS

    def release(self) -> None:
        """Stop working and release everything, in whatever state the node is."""
        self._end_work()
        self.cleanup()
        self._wiring.destroy()
        while self._served:
            self.destroy_service(self._served.pop())

    def destroy_node(self) -> None:
        """Destroy the node, also the topic and services of its life cycle.

        rclpy leaves those in the graph until Python collects the node, and with them the participant.
        """
        super().destroy_node()
        self._state_machine = None

    def publish_on(self, kind: type, topic: str, profile: str) -> Publisher:
        """Create a publisher for the time until cleanup; QoS from the parameters qos.<profile>."""
        return self._wiring.publish(kind, topic, self._qos(profile), profile)

    def share_on(self, kind: type, topic: str, profile: str) -> SharedPublisher:
        """Create a publisher likewise that passes messages by reference within this process."""
        return self._wiring.share(kind, topic, self._qos(profile), profile)

    def listen_to(
        self, kind: type, topic: str, callback: Callable[[Any], None], profile: str, *, shared: bool = False
    ) -> None:
        """Create a subscription for the time until cleanup; QoS as for publish_on.

        Args:
            kind: Type of the messages.
            topic: Name of the topic.
            callback: Function called with every message.
            profile: Group of the QoS's parameters.
            shared: Whether to take messages of this process by reference; the callback is then called in the
                publisher's thread.
        """
        self._wiring.subscribe(kind, topic, callback, self._qos(profile), profile, shared=shared)

    def serve(self, kind: type, name: str, callback: Callable[[Any, Any], Any]) -> None:
        """Create a service for the time until cleanup."""
        self._served.append(self.create_service(kind, name, callback))

    def repeat(self, period_s: float, callback: Callable[[], None]) -> None:
        """Call a function once in so many seconds of the machine's own clock, until deactivate."""
        self._repeated.append(self.create_timer(period_s, callback, clock=self.steady_clock))

    def progress(self, sentence: str) -> None:
        """Say what a long configure is doing, in the log and at once in /diagnostics."""
        self.get_logger().info(sentence)
        self._progress = sentence
        self.publish_diagnostics()

    def publish_diagnostics(self) -> None:
        """Publish the node's condition."""
        report = Report(values={"state": self.state})
        if self.state == "active":
            self._describe(report)
        elif not self._problem:
            report.warnings += self._waiting()
        if self._problem:
            next_attempt = self._autostart.announcement if self._autostart else ""
            report.errors.append(f"{self._problem} {next_attempt}".rstrip())
        status = report.status(f"{self.get_fully_qualified_name().lstrip('/')}: status", self.state)
        array = DiagnosticArray(status=[status])
        array.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(array)

    def _qos(self, topic: str) -> QoSProfile:
        """Build the profile of the parameters qos.<topic>.*."""
        chosen = self.parameters.group(f"qos.{topic}.")
        return QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=chosen["depth"],
            reliability=ReliabilityPolicy[chosen["reliability"].upper()],
            durability=DurabilityPolicy[chosen["durability"].upper()],
        )

    def _end_work(self) -> None:
        self._wiring.pause()
        while self._repeated:
            self.destroy_timer(self._repeated.pop())
        self.deactivate()
        self.scheduling.end()

    def _describe(self, report: Report) -> None:
        """Describe node and topics; what fails there must not silence the diagnostics."""
        for describe in (self.describe, self._wiring.describe, self.scheduling.describe):
            try:
                describe(report)
            except Exception as error:  # noqa: BLE001 (a node that does not report counts as frozen)
                report.errors.append(f"A part of the report failed with {type(error).__name__}: {error}.")

    def _waiting(self) -> list[str]:
        """Say why the node does not work, where somebody may wonder."""
        if self._progress:
            return [self._progress]
        if self.state == "finalized":
            return ["The node is finalized and never works again: start its process again."]
        if self.state == "inactive":
            return ["The node is inactive: activate it."]
        if self._autostart is not None:
            return ["The node is unconfigured, although autostart is set: configure and activate it."]
        return []

    def _begin_transition(self) -> None:
        if self._autostart is not None:
            self._autostart.state_changes()

    def _attempt(self, goal: str, origin: str) -> TransitionCallbackReturn:
        self._begin_transition()
        try:
            if goal == "inactive":
                self.parameters.check()
                self.scheduling.configure()
                self.configure()
                self.parameters.lock()
            else:
                self._wiring.restart_counts()
                self.scheduling.begin()
                self.activate()
        except HandTrackingError as error:
            self._problem = str(error)
            self._progress = ""
            self.get_logger().error(self._problem)
            if goal == "inactive":
                self.release()
            else:
                self._end_work()
            self.publish_diagnostics()
            return TransitionCallbackReturn.FAILURE
        except Exception as error:  # noqa: BLE001 (nothing may end the node)
            self._problem = f"{type(error).__name__}: {error}"
            self.get_logger().error(
                f"The transition from {origin} to {goal} failed.\n{traceback.format_exc()}"
            )
            return TransitionCallbackReturn.ERROR
        return self._reached(goal)

    def _reached(self, state: str) -> TransitionCallbackReturn:
        self.state = state
        if state == "active":
            self._wiring.resume()
        self._problem = self._progress = ""
        self.get_logger().info(state)
        return TransitionCallbackReturn.SUCCESS
