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

"""Images that the tracker takes, and those that it refuses by name."""

from __future__ import annotations

import array
import threading

import cv2
import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage
from support.encoders import png_bomb

from hand_tracking_dsp.nodes import frame_thread
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES, pixels_to_image
from hand_tracking_dsp.tracking.drift import DriftMonitor
from hand_tracking_dsp.tracking.types import Drift

NODE = "hand_tracker_node"
SENSOR = qos_profile_sensor_data


def test_takes_compressed_images(graph, start, camera, frames):
    start(image_transport="compressed")
    publisher = graph.observer.create_publisher(CompressedImage, "image_raw/compressed", SENSOR)
    graph.until(publisher.get_subscription_count, "the tracker listens")
    graph.until(lambda: graph.observer.count_publishers("hands"), "hands are offered")
    publisher.publish(ROS_MESSAGES.compressed_image(frames[0].image, 95, camera.header()))
    graph.until(lambda: camera.hands and camera.hands[0].hands, "hands were found")


def with_a_hole(image: np.ndarray) -> bytes:
    whole = cv2.imencode(".jpg", image)[1].tobytes()
    return whole[: len(whole) // 2] + whole[len(whole) // 2 + 1500 :]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda _: png_bomb(30000, 30000),
            "a PNG, is 30000x30000 pixels: more than max_image_megapixels, 64",
        ),
        (with_a_hole, "cannot be decoded, as it is a damaged JPEG (Corrupt JPEG data: "),
    ],
    ids=["too large", "damaged"],
)
def test_a_compressed_image_that_cannot_be_used_is_rejected_and_named(
    graph, start, camera, diagnostics, frames, make, sentence
):
    start(image_transport="compressed")
    publisher = graph.observer.create_publisher(CompressedImage, "image_raw/compressed", SENSOR)
    graph.until(publisher.get_subscription_count, "the tracker listens")
    message = CompressedImage(
        header=camera.header(), format="png", data=array.array("B", make(frames[0].image))
    )
    publisher.publish(message)
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert sentence in status.message
    graph.until(lambda: graph.observer.count_publishers("stats"), "stats are offered")
    publisher.publish(ROS_MESSAGES.compressed_image(frames[0].image, 95, camera.header()))
    graph.until(lambda: camera.stats, "stats were heard")
    assert (camera.stats[0].frame, camera.stats[0].frames_rejected) == (1, 1)


def test_what_belongs_to_an_image_follows_its_remap_as_in_image_transport(graph, start):
    start(image_transport="compressed", arguments=["-r", "image_raw:=/front/image_raw"])
    topics = ("/front/image_raw/compressed", "/front/camera_info")
    graph.until(lambda: all(map(graph.observer.count_subscribers, topics)), "the tracker listens")
    assert not graph.observer.count_subscribers("/image_raw/compressed")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"encoding": "rainbow"}, "The image's encoding is 'rainbow': use one of"),
        ({"step": 7}, "The image's step is 7 bytes, but 640 pixels of bgr8 need 1920: fix its publisher."),
        ({"width": 0, "height": 0}, "The image is 0x0 pixels: it needs at least one row and one column."),
        (
            {"height": 481},
            "The image is truncated: 481 rows of 1920 bytes need 923520 bytes, but it holds 921600",
        ),
    ],
    ids=["unknown encoding", "wrong step", "zero size", "truncated"],
)
def test_a_bad_frame_is_counted_told_and_skipped(graph, start, camera, diagnostics, changes, sentence):
    start()
    graph.until(camera.publisher.get_subscription_count, "the tracker listens")
    message = pixels_to_image(camera.frames[0].image, camera.header())
    for name, value in changes.items():
        setattr(message, name, value)
    camera.send(message)
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert status.message.startswith(sentence)
    stats = camera.exchange(1)[0]
    assert (stats.frame, stats.frames_rejected) == (1, 1)


def test_warns_while_no_image_comes(start, diagnostics):
    start()
    status = diagnostics(NODE, lambda status: status.level == status.WARN)
    assert status.message.startswith("No image has come on /image_raw yet: nobody publishes there.")


def test_warns_when_images_stop_coming(start, camera, diagnostics):
    start()
    camera.exchange(2)
    sentence = "No image has come on /image_raw for "
    status = diagnostics(NODE, lambda status: sentence in status.message)
    assert "although /observer publishes there." in status.message
    camera.exchange(1)
    diagnostics(NODE, lambda status: sentence not in status.message)


def test_an_image_that_never_ends_is_told_though_more_come(graph, start, camera, diagnostics, monkeypatch):
    monkeypatch.setattr(frame_thread, "_STUCK_S", 0.2)
    over = threading.Event()
    monkeypatch.setattr(DriftMonitor, "measure", lambda *_: over.wait(60) and Drift())
    start()
    graph.until(camera.publisher.get_subscription_count, "the tracker listens")
    camera.send()
    status = diagnostics(NODE, lambda status: "An image has been under way for" in status.message)
    over.set()
    assert status.level == status.ERROR
    diagnostics(NODE, lambda status: "under way" not in status.message)
