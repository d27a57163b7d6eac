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

from __future__ import annotations

import itertools
import math
import os

import cv2
import numpy as np
import pytest
from hand_tracking_dsp.msg import Hand3DArray, HandArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from hand_tracking_dsp.depth.types import HandSource
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.depth_images import depth_to_metres
from hand_tracking_dsp.messages.hands_3d import hands_in_space
from hand_tracking_dsp.messages.images import compressed_to_pixels, image_to_pixels
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.nodes.camera_node import CameraNode
from hand_tracking_dsp.nodes.messages.conversion import seconds

NODE = "camera_node"
SENSOR = qos_profile_sensor_data
SMALL = {"width": 160, "height": 120}


@pytest.fixture
def folder(tmp_path):
    """Give a folder of three grey images, brighter from one to the next."""
    images = tmp_path / "images"
    images.mkdir()
    for index, grey in enumerate((10, 100, 200)):
        cv2.imwrite(str(images / f"{index}.png"), np.full((120, 160, 3), grey, np.uint8))
    return images


def test_publishes_the_synthetic_hand_with_its_exact_joints(graph):
    images, infos = graph.hear(Image, "image_raw", SENSOR), graph.hear(CameraInfo, "camera_info", SENSOR)
    truths = graph.hear(HandArray, "truth")
    graph.start(CameraNode, hands=2, **SMALL)

    def together():
        stamps = {truth.header.stamp.nanosec for truth in truths if truth.hands}
        return (
            next((image for image in images if image.header.stamp.nanosec in stamps), None) if infos else None
        )

    image = graph.until(together, "image and truth with one stamp were heard")
    assert (image.width, image.height, image.encoding) == (160, 120, "bgr8")
    assert image.header.frame_id == "camera_optical_frame"
    truth = next(t for t in truths if t.header == image.header)
    assert (truth.image_width, truth.image_height) == (160, 120)
    assert math.isnan(truth.sparsity)
    for hand in truth.hands:
        assert hand.handedness in (Handedness.LEFT, Handedness.RIGHT)
        assert math.isnan(hand.presence)
        assert hand.track_id == 0
    assert infos[0].k[0] > 0


def test_publishes_depth_that_is_aligned_to_the_image_only_if_asked(graph):
    images, depths = graph.hear(Image, "image_raw", SENSOR), graph.hear(Image, "depth/image_raw", SENSOR)
    infos, depth_infos = (
        graph.hear(CameraInfo, topic, SENSOR) for topic in ("camera_info", "depth/camera_info")
    )
    graph.start(CameraNode, depth=True, rate_hz=5.0, **SMALL)

    def together():
        heard = [{stamp_ns(one): one for one in kind} for kind in (images, depths, infos, depth_infos)]
        stamps = set.intersection(*map(set, heard))
        return [one[max(stamps)] for one in heard] if stamps else None

    image, depth, info, depth_info = graph.until(together, "image and depth with one stamp were heard")
    assert depth.header == image.header
    assert (depth.encoding, depth.width, depth.height) == ("16UC1", image.width, image.height)
    assert depth_info == info
    assert depth_info.k[0] > 0
    metres = depth_to_metres(depth, ImageOptions())
    assert metres.max() == pytest.approx(1.8)
    for transition in ("deactivate", "cleanup"):
        assert graph.change_state(NODE, transition)
    assert graph.set_parameter(NODE, "depth", value=False).successful
    assert graph.change_state(NODE, "configure")
    assert graph.observer.count_publishers("depth/image_raw") == 0


def test_truth_in_metres_has_all_joints_of_the_hands_in_the_picture(graph):
    truths, flat = graph.hear(Hand3DArray, "truth_3d"), graph.hear(HandArray, "truth")
    graph.start(CameraNode, rate_hz=5.0, hands=2, **SMALL)

    def together():
        stamps = {stamp_ns(one): one for one in flat}
        both = (one for one in truths if one.hands and stamp_ns(one) in stamps)
        return next(((one, stamps[stamp_ns(one)]) for one in both), None)

    message, image_truth = graph.until(together, "truth in metres and in pixels were heard")
    assert message.header == image_truth.header
    hands = hands_in_space(message)
    assert hands.source is HandSource.TRUTH
    for hand, exact in zip(hands.hands, image_truth.hands, strict=True):
        assert hand.handedness == exact.handedness
        assert np.isfinite(hand.joints_m).all()
        assert (hand.joints_m[:, 2] > 0.1).all()


