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

"""What is wrong with the topics of nodes is said in /diagnostics, in a real graph."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from contextlib import ExitStack

import pytest
import rclpy
from geometry_msgs.msg import Twist
from hand_tracking_dsp.msg import GestureArray, HandArray, TrackerStats
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import SetBool

from hand_tracking_dsp.nodes.base import wiring
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.gesture_node import GestureNode
from hand_tracking_dsp.nodes.gesture_teleop_node import GestureTeleopNode
from hand_tracking_dsp.nodes.gesture_trigger_node import GestureTriggerNode
from hand_tracking_dsp.nodes.pruning_controller_node import PruningControllerNode
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, qos
from hand_tracking_dsp.options import Parameter

TRACKER = "hand_tracker_node"
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
RELIABLE = QoSProfile(depth=10)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Eye(ManagedNode):
    """Subscribes to images as the tracker does, and loads no network."""

    TABLE = (
        AUTOSTART,
        Parameter("image_transport", "raw", "Image to take.", choices=("raw", "compressed")),
        *qos("image", "the image", "best_effort", depth=1),
    )

    def __init__(self, **options):
        super().__init__(TRACKER, self.TABLE, **options)
        self.seen: list[Image | CompressedImage] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def see(self, message):
        self.seen.append(message)
        self.may_go_on.wait()

    def configure(self):
        if self.parameters["image_transport"] == "compressed":
            self.listen_to(CompressedImage, "image_raw/compressed", self.see, "image")
        else:
            self.listen_to(Image, "image_raw", self.see, "image")
        self.listen_to(CameraInfo, "camera_info", lambda _: None, "image")


class Camera:
    """Publishes small images on every call."""

    def __init__(self, graph, name, topic, kind=Image, profile=BEST_EFFORT):
        self.node = rclpy.create_node(name, context=graph.context)
        graph.ending.callback(self.node.destroy_node)
        self.publisher = self.node.create_publisher(kind, topic, profile)
        self.kind = kind

    def send(self):
        self.publisher.publish(self.kind())


STRANGER = """
import sys
from importlib import import_module

import rclpy

rclpy.init()
node = rclpy.create_node("stranger")
for end in sys.argv[1:]:
    what, module, name, topic = end.split()
    kind = getattr(import_module(module), name)
    if what == "publishes":
        node.create_publisher(kind, topic, 1)
    elif what == "takes":
        node.create_subscription(kind, topic, print, 1)
    else:
        node.create_service(kind, topic, print)
