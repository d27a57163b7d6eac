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

"""Suggestions from the graph: where the topic or service may be that a node looks for."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import suppress

from rclpy.node import Node, NodeNameNonExistentError

from hand_tracking_dsp.nodes.base.compatibility import OwnEnd, short, type_name

_MOST = 3


def advice(node: Node, end: OwnEnd, *, subscribers: bool = False) -> str:
    """Say in a sentence what to do where nobody is at the other end of a topic.

    Args:
        node: The node.
        end: Its own end.
        subscribers: Whether subscribers are looked for, and not publishers.
    """
    count = node.count_subscribers if subscribers else node.count_publishers
    kind, cures = type_name(end.kind), end.expectation.cures
    own = _own_topics(node, subscribers=subscribers)
    found = sorted(
        (not _related(topic, end.topic), type_ != kind, topic, type_)
        for topic, types in node.get_topic_names_and_types()
        for type_ in types
        if (type_ == kind or type_ in cures)
        and re.search(end.expectation.named, topic)
        and topic not in own
        and count(topic)
    )
    if found:
        _, other, topic, type_ = found[0]
        if other:
            return f"There is {topic} with {short(type_)}: {cures[type_](topic, end.topic)}."
        alike = [entry[2] for entry in found if entry[:2] == found[0][:2]]
        return f"Remap {end.name} to {' or '.join(alike[:_MOST])}, which carries {short(kind)}."
    if len(set(node.get_node_names_and_namespaces())) == 1:
        return "No other node is to be seen: start one, or check ROS_DOMAIN_ID, the network and its firewall."
    return f"Start {end.expectation.peer or 'its publisher'}, or remap {end.name} to its topic."


def missing_service(node: Node, name: str, kind: type) -> str:
    """Say why a service is not there, with what is there instead, without a full stop."""
    wanted = type_name(kind)
    served = _served(node)
    if others := sorted(served.get(name, set()) - {wanted}):
        return f"the service {name} is of the type {short(others[0])}, and not {short(wanted)}"
    similar = sorted(found for found, types in served.items() if wanted in types and _ends_alike(found, name))
    known = f"; there is {' and '.join(similar[:_MOST])}" if similar else ""
    return f"the service {name} is not there{known}"


def _served(node: Node) -> dict[str, set[str]]:
    """Return the types of all services that a node offers; the graph's own list has those asked for, too."""
    served: dict[str, set[str]] = defaultdict(set)
    for name, namespace in node.get_node_names_and_namespaces():
        with suppress(NodeNameNonExistentError):
            for service, types in node.get_service_names_and_types_by_node(name, namespace):
                served[service].update(types)
    return served


def _own_topics(node: Node, *, subscribers: bool) -> set[str]:
    """Return the topics that the node itself subscribes or publishes to."""
    look_up = (
        node.get_subscriber_names_and_types_by_node
        if subscribers
        else node.get_publisher_names_and_types_by_node
    )
    return {topic for topic, _ in look_up(node.get_name(), node.get_namespace())}


def _related(one: str, other: str) -> bool:
    """Say whether two names end alike, or one continues the other."""
    alike = one.rsplit("/", 1)[-1] == other.rsplit("/", 1)[-1]
    return alike or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _ends_alike(one: str, other: str) -> bool:
    """Say whether two services' names end in the same two parts, or the shorter one's only part."""
    parts, others = one.strip("/").split("/"), other.strip("/").split("/")
    count = min(len(parts), len(others), 2)
    return parts[-count:] == others[-count:]