def test_says_where_a_source_has_no_depth(graph, folder, diagnostics):
    graph.start(CameraNode, source=str(folder), depth=True)
    status = diagnostics(NODE, lambda status: "has no depth" in status.message)
    assert status.level == status.WARN


def test_stamps_rise(graph):
    images = graph.hear(Image, "image_raw", SENSOR)
    graph.start(CameraNode, **SMALL)
    graph.until(lambda: len(images) >= 10, "10 images were heard")
    stamps = [seconds(image.header.stamp) for image in images]
    assert all(a < b for a, b in itertools.pairwise(stamps))


def test_publishes_what_is_in_a_folder(graph, folder):
    images = graph.hear(Image, "image_raw", SENSOR)
    graph.start(CameraNode, source=str(folder), frame_id="eye")
    graph.until(lambda: len(images) >= 6, "6 images were heard")
    greys = {int(image_to_pixels(image)[0].mean()) for image in images}
    assert greys == {10, 100, 200}
    assert {image.header.frame_id for image in images} == {"eye"}


def test_compresses_only_if_asked(graph, folder):
    compressed = graph.hear(CompressedImage, "image_raw/compressed", SENSOR)
    graph.start(CameraNode, source=str(folder), compressed=True)
    message = graph.until(lambda: compressed and compressed[0], "a compressed image was heard")
    assert compressed_to_pixels(message)[0].shape == (120, 160, 3)
    assert graph.change_state(NODE, "deactivate")
    assert graph.change_state(NODE, "cleanup")
    assert graph.set_parameter(NODE, "compressed", value=False).successful
    assert graph.change_state(NODE, "configure")
    assert graph.observer.count_publishers("image_raw/compressed") == 0


def test_camera_info_follows_the_field_of_view(graph, folder):
    infos = graph.hear(CameraInfo, "camera_info", SENSOR)
    graph.start(CameraNode, source=str(folder), horizontal_fov_deg=90.0)
    info = graph.until(lambda: infos and infos[0], "camera_info was heard")
    np.testing.assert_allclose(info.k, [80, 0, 80, 0, 80, 60, 0, 0, 1])


def test_a_source_that_comes_late_or_vanishes_is_tried_again(graph, folder, diagnostics):
    images = graph.hear(Image, "image_raw", SENSOR)
    away = folder.with_name("away")
    folder.rename(away)
    graph.start(CameraNode, source=str(folder), retry_s=0.05, retry_max_s=0.1)
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert status.message.startswith(f"There is no camera, file or folder '{folder}'")
    assert "Next attempt in 0.1 s." in status.message
    away.rename(folder)
    graph.until(lambda: images, "images were heard")
    diagnostics(NODE, lambda status: status.level == status.OK)
    folder.rename(away)
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    away.rename(folder)
    heard = len(images)
    graph.until(lambda: len(images) > heard + 5, "images were heard again")
    assert graph.state(NODE) == "active"
    assert int({v.key: v.value for v in diagnostics(NODE).values}["times_lost"]) >= 1


def test_a_pipeline_is_refused_unless_it_was_allowed(graph, diagnostics):
    graph.start(CameraNode, source="gst:videotestsrc ! filesink location=stolen")
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert "set allow_gstreamer where the node is started" in status.message


def test_a_file_without_loop_ends_and_says_so(graph, folder, diagnostics):
    graph.start(CameraNode, source=str(folder), loop=False)
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert "has ended: set loop, or activate the node again." in status.message


def test_lifecycle_from_outside(graph):
    images = graph.hear(Image, "image_raw", SENSOR)
    graph.start(CameraNode, autostart=False, **SMALL)
    assert graph.state(NODE) == "unconfigured"
    assert graph.change_state(NODE, "configure")
    assert graph.state(NODE) == "inactive"
    assert not images
    assert graph.change_state(NODE, "activate")
    graph.until(lambda: images, "images were heard")
    assert graph.change_state(NODE, "deactivate")
    assert graph.change_state(NODE, "activate")
    heard = len(images)
    graph.until(lambda: len(images) > heard, "images were heard again")
    assert graph.change_state(NODE, "deactivate")
    assert graph.change_state(NODE, "cleanup")
    assert graph.state(NODE) == "unconfigured"
    assert graph.observer.count_publishers("image_raw") == 0
    assert graph.change_state(NODE, "shutdown")
    assert graph.state(NODE) == "finalized"


@pytest.mark.skipif(os.environ.get("ROS_DISTRO") == "humble", reason="rclpy of Humble does not answer it")
def test_an_impossible_transition_is_refused_and_survived(graph):
    graph.start(CameraNode, autostart=False, **SMALL)
    assert not graph.change_state(NODE, "activate")
    assert graph.state(NODE) == "unconfigured"
    assert graph.change_state(NODE, "configure")


