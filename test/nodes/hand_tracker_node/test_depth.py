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

"""Hands in space of the tracker: a camera with depth before it."""

from __future__ import annotations

import array

import cv2
import numpy as np
import pytest
from hand_tracking_dsp.msg import Hand3DArray
from rclpy.time import Time
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from support.depth_camera import SENSOR, values

from hand_tracking_dsp.depth.lifting import HandLifter
from hand_tracking_dsp.depth.types import HandSource
from hand_tracking_dsp.messages.hands_3d import hands_in_space
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.nodes.camera_node import CameraNode
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES, pixels_to_image
from hand_tracking_dsp.resources import share_path

NODE = "hand_tracker_node"


def nearest_mm(hand, truth):
    """Return the mean distance of a hand's known joints from those of the nearest true hand, millimetres."""
    return min(float(np.nanmean(np.linalg.norm(hand.joints_m - one.joints_m, axis=1))) for one in truth) * 1e3


@pytest.mark.parametrize("source", [HandSource.FUSED, HandSource.DEPTH_ONLY])
def test_places_the_hands_of_the_synthetic_camera_where_they_are(graph, source):
    found, truths = graph.hear(Hand3DArray, "hands_3d", 100), graph.hear(Hand3DArray, "truth_3d", 100)
    graph.start(CameraNode, depth=True, hands=2, rate_hz=5.0)
    graph.start(HandTrackerNode, depth__mode=source.name.lower())

    def pairs():
        true = {stamp_ns(one): one for one in truths}
        return [(one, true[stamp_ns(one)]) for one in found if one.hands and stamp_ns(one) in true]

    graph.until(lambda: len(pairs()) >= 5, "hands in space and their truth were heard")
    errors_mm = []
    for message, truth in pairs():
        assert message.header == truth.header
        hands = hands_in_space(message)
        assert hands.source is source
        assert hands.depth_offset_s == 0
        errors_mm += [nearest_mm(hand, hands_in_space(truth).hands) for hand in hands.hands]
    assert np.median(errors_mm) < 30


def test_hands_are_placed_by_the_depth_image_of_their_time_early_or_late(graph, start, camera, depth_camera):
    start(**{"depth.mode": "fused"})
    depth_camera.connect()
    # The depth image of one stamp comes before the image, that of the next after its hands.
    first = camera.header()
    depth_camera.send_depth(first, camera.frames[0].depth_mm)
    camera.send(pixels_to_image(camera.frames[0].image, first))
    graph.until(lambda: len(depth_camera.hands_3d) == 1, "hands were placed")
    assert depth_camera.hands_3d[0].header == first
    second = camera.header()
    heard = len(camera.stats)
    camera.send(pixels_to_image(camera.frames[1].image, second))
    graph.until(lambda: len(camera.stats) > heard, "the hands went out")
    assert len(depth_camera.hands_3d) == 1
    depth_camera.send_depth(second, camera.frames[1].depth_mm)
    graph.until(lambda: len(depth_camera.hands_3d) == 2, "hands were placed")
    assert depth_camera.hands_3d[-1].header == second
    assert [one.depth_offset_s for one in depth_camera.hands_3d] == [0.0, 0.0]


def test_a_depth_image_of_nearly_the_same_time_is_taken(graph, start, camera, depth_camera):
    start(**{"depth.mode": "fused", "depth.slop_s": 0.02})
    depth_camera.connect()
    image, depth = camera.header(), camera.header()
    image.stamp = Time(nanoseconds=100_000_000_000).to_msg()
    depth.stamp = Time(nanoseconds=100_010_000_000).to_msg()
    camera.send(pixels_to_image(camera.frames[0].image, image))
    depth_camera.send_depth(depth, camera.frames[0].depth_mm)
    message = graph.until(lambda: depth_camera.hands_3d and depth_camera.hands_3d[-1], "hands were placed")
    assert message.header == image
    assert message.depth_offset_s == pytest.approx(0.01)


