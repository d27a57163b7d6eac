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

"""Messages pass by reference within a process, over DDS to others, and never by both ways."""

from __future__ import annotations

import threading

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String

from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, qos

BEST_EFFORT = {"qos__words__reliability": "best_effort"}
LATCHED = {"qos__words__durability": "transient_local"}
TABLE = (AUTOSTART, *qos("words", "words"))


class Writer(ManagedNode):
    """Publishes what a test says."""

    def __init__(self, **options) -> None:
        super().__init__("writer", TABLE, **options)

    def configure(self) -> None:
        self.words = self.share_on(String, "words", "words")


class Reader(ManagedNode):
    """Keeps what comes."""

    def __init__(self, **options) -> None:
        super().__init__("reader", TABLE, **options)
        self.read: list[object] = []

    def then(self, word: object) -> None:
        """Do more with a word."""

    def end(self) -> None:
        """Do more at deactivate."""

    def deactivate(self) -> None:
        self.end()

    def configure(self) -> None:
        self.listen_to(String, "words", self._on_word, "words", shared=True)

    def _on_word(self, word: object) -> None:
        if word == "bad":
            raise ValueError(word)
        self.read.append(word)
        self.then(word)


def start(graph, make_node, **options):
    node = graph.start(make_node, **options)
    graph.until(lambda: node.state == "active", "the node is active")
    return node


def by_reference(graph, topic="words"):
    """Wait until nobody subscribes over DDS."""
    graph.until(lambda: not graph.observer.count_subscribers(topic), f"nobody subscribes to {topic}")


def over_dds(graph, topic="words"):
    graph.until(lambda: graph.observer.count_subscribers(topic), f"somebody subscribes to {topic}")


def never():
    pytest.fail("a message was made for DDS, where nobody subscribes")


@pytest.mark.parametrize("order", [(Writer, Reader), (Reader, Writer)])
def test_the_very_object_arrives_and_none_is_made_for_dds(graph, order):
    nodes = {kind: start(graph, kind) for kind in order}
    by_reference(graph)
    thing = object()
    graph.until(lambda: nodes[Writer].words.wanted, "the reader takes by reference")
    nodes[Writer].words.publish(thing, never)
    assert nodes[Reader].read == [thing]


def test_whoever_else_subscribes_gets_messages_and_nobody_gets_them_twice(graph):
    writer, reader = start(graph, Writer), start(graph, Reader)
    graph.until(lambda: writer.words.wanted, "the reader takes by reference")
    heard = graph.hear(String, "words")
    sent = []

    def send():
        sent.append(String(data=str(len(sent))))
        writer.words.publish(sent[-1])
        return len(heard) >= 3

    graph.until(send, "the other subscriber has heard three messages")
    assert [one.data for one in reader.read] == [one.data for one in sent]
    assert len({one.data for one in heard}) == len(heard)


def test_a_writer_that_goes_and_comes_again_is_met_again(graph):
    reader = start(graph, Reader)
    over_dds(graph)
    writer = start(graph, Writer)
    by_reference(graph)
    for transition in ("deactivate", "cleanup"):
        assert graph.change_state("writer", transition)
    over_dds(graph)
    assert graph.change_state("writer", "configure")
    by_reference(graph)
    graph.until(lambda: writer.words.wanted, "the reader takes by reference")
    writer.words.publish("again", never)
    assert reader.read == ["again"]


def test_a_reader_that_goes_and_comes_again_is_met_again(graph):
    writer, reader = start(graph, Writer), start(graph, Reader)
    graph.until(lambda: writer.words.wanted, "the reader takes by reference")
    for transition in ("deactivate", "cleanup"):
        assert graph.change_state("reader", transition)
    assert not writer.words.wanted
    writer.words.publish("lost", never)
    for transition in ("configure", "activate"):
        assert graph.change_state("reader", transition)
    graph.until(lambda: writer.words.wanted, "the reader takes by reference again")
    writer.words.publish("found", never)
    assert reader.read == ["found"]


def test_with_a_publisher_elsewhere_on_the_topic_all_come_over_dds(graph):
    writer, reader = start(graph, Writer), start(graph, Reader)
    graph.until(lambda: writer.words.wanted, "the reader takes by reference")
    other = graph.observer.create_publisher(String, "words", 10)
    graph.until(other.get_subscription_count, "the reader has subscribed")

    def both():
        other.publish(String(data="other"))
        writer.words.publish(String(data="own"))
        return {one.data for one in reader.read} == {"other", "own"}

    graph.until(both, "messages of both were read")
    graph.observer.destroy_publisher(other)
    by_reference(graph)


@pytest.mark.parametrize("names", [{"namespace": "left"}, {"arguments": ("-r", "words:=letters")}])
def test_another_topic_is_another(graph, names):
    writer, reader = start(graph, Writer), start(graph, Reader, **names)
    topic = reader.resolve_topic_name("words")
    over_dds(graph, topic)
    assert not writer.words.wanted
    near = start(graph, Writer, **names)
    by_reference(graph, topic)
    graph.until(lambda: near.words.wanted, "the reader takes by reference")
    near.words.publish("here", never)
    assert reader.read == ["here"]


def test_what_quality_of_service_keeps_apart_does_not_meet(graph):
    writer, reader = start(graph, Writer, **BEST_EFFORT), start(graph, Reader)
    over_dds(graph)
    writer.words.publish(String(data="unheard"))
    assert not writer.words.wanted
    assert not reader.read


def test_the_last_message_of_a_latched_topic_comes_to_whoever_is_late(graph):
    writer = start(graph, Writer, **LATCHED)
    writer.words.publish(String(data="last"))
    reader = start(graph, Reader, **LATCHED)
    graph.until(lambda: reader.read, "the message before it came")
    heard = graph.hear(String, "words", QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
    graph.until(lambda: heard, "another late one hears it, too")
    assert {one.data for one in (*heard, *reader.read)} == {"last"}


def test_a_best_effort_reader_meets_a_reliable_writer(graph):
    writer, reader = start(graph, Writer), start(graph, Reader, **BEST_EFFORT)
    graph.until(lambda: writer.words.wanted, "the reader takes by reference")
    by_reference(graph)
    writer.words.publish("word", never)
    assert reader.read == ["word"]


def test_nothing_comes_into_a_change_of_state(graph):
    """The writer's thread goes on meanwhile, as a camera's does."""
    writer, reader = start(graph, Writer), start(graph, Reader)
    graph.until(lambda: writer.words.wanted, "the reader takes by reference")
    begun, left, seen = threading.Event(), threading.Event(), []

    def slow(word):
        begun.set()
        left.wait()
        seen.append((word, reader.state))

    reader.then = slow
    reader.end = lambda: seen.append("deactivate")
    writing = threading.Thread(target=writer.words.publish, args=("first", never))
    writing.start()
    begun.wait()
    threading.Timer(0.2, left.set).start()  # once the reader waits for it, or else finds nothing to wait for
    assert graph.change_state("reader", "deactivate")
    writing.join()
    writer.words.publish("second", never)
    assert seen == [("first", "active"), "deactivate"]


def test_an_error_of_the_reader_is_not_the_writers(graph, capfd):
    writer, reader = start(graph, Writer), start(graph, Reader)
    graph.until(lambda: writer.words.wanted, "the reader takes by reference")
    writer.words.publish("bad", never)
    writer.words.publish("good", never)
    assert reader.read == ["good"]
    assert "ValueError: bad" in capfd.readouterr().err
