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

"""Nodes that listen in threads of their own, side by side in one process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from rclpy.executors import InvalidHandle
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

from hand_tracking_dsp.nodes.graph.spinning import SpinningNode, shared_context

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def until(condition: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_nodes_of_a_domain_share_one_context_until_the_last_has_ended(graph) -> None:
    with SpinningNode("first", graph.domain_id) as first:
        heard: list[str] = []
        first.node.create_subscription(String, "word", lambda message: heard.append(message.data), LATCHED)
        with SpinningNode("second", graph.domain_id) as second:
            assert first.node.context is second.node.context is graph.context
            second.node.create_publisher(String, "word", LATCHED).publish(String(data="from the second"))
            until(lambda: heard == ["from the second"])
        assert graph.context.ok()
        graph.observer.create_publisher(String, "word", LATCHED).publish(String(data="from the graph"))
        until(lambda: heard[1:] == ["from the graph"])
        graph.until(lambda: "second" not in graph.observer.get_node_names(), "the second node is gone")


def test_the_context_ends_with_its_last_node_and_another_begins(
    domain_id: int, module_domain_id: int
) -> None:
    with SpinningNode("first", domain_id) as first:
        context = first.node.context
        with shared_context(module_domain_id) as other:
            assert other is not context
            assert other.get_domain_id() != context.get_domain_id() == domain_id
    assert not context.ok()
    with SpinningNode("second", domain_id) as second:
        assert second.node.context.ok()


def test_a_callback_under_way_ends_before_the_node_does(domain_id: int) -> None:
    begun, ended = threading.Event(), threading.Event()
    spinning = SpinningNode("slow", domain_id)

    def work() -> None:
        begun.set()
        time.sleep(0.5)
        ended.set()

    timer = spinning.node.create_timer(0.01, work)
    with spinning:
        assert begun.wait(20)
        timer.cancel()
    assert ended.is_set()


def test_a_node_goes_on_listening_when_another_thread_has_destroyed_what_it_was_looking_at(
    graph, monkeypatch
) -> None:
    listener = SpinningNode("listener", graph.domain_id)
    spin_once, begun = listener._executor.spin_once, []

    def destroyed_at_first() -> None:
        begun.append(True)
        if len(begun) == 1:
            raise InvalidHandle
        spin_once()

    monkeypatch.setattr(listener._executor, "spin_once", destroyed_at_first)
    heard: list[str] = []
    listener.node.create_subscription(String, "word", lambda message: heard.append(message.data), LATCHED)
    with listener:
        graph.observer.create_publisher(String, "word", LATCHED).publish(String(data="still here"))
        until(lambda: heard == ["still here"])
    assert len(begun) > 1


def test_a_node_that_was_about_to_take_a_message_ends_without_a_traceback(
    domain_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[object] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    spinning, begun = SpinningNode("slow", domain_id), threading.Event()
    make_handler = spinning._executor._make_handler

    def slowly(*arguments):
        begun.set()
        time.sleep(0.5)
        return make_handler(*arguments)

    monkeypatch.setattr(spinning._executor, "_make_handler", slowly)
    spinning.node.create_timer(0.01, lambda: None)
    with spinning:
        assert begun.wait(20)
    assert raised == []
