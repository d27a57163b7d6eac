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

"""Ends of topics that one graph cannot have: other definitions of a message, QoS beyond the parameters."""

from __future__ import annotations

import pytest
from rclpy.duration import Duration
from rclpy.qos import QoSProfile
from rclpy.topic_endpoint_info import TopicEndpointInfo, TopicEndpointTypeEnum
from sensor_msgs.msg import Image

from hand_tracking_dsp.nodes.base.compatibility import OwnEnd, difference
from hand_tracking_dsp.nodes.tables.wiring import Expectation


class Endpoint:
    """An end of a topic with a hash of its type, as the graph of Jazzy and later shows it."""

    def __init__(self, value, name="driver", profile=None):
        self.node_name, self.node_namespace = name, "/"
        self.topic_type, self.topic_type_hash = "sensor_msgs/msg/Image", value
        self.endpoint_type = TopicEndpointTypeEnum.PUBLISHER
        self.qos_profile = profile or QoSProfile(depth=1)


def own(profile=None):
    return OwnEnd("image_raw", "/image_raw", Image, profile or QoSProfile(depth=1), "image", Expectation())


def test_another_definition_of_the_message_is_named():
    sentence = difference(own(), Endpoint("RIHS01_aa"), Endpoint("RIHS01_bb", "tracker"))
    assert sentence == (
        "/driver was built with another definition of sensor_msgs/Image: "
        "build both computers with the same version of its package"
    )


@pytest.mark.parametrize("value", ["RIHS01_bb", "INVALID"])
def test_the_same_definition_and_an_unknown_one_are_no_difference(value):
    assert difference(own(), Endpoint(value), Endpoint("RIHS01_bb", "tracker")) == ""


def test_a_graph_without_hashes_as_in_humble_is_no_difference():
    there = TopicEndpointInfo(
        node_name="driver",
        node_namespace="/",
        topic_type="sensor_msgs/msg/Image",
        endpoint_type=TopicEndpointTypeEnum.PUBLISHER,
        qos_profile=QoSProfile(depth=1),
    )
    assert difference(own(), there, there) == ""


def test_a_deadline_that_no_parameter_sets_is_named_with_the_middlewares_words():
    asked = QoSProfile(depth=1, deadline=Duration(seconds=1))
    sentence = difference(own(asked), Endpoint("", profile=QoSProfile(depth=1)))
    assert sentence.startswith("/driver and this node differ in QoS (")
    assert "deadline" in sentence
    assert sentence.endswith("): change the other")


def test_a_node_whose_name_is_not_known_yet_is_another_node():
    there = Endpoint("", "_NODE_NAME_UNKNOWN_")
    there.topic_type = "sensor_msgs/msg/CompressedImage"
    assert difference(own(), there).startswith("another node publishes sensor_msgs/CompressedImage there")
