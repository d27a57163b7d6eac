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

from __future__ import annotations

import pytest
from hand_tracking_dsp.msg import ControllerState, GestureEvent, SparsityCommand
from rcl_interfaces.srv import SetParameters
from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from hand_tracking_dsp.nodes.gesture_trigger_node import GestureTriggerNode
from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode

NODE = "gesture_trigger_node"


def values(status):
    return {pair.key: pair.value for pair in status.values}


@pytest.fixture
def tell(graph):
    """Give a function that publishes an event as soon as somebody listens."""
    publisher = graph.observer.create_publisher(GestureEvent, "gesture_events", 10)

    def publish(name, kind=GestureEvent.STARTED, duration_s=0.0, **changes):
        graph.until_state(NODE, "active")
        graph.until(publisher.get_subscription_count, "the node listens")
        event = GestureEvent(name=name, kind=kind, duration_s=duration_s, track_id=1, **changes)
        event.header.stamp = graph.observer.get_clock().now().to_msg()
        publisher.publish(event)

    return publish


@pytest.fixture
def called(graph):
    """Give what the services /start and /brake were called with; the first says yes, the second no."""
    calls: list = []

    def start(request, response):
        calls.append(request)
        response.success = True
        return response

    def brake(request, response):
        calls.append(request)
        response.message = "no brake is there"
        return response

    graph.observer.create_service(Trigger, "/start", start)
    graph.observer.create_service(SetBool, "/brake", brake)
    return calls


def started(graph, *bindings, **parameters):
    graph.start(GestureTriggerNode, bindings=list(bindings), **parameters)
    return graph


def ready(graph, service):
    """Wait until the node under test, which was started last, finds a service."""
    graph.until_state(NODE, "active")
    clients = [c for c in graph._nodes[-1][0].clients if c.srv_name.lstrip("/") == service.lstrip("/")]
    assert clients
    graph.until(lambda: all(client.service_is_ready() for client in clients), f"{service} is ready")


def test_an_event_calls_a_trigger(graph, tell, called, diagnostics):
    started(graph, "thumb_up started -> call /start")
    ready(graph, "/start")
    tell("thumb_up")
    assert graph.until(lambda: called, "the service was called") == [Trigger.Request()]
    status = diagnostics(NODE, lambda status: values(status).get("done") == "1")
    assert values(status)["last"] == "thumb_up started -> call /start: done"


def test_a_refusal_is_counted_and_told(graph, tell, called, diagnostics):
    started(graph, "fist started -> call /brake true")
    ready(graph, "/brake")
    tell("fist")
    status = diagnostics(NODE, lambda status: values(status).get("refused") == "1")
    assert called == [SetBool.Request(data=True)]
    assert (status.level, status.message) == (
        status.WARN,
        "fist started -> call /brake true: the answer was no: no brake is there.",
    )


def test_a_missing_service_is_counted_and_told_and_blocks_nothing(graph, tell, called, diagnostics):
    started(graph, "fist started -> call /nowhere", "ok started -> call /start", cooldown_s=0.0)
    ready(graph, "/start")
    tell("fist")
    tell("fist")
    tell("ok")
    graph.until(lambda: called, "the other service was called")
    status = diagnostics(NODE, lambda status: values(status).get("done") == "1")
    assert values(status)["unavailable"] == "2"


def test_a_service_that_never_answers_is_given_up(graph, tell, diagnostics):
    mute = Node("mute", context=graph.context)
    mute.create_service(Trigger, "/mute", lambda _, response: response)
    started(graph, "fist started -> call /mute", timeout_s=0.3)
    ready(graph, "/mute")
    tell("fist")
    status = diagnostics(NODE, lambda status: values(status).get("unanswered") == "1")
    assert "/mute did not answer in time" in status.message
    mute.destroy_node()


def test_the_default_bindings_command_the_controllers_level(graph, tell, bank):
    states = graph.hear(ControllerState, "controller_state")
    graph.start(PruningControllerNode, bank=str(bank), policy="fixed", fixed__level=1)
    graph.start(GestureTriggerNode)
    graph.until(lambda: states and states[-1].policy == "fixed", "the controller decides")
    ready(graph, "pruning_controller_node/set_parameters")
    tell("victory", GestureEvent.HELD, duration_s=1.0)
    graph.until(lambda: states[-1].reason == SparsityCommand.OPERATOR, "the level is the operator's")
    assert states[-1].level == 0
    tell("thumb_down", GestureEvent.HELD, duration_s=1.0)
    graph.until(lambda: states[-1].reason != SparsityCommand.OPERATOR, "the level is the controller's again")


def test_a_value_that_the_node_refuses_is_told(graph, tell, bank, diagnostics):
    graph.start(PruningControllerNode, bank=str(bank))
    started(graph, "ok started -> set pruning_controller_node operator_level 999")
    ready(graph, "pruning_controller_node/set_parameters")
    tell("ok")
    status = diagnostics(NODE, lambda status: values(status).get("refused") == "1")
    assert "operator_level" in status.message


def test_a_binding_rests_and_bad_or_late_events_set_off_nothing(graph, tell, called, diagnostics):
    started(graph, "ok started -> call /start", cooldown_s=600.0)
    ready(graph, "/start")
    tell("ok", handedness=9)
    tell("ok")
    tell("ok")
    status = diagnostics(NODE, lambda status: values(status).get("events") == "3")
    assert values(status)["set off"] == "1"
    assert values(status)["ignored for cooldown"] == "1"
    graph.until(lambda: called, "the service was called once")


def test_a_binding_that_cannot_be_read_is_said_and_can_be_mended(graph, diagnostics):
    started(graph, "thumb_up -> call /start")
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert status.message.startswith("The binding 'thumb_up -> call /start' does not name a gesture")
    assert graph.set_parameter(NODE, "bindings", ["thumb_up started -> call /start"]).successful
    assert graph.change_state(NODE, "configure")
    assert graph.change_state(NODE, "activate")


def test_an_answer_without_a_result_is_a_refusal(graph, tell, diagnostics):
    graph.observer.create_service(SetParameters, "odd/set_parameters", lambda _, response: response)
    started(graph, "ok started -> set odd level 1", "ok started -> set odd level 1")
    ready(graph, "odd/set_parameters")
    tell("ok")
    status = diagnostics(NODE, lambda status: values(status).get("refused") == "1")
    assert "no reason was given" in status.message
    assert values(status)["bindings"] == "1"
