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

"""config/sros2_policy.xml allows the nodes what they create, and nothing else."""

from __future__ import annotations

import math
from xml.etree import ElementTree as ET

import pytest

from hand_tracking_dsp.nodes.camera_node import CameraNode
from hand_tracking_dsp.nodes.gesture_node import GestureNode
from hand_tracking_dsp.nodes.gesture_teleop_node import GestureTeleopNode
from hand_tracking_dsp.nodes.gesture_trigger_node import GestureTriggerNode
from hand_tracking_dsp.nodes.graph.division import TOGETHER
from hand_tracking_dsp.nodes.graph.flow import FlowWatch
from hand_tracking_dsp.nodes.graph.names import ALL_NODES
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.power_node import PowerNode
from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode
from hand_tracking_dsp.nodes.tables.wiring import EXPECTATIONS
from hand_tracking_dsp.resources import share_path

POLICY = ET.parse(share_path("config", "sros2_policy.xml")).getroot()  # noqa: S314 (our own file)
# Nodes with the parameters that make them create every topic.
CASES = {
    "camera_node": (CameraNode, {"compressed": True, "depth": True, "width": 160, "height": 120}),
    "hand_tracker_node": (HandTrackerNode, {"depth.mode": "fused"}),
    "pruning_controller_node": (PruningControllerNode, {}),
    "power_node": (PowerNode, {"source": "simulated"}),
    "gesture_node": (GestureNode, {"depth.hands_3d": True}),
    "gesture_teleop_node": (GestureTeleopNode, {}),
    "gesture_trigger_node": (GestureTriggerNode, {}),
}
# The other image of the tracker, a message of hri_msgs, and a service that Humble's nodes do not have.
NOT_ALWAYS = {
    "image_raw/compressed",
    "depth/image_raw/compressedDepth",
    "depth/image_raw/compressed",
    "hri_gesture",
    "tf",
    "tf_static",
    "~/get_type_description",
}


def allowed(profile):
    """Return the names that a profile allows by what is done with them."""
    rules = {}
    for element in profile:
        for action, qualifier in element.attrib.items():
            assert qualifier == "ALLOW"
            rules[action] = {one.text for one in element}
    return rules


def created(graph, node):
    """Return the names that a node has created by what it does with them, as a policy writes them."""
    observer = graph.observer
    found = {
        "publish": observer.get_publisher_names_and_types_by_node,
        "subscribe": observer.get_subscriber_names_and_types_by_node,
        "reply": observer.get_service_names_and_types_by_node,
        "request": observer.get_client_names_and_types_by_node,
    }
    own = f"/{node}/"
    return {
        action: {
            f"~/{name.removeprefix(own)}" if name.startswith(own) else name.removeprefix("/")
            for name, _ in names(node, "/")
        }
        for action, names in found.items()
    }


def test_every_node_has_an_enclave_and_those_of_one_process_have_one_together():
    enclaves = {
        enclave.get("path"): [profile.get("node") for profile in enclave.iter("profile")]
        for enclave in POLICY.iter("enclave")
    }
    expected = {f"/hand_tracking_dsp/{node}": [node] for node in ALL_NODES}
    expected["/hand_tracking_dsp/composed_nodes"] = list(TOGETHER)
    expected["/hand_tracking_dsp/flow_watch"] = ["hand_tracking_watch"]
    assert enclaves == expected
    for node in TOGETHER:
        first, second = (p for p in POLICY.iter("profile") if p.get("node") == node)
        assert allowed(first) == allowed(second)


@pytest.mark.parametrize("node", ALL_NODES)
def test_a_node_may_do_what_it_does_and_nothing_else(graph, node):
    rules = allowed(next(p for p in POLICY.iter("profile") if p.get("node") == node))
    make_node, parameters = CASES[node]
    graph.start(make_node, use_sim_time=True, **parameters)
    graph.until_state(node, "active")

    def missing():
        done = created(graph, node)
        return {
            action: left for action, names in rules.items() if (left := names - NOT_ALWAYS - done[action])
        }

    graph.until(lambda: not missing(), lambda: f"{node} does all that it may; not yet: {missing()}")
    for action, names in created(graph, node).items():
        assert names <= rules.get(action, set())


def test_the_watch_may_subscribe_to_all_that_a_node_can_report_as_silent(graph):
    rules = allowed(next(p for p in POLICY.iter("profile") if p.get("node") == "hand_tracking_watch"))
    reported = {
        topic
        for topics in EXPECTATIONS.values()
        for topic, expectation in topics.items()
        if math.isfinite(expectation.silence_s)
    }
    assert rules["subscribe"] == {*reported, "diagnostics"}
    with FlowWatch({}, graph.domain_id) as watch:
        name = watch.node.get_name()
        graph.until(lambda: "diagnostics" in created(graph, name)["subscribe"], "the watch subscribes")
        for action, names in created(graph, name).items():
            assert names <= rules.get(action, set())
