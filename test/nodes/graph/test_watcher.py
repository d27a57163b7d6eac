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

"""The watcher of a graph subscribes while somebody looks, and at no other time."""

from __future__ import annotations

import pytest
from std_msgs.msg import Float32

from hand_tracking_dsp.nodes.graph.watcher import GraphWatcher

TOPICS = {"power_w": "std_msgs/msg/Float32"}


@pytest.fixture
def publisher(graph):
    """Give a publisher of power in a namespace."""
    return graph.observer.create_publisher(Float32, "/robot/power_w", 10)


def published_until(graph, publisher, condition, what: str) -> None:
    """Publish until a condition is true."""

    def step() -> bool:
        publisher.publish(Float32(data=5.0))
        return condition()

    graph.until(step, what)


def test_it_hears_while_it_listens_and_whoever_publishes_knows(graph, publisher):
    heard = []
    with GraphWatcher(
        TOPICS, lambda *one: heard.append(one), namespace="robot", domain_id=graph.domain_id
    ) as watcher:
        assert not watcher.is_listening
        assert publisher.get_subscription_count() == 0
        for _ in range(2):
            watcher.listen()
            published_until(graph, publisher, lambda: heard, "a message is heard")
            topic, message, now_ns = heard[-1]
            assert (topic, message.data) == ("power_w", 5.0)
            assert now_ns > 0
            watcher.ignore()
            graph.until(lambda: publisher.get_subscription_count() == 0, "it is no longer subscribed")
            heard.clear()


def test_what_is_not_due_is_not_handed_on(graph, publisher):
    asked, heard = [], []

    def is_due(topic: str, _now_ns: int) -> bool:
        asked.append(topic)
        return False

    with GraphWatcher(
        TOPICS, lambda *one: heard.append(one), is_due, namespace="robot", domain_id=graph.domain_id
    ) as watcher:
        watcher.listen()
        published_until(graph, publisher, lambda: len(asked) > 3, "messages are received")
    assert not heard


def test_a_publisher_that_comes_back_is_heard_again(graph, publisher):
    heard = []
    with GraphWatcher(
        TOPICS, lambda *one: heard.append(one), namespace="robot", domain_id=graph.domain_id
    ) as watcher:
        watcher.listen()
        published_until(graph, publisher, lambda: heard, "the first is heard")
        graph.observer.destroy_publisher(publisher)
        heard.clear()
        again = graph.observer.create_publisher(Float32, "/robot/power_w", 10)
        published_until(graph, again, lambda: heard, "the second is heard")