rclpy.spin(node)
"""


@pytest.fixture
def stranger(domain_id):
    """Give a function that starts a node with ends of topics in a process of its own.

    Fast DDS lets one process have one type on a topic only.
    """
    with ExitStack() as ending:

        def start(*ends):
            command = [sys.executable, "-c", STRANGER, *ends]
            process = subprocess.Popen(command, env={**os.environ, "ROS_DOMAIN_ID": str(domain_id)})
            ending.enter_context(process)
            ending.callback(process.kill)

        yield start


def says(*parts):
    return lambda status: status.level == status.WARN and all(part in status.message for part in parts)


def values(status):
    return {pair.key: pair.value for pair in status.values}


def test_a_topic_of_another_transport_is_named_with_what_to_set(graph, stranger, diagnostics):
    stranger("publishes sensor_msgs.msg CompressedImage /cam/image_raw/compressed")
    graph.start(Eye, arguments=["-r", "image_raw:=/cam/image_raw/compressed"])
    diagnostics(
        TRACKER,
        says(
            "No image has come on /cam/image_raw/compressed yet: /stranger publishes "
            "sensor_msgs/CompressedImage there, and this node takes sensor_msgs/Image: "
            "set image_transport to compressed and remap image_raw to /cam/image_raw."
        ),
    )


def test_a_transport_that_nobody_publishes_is_named_with_the_one_that_is_there(graph, diagnostics):
    Camera(graph, "driver", "image_raw")
    graph.start(Eye, image_transport="compressed")
    diagnostics(TRACKER, says("There is /image_raw with sensor_msgs/Image: set image_transport to raw."))


def test_the_other_way_round_too(graph, diagnostics):
    Camera(graph, "driver", "image_raw/compressed", CompressedImage)
    graph.start(Eye)
    diagnostics(
        TRACKER,
        says(
            "nobody publishes there. There is /image_raw/compressed with sensor_msgs/CompressedImage: "
            "set image_transport to compressed."
        ),
    )


@pytest.mark.parametrize(
    ("setting", "profile", "sentence"),
    [
        (
            {"qos__image__reliability": "reliable"},
            BEST_EFFORT,
            "and this node asks for reliable: set qos.image.reliability to best_effort.",
        ),
        (
            {"qos__image__durability": "transient_local"},
            BEST_EFFORT,
            "and this node asks for transient_local: set qos.image.durability to volatile.",
        ),
        (
            {"qos__image__durability": "transient_local", "qos__image__reliability": "reliable"},
            BEST_EFFORT,
            "set qos.image.reliability to best_effort and qos.image.durability to volatile.",
        ),
    ],
)
def test_qos_that_does_not_fit_is_named_with_what_to_set(graph, diagnostics, setting, profile, sentence):
    Camera(graph, "driver", "image_raw", profile=profile)
    graph.start(Eye, **setting)
    diagnostics(TRACKER, says("No image has come on /image_raw yet: ", sentence))


def test_a_topic_of_the_same_type_under_another_name_is_suggested(graph, diagnostics):
    Camera(graph, "driver", "/front/image_raw")
    Camera(graph, "other", "/front/depth")
    graph.start(Eye)
    diagnostics(
        TRACKER,
        says(
            "No image has come on /image_raw yet: nobody publishes there. "
            "Remap image_raw to /front/image_raw, which carries sensor_msgs/Image."
        ),
    )


def test_a_camera_is_asked_for_where_there_is_none(graph, diagnostics):
    graph.start(Eye)
    status = diagnostics(TRACKER, says("Start camera_node or the driver of a camera, or remap image_raw"))
    # A camera_info is not needed.
    assert "camera_info" not in status.message


def test_two_cameras_on_one_topic_are_named(graph, diagnostics):
    cameras = [Camera(graph, name, "image_raw") for name in ("left", "right")]
    eye = graph.start(Eye)

    def send():
        for camera in cameras:
            camera.send()
        return len(eye.seen) > 5

    graph.until(send, "images come")
    diagnostics(
        TRACKER,
        says(
            "2 publishers are on /image_raw (/left, /right), and their messages contradict each other: "
            "stop one, or remap image_raw."
        ),
    )


def test_two_publishers_of_one_name_are_named_once_the_first_cannot_be_a_killed_ones(
    graph, diagnostics, monkeypatch
):
    monkeypatch.setattr(wiring, "_LEASE_S", math.inf)
    camera = Camera(graph, "driver", "image_raw")
    camera.node.create_publisher(Image, "image_raw", BEST_EFFORT)
    eye = graph.start(Eye)
    graph.until(lambda: camera.send() or len(eye.seen) > 5, "images come")
    assert "contradict" not in diagnostics(TRACKER).message
    monkeypatch.setattr(wiring, "_LEASE_S", 0.0)
    diagnostics(TRACKER, says("2 publishers are on /image_raw (/driver), and their messages contradict"))


def test_a_camera_that_falls_silent_or_goes_is_told_with_how_long(graph, diagnostics):
    camera = Camera(graph, "driver", "image_raw")
    eye = graph.start(Eye)
    graph.until(lambda: camera.send() or eye.seen, "an image comes")
    diagnostics(TRACKER, says("No image has come on /image_raw for ", "s, although /driver publishes there."))
    camera.node.destroy_publisher(camera.publisher)
    diagnostics(TRACKER, says("No image has come on /image_raw for ", "s: nobody publishes any more."))


def test_an_input_that_is_not_needed_may_be_missing_but_not_be_wrong(graph, stranger, diagnostics):
    stranger("publishes sensor_msgs.msg Image /camera_info")
    graph.start(Eye)
    diagnostics(
        TRACKER,
        says(
            "Nothing has come on /camera_info yet: /stranger publishes sensor_msgs/Image there, "
            "and this node takes sensor_msgs/CameraInfo: remap one of the two."
        ),
    )


@pytest.mark.skipif(
    not hasattr(Subscription, "set_content_filter"),
    reason="a subscription is made deaf by a content filter, which this rclpy cannot set",
)
def test_a_deaf_subscription_is_made_again_until_images_come(graph, diagnostics, capfd):
    camera = Camera(graph, "driver", "image_raw")
    eye = graph.start(Eye)
    graph.until_state(TRACKER, "active")
    # Matched, and alive, and nothing passes: as one whose announcement got lost on the way.
    watched = eye._wiring._inputs[0].subscription
    watched._subscription.set_content_filter("height = 77", [])
    diagnostics(TRACKER, says("No image has come on /image_raw yet, although /driver publishes there."))
    graph.until(lambda: camera.send() or eye.seen, "images come after all")
    status = diagnostics(TRACKER, lambda status: "subscribed again to /image_raw" in values(status))
    assert int(values(status)["subscribed again to /image_raw"]) >= 1
    assert "Subscribed to /image_raw again" in capfd.readouterr().err


@pytest.mark.skipif(
    not hasattr(Subscription, "CallbackType"), reason="this rclpy gives no sequence numbers of messages"
)
def test_images_that_are_lost_on_the_way_are_counted(graph, diagnostics):
    camera = Camera(graph, "driver", "image_raw")
    eye = graph.start(Eye)
    graph.until(lambda: camera.send() or eye.seen, "an image comes")
    status = diagnostics(TRACKER, lambda status: values(status)["frames_lost"] != "unknown")
    before = int(values(status)["frames_lost"])
    eye.may_go_on.clear()
    seen = len(eye.seen)
    graph.until(lambda: camera.send() or len(eye.seen) > seen, "the node is held up")
    lost = eye._wiring._inputs[0].subscription.lost
    # The queue holds one.
    for _ in range(4):
        camera.send()
    eye.may_go_on.set()
    diagnostics(TRACKER, lambda status: int(values(status)["frames_lost"]) >= lost + 3)
    assert before <= lost


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
