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

"""Topics and services of the nodes that are missing or do not fit: said in /diagnostics, in a real graph."""

from __future__ import annotations

import pytest
from geometry_msgs.msg import Twist
from hand_tracking_dsp.msg import GestureArray, HandArray, TrackerStats
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_srvs.srv import SetBool
from support.topics import RELIABLE, Camera, says

from hand_tracking_dsp.nodes.gesture_node import GestureNode
from hand_tracking_dsp.nodes.gesture_teleop_node import GestureTeleopNode
from hand_tracking_dsp.nodes.gesture_trigger_node import GestureTriggerNode
from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def test_hands_of_a_missing_tracker_are_asked_for(graph, diagnostics):
    graph.start(GestureNode)
    diagnostics(
        "gesture_node",
        says(
            "Nothing has come on /hands yet: nobody publishes there. "
            "Start hand_tracker_node, or remap hands to its topic."
        ),
    )


def test_stats_that_stop_are_told_by_the_controller(graph, bank, diagnostics):
    stats = graph.observer.create_publisher(TrackerStats, "stats", 10)
    graph.start(PruningControllerNode, bank=str(bank))
    graph.until(stats.get_subscription_count, "the controller listens")
    stats.publish(TrackerStats())
    diagnostics(
        "pruning_controller_node",
        says("Nothing has come on /stats for ", "s, although /observer publishes there."),
    )


def test_a_subscriber_that_this_nodes_qos_does_not_suit_is_named(graph, diagnostics):
    graph.start(GestureNode)
    graph.observer.create_subscription(GestureArray, "gestures", lambda _: None, LATCHED)
    diagnostics(
        "gesture_node",
        says(
            "On /gestures, /observer asks for transient_local there, and this node offers volatile: "
            "set qos.gestures.durability to transient_local."
        ),
    )


@pytest.mark.parametrize(
    ("stamped", "kind", "advice"),
    [(False, "TwistStamped", "set stamped to true."), (True, "Twist", "set stamped to false.")],
)
def test_a_base_that_takes_the_other_twist_is_named(graph, stranger, diagnostics, stamped, kind, advice):
    graph.start(GestureTeleopNode, stamped=stamped)
    stranger(f"takes geometry_msgs.msg {kind} /cmd_vel")
    diagnostics("gesture_teleop_node", says("On /cmd_vel, /stranger takes geometry_msgs/Twist", advice))


def test_a_base_that_listens_elsewhere_or_not_at_all_is_named(graph, diagnostics):
    graph.start(GestureTeleopNode)
    diagnostics(
        "gesture_teleop_node",
        says("Nobody subscribes to /cmd_vel. Start the driver of the mobile base, or remap cmd_vel"),
    )
    graph.observer.create_subscription(Twist, "/base/cmd_vel", lambda _: None, RELIABLE)
    diagnostics(
        "gesture_teleop_node", says("Remap cmd_vel to /base/cmd_vel, which carries geometry_msgs/Twist.")
    )


def test_two_trackers_on_one_topic_are_named(graph, diagnostics):
    for name in ("one", "two"):
        Camera(graph, name, "hands", HandArray, RELIABLE)
    graph.start(GestureNode)
    diagnostics("gesture_node", says("2 publishers are on /hands (/one, /two)"))


def test_services_of_bindings_that_are_missing_or_of_another_type_are_named(graph, stranger, diagnostics):
    stranger("serves std_srvs.srv SetBool /lamp")
    graph.observer.create_service(SetBool, "/robot/arm/stop", lambda _, response: response)
    graph.start(
        GestureTriggerNode,
        bindings=["fist started -> call /lamp", "victory started -> call /arm/stop true"],
    )
    diagnostics(
        "gesture_trigger_node",
        says(
            "Bindings cannot be carried out: ",
            "the service /lamp is of the type std_srvs/SetBool, and not std_srvs/Trigger",
            "the service /arm/stop is not there; there is /robot/arm/stop",
        ),
    )