def as_png(depth_mm, header):
    """Build what image_transport's compressed plugin makes of 16UC1 where its format is png."""
    png = cv2.imencode(".png", depth_mm)[1].tobytes()
    return CompressedImage(header=header, format="16UC1; png compressed ", data=array.array("B", png))


@pytest.mark.parametrize(
    ("transport", "compress"),
    [("compressedDepth", ROS_MESSAGES.compressed_depth), ("compressed", as_png)],
    ids=["compressedDepth", "compressed"],
)
def test_compressed_depth_places_hands_too(graph, start, camera, depth_camera, transport, compress):
    start(**{"depth.mode": "fused", "depth.transport": transport})
    publisher = graph.observer.create_publisher(CompressedImage, f"depth/image_raw/{transport}", SENSOR)
    graph.until(publisher.get_subscription_count, "the tracker listens to depth")
    for _ in range(3):
        header, frame = camera.header(), camera.frames[camera.sent % len(camera.frames)]
        heard = len(camera.stats)
        camera.send(pixels_to_image(frame.image, header))
        publisher.publish(compress(frame.depth_mm, header))
        graph.until(lambda heard=heard: len(camera.stats) > heard, "the hands went out")
    graph.until(lambda: depth_camera.hands_3d and depth_camera.hands_3d[-1].hands, "hands were placed")


class Stamps:
    """Sends images and depth with stamps that a test chooses."""

    def __init__(self, camera, depth_camera):
        self.camera, self.depth_camera = camera, depth_camera

    def send(self, stamp_s, *, depth=True, frame_id="camera"):
        frame = self.camera.frames[self.camera.sent % len(self.camera.frames)]
        header = Header(stamp=Time(nanoseconds=round(stamp_s * 1e9)).to_msg(), frame_id=frame_id)
        heard = len(self.camera.stats)
        if depth:
            self.depth_camera.send_depth(header, frame.depth_mm)
        self.camera.send(pixels_to_image(frame.image, header))
        self.camera.graph.until(lambda: len(self.camera.stats) > heard, "the hands went out")

    def until_placed(self, count):
        found = self.depth_camera.hands_3d
        self.camera.graph.until(lambda: len(found) >= count, f"{count} images were placed")
        return [one.header.stamp.sec for one in found]


def test_images_of_a_bag_that_begins_again_are_placed_at_once(start, camera, depth_camera, tf2):
    tf2.frames = "camera", "base_link"
    start(**{"depth.mode": "fused", "depth.target_frame": "base_link"})
    depth_camera.connect()
    stamps = Stamps(camera, depth_camera)
    for stamp_s in (1000.0, 1000.1):
        stamps.send(stamp_s)
    stamps.send(1000.2, depth=False)  # it waits for depth, which never comes
    assert stamps.until_placed(2) == [1000, 1000]
    assert tf2.cleared == 0
    for stamp_s in (990.0, 990.1):
        stamps.send(stamp_s)
    assert stamps.until_placed(4) == [1000, 1000, 990, 990]
    assert tf2.cleared == 1


def test_images_are_placed_again_after_depth_alone_went_back_and_came_after(
    start, camera, depth_camera, diagnostics
):
    start(**{"depth.mode": "fused"})
    depth_camera.connect()
    stamps = Stamps(camera, depth_camera)
    stamps.send(1000.0)
    assert stamps.until_placed(1) == [1000]
    # The driver of the depth camera was restarted, and its clock begins anew.
    for number in range(1, 26):
        header = Header(stamp=Time(nanoseconds=number * 10**8).to_msg(), frame_id="camera")
        depth_camera.send_depth(header, camera.frames[0].depth_mm)
        stamps.send(1000.0 + number / 10, depth=False)
    status = diagnostics(NODE, lambda status: "depth.slop_s" in status.message)
    assert values(status)["depth_missed_by_s"].endswith("earlier")
    assert camera.hands[-1].hands
    for stamp_s in (1004.0, 1004.1):
        stamps.send(stamp_s)
    assert stamps.until_placed(3)[1:] == [1004, 1004]


