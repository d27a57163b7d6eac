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

"""Differences between a node's own end of a topic and another's, each with what to set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rclpy.qos import (
    DurabilityPolicy,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
)
from rclpy.topic_endpoint_info import TopicEndpointInfo, TopicEndpointTypeEnum

from hand_tracking_dsp.nodes.tables.wiring import Expectation

_UNKNOWN = "_NODE_NAME_UNKNOWN_"


@dataclass(frozen=True, slots=True)
class OwnEnd:
    """A node's own end of a topic.

    Attributes:
        name: Topic in the node's code.
        topic: Topic with its namespace, remapped.
        kind: Type of the messages.
        qos: Quality of service.
        profile: Group of the parameters that qos comes from, qos.<profile>.
        expectation: Expectation about the other end.
    """

    name: str
    topic: str
    kind: type
    qos: QoSProfile
    profile: str
    expectation: Expectation


def type_name(kind: type) -> str:
    """Return the name of a message's or service's type, for example sensor_msgs/msg/Image."""
    package, folder, *_ = kind.__module__.split(".")
    return f"{package}/{folder}/{kind.__name__}"


def short(name: str) -> str:
    """Shorten a type's name, for example to sensor_msgs/Image."""
    return name.replace("/msg/", "/").replace("/srv/", "/")


def node_names(endpoints: Iterable[TopicEndpointInfo]) -> list[str]:
    """Return the full names of the endpoints' nodes, each once; a node that is not known yet has none."""
    return sorted(
        {
            f"{end.node_namespace.rstrip('/')}/{end.node_name}"
            for end in endpoints
            if end.node_name != _UNKNOWN
        }
    )


def who(endpoints: Iterable[TopicEndpointInfo]) -> str:
    """Name the endpoints' nodes in a sentence."""
    return ", ".join(node_names(endpoints)) or "another node"


def difference(own: OwnEnd, other: TopicEndpointInfo, mine: TopicEndpointInfo | None = None) -> str:
    """Say what keeps messages from passing between a node's own end and another's, and what to set.

    Args:
        own: The node's own end.
        other: The other's, as the graph shows it.
        mine: The node's own, as the graph shows it; None: not there yet.

    Returns:
        A sentence without a full stop; "": messages can pass.
    """
    publishes = other.endpoint_type == TopicEndpointTypeEnum.PUBLISHER
    theirs, mine_type = other.topic_type, type_name(own.kind)
    if theirs != mine_type:
        cure = own.expectation.cures.get(theirs)
        advice = cure(own.topic, own.topic) if cure else "remap one of the two"
        verbs = ("publishes", "takes") if publishes else ("takes", "publishes")
        return (
            f"{who([other])} {verbs[0]} {short(theirs)} there, and this node {verbs[1]} {short(mine_type)}: "
            f"{advice}"
        )
    definitions = {_definition(end) for end in (mine, other) if end is not None} - {""}
    if len(definitions) > 1:
        return (
            f"{who([other])} was built with another definition of {short(theirs)}: "
            f"build both computers with the same version of its package"
        )
    offered, asked = (other.qos_profile, own.qos) if publishes else (own.qos, other.qos_profile)
    compatibility, reason = qos_check_compatible(offered, asked)
    if compatibility != QoSCompatibility.ERROR:
        return ""
    policies = _unfit(offered, asked)
    if not policies:
        return f"{who([other])} and this node differ in QoS ({reason.strip().rstrip(';.')}): change the other"
    values = {policy: getattr(other.qos_profile, policy).name.lower() for policy in policies}
    ours = " and ".join(getattr(own.qos, policy).name.lower() for policy in policies)
    settings = " and ".join(f"qos.{own.profile}.{policy} to {value}" for policy, value in values.items())
    verbs = ("offers", "asks for") if publishes else ("asks for", "offers")
    return (
        f"{who([other])} {verbs[0]} {' and '.join(values.values())} there, "
        f"and this node {verbs[1]} {ours}: set {settings}"
    )


def _unfit(offered: QoSProfile, asked: QoSProfile) -> list[str]:
    """Name the policies that parameters set and that do not fit."""
    names = []
    if (offered.reliability, asked.reliability) == (
        ReliabilityPolicy.BEST_EFFORT,
        ReliabilityPolicy.RELIABLE,
    ):
        names.append("reliability")
    if (offered.durability, asked.durability) == (
        DurabilityPolicy.VOLATILE,
        DurabilityPolicy.TRANSIENT_LOCAL,
    ):
        names.append("durability")
    return names


def _definition(endpoint: TopicEndpointInfo) -> str:
    """Return the hash of the endpoint's type; "" where it is not known, as in Humble."""
    value = str(getattr(endpoint, "topic_type_hash", ""))
    return value if value.startswith("RIHS") else ""
