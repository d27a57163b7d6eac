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

"""Images that do not come on a topic, and what to set then: said in /diagnostics, in a real graph."""

from __future__ import annotations

import math
import threading

import pytest

pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")

from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from support.topics import BEST_EFFORT, Camera, says

from hand_tracking_dsp.nodes.base import wiring
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.subscription import WatchedSubscription
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, qos
from hand_tracking_dsp.options import Parameter

TRACKER = "hand_tracker_node"


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


class Speaker(ManagedNode):
    """Offers images as camera_node does, and sends none."""

    TABLE = (AUTOSTART, *qos("image", "the image", "reliable", depth=1))

    def __init__(self, **options):
        super().__init__("camera_node", self.TABLE, **options)

    def configure(self):
        self.publish_on(Image, "image_raw", "image")


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


@pytest.mark.skipif(
    not hasattr(Subscription, "CallbackType"), reason="this rclpy gives no sequence numbers of messages"
)
@pytest.mark.parametrize("named", [True, False], ids=["by their ids", "by their numbers"])
def test_two_publishers_of_one_name_are_named_as_soon_as_they_take_turns(
    graph, diagnostics, monkeypatch, named
):
    monkeypatch.setattr(wiring, "_LEASE_S", math.inf)
    take = WatchedSubscription._take_numbered

    def take_without_id(self, message, info):
        take(self, message, info if named else {**info, "publisher_gid": None})

    monkeypatch.setattr(WatchedSubscription, "_take_numbered", take_without_id)
    first, second = (Camera(graph, "driver", "image_raw") for _ in range(2))
    eye = graph.start(Eye)
    # The second is the successor of the first: both are in the graph, and the first is silent from now on.
    graph.until(lambda: first.send() or len(eye.seen) > 5, "images of the first come")
    graph.until(lambda: second.send() or len(eye.seen) > 10, "images of the second come")
    assert "contradict" not in diagnostics(TRACKER).message
    for camera in (first, second) * 3:
        seen = len(eye.seen)
        graph.until(lambda: camera.send() or len(eye.seen) > seen, "an image of each comes in turn")  # noqa: B023
    diagnostics(TRACKER, says("2 publishers are on /image_raw (/driver), and their messages contradict"))


def test_a_twin_of_ones_own_name_is_named(graph, diagnostics, monkeypatch):
    monkeypatch.setattr(wiring, "_LEASE_S", math.inf)
    monkeypatch.setattr(wiring, "_SETTLED_S", 0.0)
    graph.start(Speaker)
    assert "contradict" not in diagnostics("camera_node").message
    Camera(graph, "camera_node", "image_raw")
    diagnostics("camera_node", says("2 publishers are on /image_raw (/camera_node), and their messages"))


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