def test_parameters_of_an_active_node_are_refused_unless_dynamic(graph):
    graph.start(CameraNode, **SMALL)
    graph.until_state(NODE, "active")
    assert graph.set_parameter(NODE, "jpeg_quality", 50).successful
    result = graph.set_parameter(NODE, "rate_hz", 10.0)
    assert not result.successful
    assert result.reason.startswith("Parameter rate_hz takes effect at the next configure")
    assert graph.change_state(NODE, "deactivate")
    assert graph.set_parameter(NODE, "rate_hz", 10.0).successful
    result = graph.set_parameter(NODE, "rate_hz", 0.0)
    assert not result.successful
    assert "rate_hz" in result.reason


def test_an_impossible_parameter_fails_configure_until_it_is_mended(graph, diagnostics):
    graph.start(CameraNode, rate_hz=-1.0, **SMALL)
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert status.message.startswith("Parameter rate_hz is -1.0, but must be in the range 0.1 to 500 Hz.")
    assert graph.state(NODE) == "unconfigured"
    assert graph.set_parameter(NODE, "rate_hz", 20.0).successful
    assert graph.change_state(NODE, "configure")


def test_whole_numbers_do_for_floats_and_numbers_for_names(graph):
    node = graph.start(CameraNode, rate_hz=15, source=7, autostart=False)
    assert node.parameters["rate_hz"] == 15.0
    assert node.parameters["source"] == "7"


def test_every_parameter_has_a_descriptor(graph):
    node = graph.start(CameraNode, autostart=False)
    descriptor = node.describe_parameter("rate_hz")
    assert descriptor.description.endswith("[Hz]")
    assert descriptor.floating_point_range[0].to_value == 500.0
    assert node.describe_parameter("width").integer_range[0].from_value == 16
    assert node.describe_parameter("qos.image.reliability").additional_constraints.startswith("one of")


def test_speaks_in_its_namespace_and_under_other_names(graph):
    images = graph.hear(Image, "/robot/eye/image", SENSOR)
    graph.start(CameraNode, namespace="robot", arguments=["-r", "image_raw:=eye/image"], **SMALL)
    graph.until(lambda: images, "an image was heard")
    assert graph.state("/robot/camera_node") == "active"


@pytest.mark.parametrize(
    ("remaps", "topics"),
    [
        (("image_raw:=/front/image",), {"/front/image", "/front/image/compressed", "/front/camera_info"}),
        (
            ("image_raw:=/front/image", "image_raw/compressed:=/thin", "camera_info:=/lens"),
            {"/front/image", "/thin", "/lens"},
        ),
    ],
)
def test_what_belongs_to_an_image_follows_its_remap_as_in_image_transport(graph, remaps, topics):
    arguments = [part for remap in remaps for part in ("-r", remap)]
    graph.start(CameraNode, namespace="robot", compressed=True, arguments=arguments, **SMALL)
    graph.until(lambda: all(map(graph.observer.count_publishers, topics)), "the topics are there")
    assert not graph.observer.count_publishers("/robot/image_raw/compressed")
    assert not graph.observer.count_publishers("/robot/camera_info")


def test_publishes_reliably_for_who_asks_for_it_and_who_does_not(graph):
    reliable, best_effort = graph.hear(Image, "image_raw", 1), graph.hear(Image, "image_raw", SENSOR)
    graph.start(CameraNode, **SMALL)
    graph.until(lambda: reliable and best_effort, "both have an image")


@pytest.mark.parametrize(("reliability", "compatible"), [("best_effort", False), ("reliable", True)])
def test_reliability_is_a_parameter(graph, reliability, compatible):
    graph.start(CameraNode, qos__image__reliability=reliability, **SMALL)
    graph.until(lambda: graph.observer.count_publishers("image_raw"), "the publisher is there")
    info = graph.observer.get_publishers_info_by_topic("/image_raw")[0]
    assert (info.qos_profile.reliability.name == "RELIABLE") == compatible


def test_pictures_that_are_left_out_are_a_warning(graph, folder, diagnostics):
    (folder / "0.png").write_bytes(b"no image")
    graph.start(CameraNode, source=str(folder), rate_hz=20.0)
    status = diagnostics(NODE, lambda status: status.level == status.WARN)
    assert status.message.startswith(
        f"The picture {folder / '0.png'} cannot be decoded, as it is not an image"
    )
