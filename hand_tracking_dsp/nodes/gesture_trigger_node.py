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

"""Sets parameters and calls services when gestures are shown: an example, and useful as it is."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_srvs.srv import SetBool, Trigger

from hand_tracking_dsp.gestures.trigger import (
    Binding,
    GestureTriggers,
    SetParameter,
    TriggerOptions,
    parse_binding,
)
from hand_tracking_dsp.gestures.types import BUILT_IN, RESERVED
from hand_tracking_dsp.msg import GestureEvent as EventMessage
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.base.running import run_node
from hand_tracking_dsp.nodes.base.suggestions import missing_service
from hand_tracking_dsp.nodes.messages.gesture_messages import gesture_event
from hand_tracking_dsp.nodes.tables.gestures import TRIGGER

_WATCH_PERIOD_S = 0.1

# A failure stays in /diagnostics for so long.
_FAILURE_SHOWN_S = 10.0


@dataclass(frozen=True, slots=True)
class _Request:
    """A call that is not answered yet."""

    binding: Binding
    client: Any
    future: Any
    asked_s: float


class GestureTriggerNode(ManagedNode):
    """Asks without waiting: what is not there, does not answer or refuses is counted and reported."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (rclpy's Node has a dozen)
        super().__init__("gesture_trigger_node", TRIGGER, **options)
        self._triggers: GestureTriggers | None = None
        self._calls: dict[Binding, tuple[Any, Any]] = {}
        self._open: list[_Request] = []
        self._counts: Counter[str] = Counter()
        self._last = ""
        self._failure = ""
        self._failure_s = -math.inf

    def configure(self) -> None:
        """Read the bindings and create clients and topics."""
        # Each once: a line that stands there twice does not act twice.
        bindings = [parse_binding(text) for text in dict.fromkeys(self.parameters["bindings"])]
        self._triggers = GestureTriggers(bindings, self.parameters.make(TriggerOptions))
        for binding in self._triggers.bindings:
            self._calls[binding] = self._client(binding)
            known = binding.gesture in (*BUILT_IN, *RESERVED)
            self.get_logger().info(f"Bound: {binding.text}" + ("" if known else " (your own gesture)"))
        self.listen_to(EventMessage, "gesture_events", self._on_event, "events")

    def activate(self) -> None:
        """Begin to look for answers that do not come."""
        self._counts.clear()
        self.repeat(_WATCH_PERIOD_S, self._watch)

    def deactivate(self) -> None:
        """Wait for no answer any more."""
        for request in self._open:
            request.client.remove_pending_request(request.future)
        self._open.clear()

    def cleanup(self) -> None:
        """Forget bindings and clients."""
        for client, _ in self._calls.values():
            self.destroy_client(client)
        self._calls.clear()
        self._triggers = None

    def apply(self, values: Mapping[str, Any]) -> None:
        """Take up times."""
        if self._triggers is not None:
            self._triggers.options = self.parameters.make(TriggerOptions, changes=values)

    def describe(self, report: Report) -> None:
        """Say what was set off and what came of it."""
        if self._triggers is None:
            return
        names = ("events", "set off", "done", "refused", "unavailable", "unanswered")
        report.values |= {name: self._counts[name] for name in names}
        report.values |= {f"ignored for {name}": self._triggers.ignored[name] for name in ("cooldown", "age")}
        report.values |= {"bindings": len(self._triggers.bindings), "last": self._last}
        if time.monotonic() - self._failure_s < _FAILURE_SHOWN_S:
            report.warnings.append(self._failure)
        clients = {client.srv_name: client for client, _ in self._calls.values()}.values()
        if absent := "; ".join(self._absence(client) for client in clients if not client.service_is_ready()):
            report.warnings.append(f"Bindings cannot be carried out: {absent}.")

    def _client(self, binding: Binding) -> tuple[Any, Any]:
        """Create the client of a binding's service, and the request to send."""
        action = binding.action
        if isinstance(action, SetParameter):
            value = list(action.value) if isinstance(action.value, tuple) else action.value
            request = SetParameters.Request(
                parameters=[Parameter(action.name, value=value).to_parameter_msg()]
            )
            return self.create_client(SetParameters, f"{action.node}/set_parameters"), request
        if action.data is None:
            return self.create_client(Trigger, action.service), Trigger.Request()
        return self.create_client(SetBool, action.service), SetBool.Request(data=action.data)

    def _absence(self, client: Any) -> str:  # noqa: ANN401 (rclpy's, without types)
        """Say why a service is not there."""
        return missing_service(self, self.resolve_service_name(client.srv_name), client.srv_type)

    def _on_event(self, message: EventMessage) -> None:
        if self._triggers is None or self.state != "active":
            return
        self._counts["events"] += 1
        try:
            event = gesture_event(message)
        except ValueError as error:
            self.get_logger().warning(f"An event was left out: {error}.", throttle_duration_sec=5.0)
            return
        age_s = self.get_clock().now().nanoseconds * 1e-9 - event.stamp_s
        for binding in self._triggers.react(event, age_s, time.monotonic()):
            self._set_off(binding)

    def _set_off(self, binding: Binding) -> None:
        self._counts["set off"] += 1
        client, request = self._calls[binding]
        if not client.service_is_ready():
            self._fail(binding, "unavailable", self._absence(client))
            return
        future = client.call_async(request)
        entry = _Request(binding, client, future, time.monotonic())
        self._open.append(entry)
        future.add_done_callback(partial(self._on_answer, entry))

    def _on_answer(self, request: _Request, future: Any) -> None:  # noqa: ANN401 (rclpy's, without types)
        if request not in self._open:
            return
        self._open.remove(request)
        if error := future.exception():
            self._fail(request.binding, "refused", f"the call failed with {error}")
            return
        answer = future.result()
        if isinstance(answer, SetParameters.Response):
            success = bool(answer.results) and all(result.successful for result in answer.results)
            reason = " ".join(result.reason for result in answer.results)
        else:
            success, reason = answer.success, answer.message
        if not success:
            self._fail(request.binding, "refused", f"the answer was no: {reason or 'no reason was given'}")
            return
        self._counts["done"] += 1
        self._last = f"{request.binding.text}: done"
        self.get_logger().info(self._last)

    def _watch(self) -> None:
        now_s = time.monotonic()
        for request in [r for r in self._open if now_s - r.asked_s > self.parameters["timeout_s"]]:
            self._open.remove(request)
            request.client.remove_pending_request(request.future)
            self._fail(request.binding, "unanswered", f"{request.client.srv_name} did not answer in time")

    def _fail(self, binding: Binding, what: str, why: str) -> None:
        self._counts[what] += 1
        self._last = self._failure = f"{binding.text}: {why}."
        self._failure_s = time.monotonic()
        self.get_logger().warning(self._failure)


main = partial(run_node, GestureTriggerNode)