def test_frames_may_change_and_only_those_with_a_transform_are_placed(
    start, camera, depth_camera, diagnostics, tf2
):
    tf2.frames = "camera", "base_link"
    start(**{"depth.mode": "fused", "depth.target_frame": "base_link"})
    depth_camera.connect()
    stamps = Stamps(camera, depth_camera)
    for stamp_s, frame_id in ((1000, "camera"), (1001, "head"), (1002, ""), (1003, "camera")):
        stamps.send(stamp_s, frame_id=frame_id)
    assert stamps.until_placed(2) == [1000, 1003]
    assert {one.header.frame_id for one in depth_camera.hands_3d} == {"base_link"}
    status = diagnostics(NODE, lambda status: "from a frame without a name to base_link" in status.message)
    assert values(status)["depth_rejected"] == "2"
    assert values(status)["frames_rejected"] == "0"


@pytest.mark.parametrize("mode", ["fused", "depth_only"])
def test_a_reset_forgets_hands_in_space_too(graph, start, camera, depth_camera, mode):
    start(**{"depth.mode": mode})
    graph.until(depth_camera.depth.get_subscription_count, "the tracker listens to depth")
    found = depth_camera.hands_3d

    def ids():
        found.clear()
        header = camera.header()
        depth_camera.send_depth(header, camera.frames[0].depth_mm)
        camera.send(pixels_to_image(camera.frames[0].image, header))
        graph.until(lambda: found, "the image was placed")
        return {hand.track_id for hand in found[-1].hands}

    before = graph.until(ids, "hands were placed")
    assert graph.call(Trigger, f"{NODE}/reset", Trigger.Request()).success
    after = graph.until(ids, "hands were placed again")
    assert min(after) > max(before), "bones and filters belong to an id"


@pytest.mark.parametrize("bank", ["dsp", "hourglass"])
def test_in_depth_alone_no_image_is_needed(graph, start, camera, depth_camera, bank):
    start(bank=str(share_path("models", bank)), **{"depth.mode": "depth_only"})
    graph.until(depth_camera.depth.get_subscription_count, "the tracker listens to depth")
    assert not camera.publisher.get_subscription_count()
    for _ in range(5):
        header, heard = camera.header(), len(camera.hands)
        depth_camera.send_depth(header, camera.frames[camera.sent % len(camera.frames)].depth_mm)
        camera.sent += 1
        graph.until(lambda heard=heard: len(camera.hands) > heard, "hands went out")
        assert camera.hands[-1].header == header
    assert any(array.hands for array in camera.hands)
    graph.until(lambda: len(depth_camera.hands_3d) == 5, "hands were placed")
    assert {one.source for one in depth_camera.hands_3d} == {Hand3DArray.DEPTH_ONLY}
    assert camera.stats[-1].depth_ms > 0


@pytest.mark.parametrize("mode", ["fused", "depth_only"])
def test_the_lifter_knows_in_which_image_hands_were_found(start, camera, depth_camera, monkeypatch, mode):
    told: set[bool] = set()
    lift = HandLifter.lift

    def noted(lifter, hands, view, stamp_s, *, in_colour=False):
        told.add(in_colour)
        return lift(lifter, hands, view, stamp_s, in_colour=in_colour)

    monkeypatch.setattr(HandLifter, "lift", noted)
    start(**{"depth.mode": mode})
    wanted = [depth_camera.depth] if mode == "depth_only" else [depth_camera.depth, camera.publisher]
    for publisher in wanted:
        depth_camera.graph.until(publisher.get_subscription_count, "the tracker listens")
    depth_camera.exchange()
    depth_camera.graph.until(lambda: told, "hands were lifted")
    assert told == {mode == "fused"}


def test_without_depth_nothing_is_subscribed_to_or_published_for_it(graph, start, camera):
    start()
    assert camera.exchange(2)[-1].depth_ms == 0
    assert not graph.observer.count_subscribers("depth/image_raw")
    assert not graph.observer.count_subscribers("depth/camera_info")
    assert not graph.observer.count_publishers("hands_3d")
