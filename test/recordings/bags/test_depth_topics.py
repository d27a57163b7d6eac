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

"""Depth topics of a bag, by the names of the usual drivers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.recordings.bags.depth_topics import depth_topic, info_topics, is_depth


def connection(topic: str, count: int = 1) -> SimpleNamespace:
    packed = topic.endswith(("/compressed", "/compressedDepth"))
    kind = "CompressedImage" if packed else "Image"
    if topic.endswith("camera_info"):
        kind = "CameraInfo"
    return SimpleNamespace(topic=topic, msgtype=f"sensor_msgs/msg/{kind}", msgcount=count)


def chosen(image: str, *topics: str, named: str = "") -> str:
    return depth_topic([connection(topic) for topic in (image, *topics)], image, named)


@pytest.mark.parametrize(
    ("image", "others", "depth"),
    [
        ("/image_raw", ["/overlay"], "/depth/image_raw"),
        ("/front/image_raw", ["/rear/depth/image_raw"], "/front/depth/image_raw"),
        (
            "/camera/camera/color/image_raw",
            ["/camera/camera/depth/image_rect_raw", "/camera/camera/infra1/image_rect_raw"],
            "/camera/camera/aligned_depth_to_color/image_raw",
        ),
        (
            "/camera/color/image_raw",
            ["/camera/depth/image_rect_raw", "/camera/aligned_depth_to_color/image_raw/compressed"],
            "/camera/aligned_depth_to_color/image_raw",
        ),
        (
            "/rgb/image_raw/compressed",
            ["/depth/image_raw", "/rgb_to_depth/image_raw"],
            "/depth_to_rgb/image_raw",
        ),
        ("/k4a/rgb/image_raw", ["/k4a/depth/image_raw"], "/k4a/depth_to_rgb/image_raw"),
        ("/oak/rgb/image_raw", ["/oak/left/image_raw"], "/oak/stereo/image_raw"),
        (
            "/zed/zed_node/rgb/image_rect_color",
            ["/zed/zed_node/left/image_rect_color"],
            "/zed/zed_node/depth/depth_registered",
        ),
        ("/zed/zed_node/rgb/color/rect/image", [], "/zed/zed_node/depth/depth_registered"),
        ("/camera/rgb/image_rect_color", ["/camera/depth/image_raw"], "/camera/depth_registered/image_raw"),
    ],
)
def test_the_depth_of_each_driver_is_found(image: str, others: list[str], depth: str) -> None:
    assert chosen(image, *others, depth) == depth
    assert chosen(image, depth, *others) == depth
    assert chosen(image, *others, f"{depth}/compressedDepth") == f"{depth}/compressedDepth"
    assert chosen(image, f"{depth}/compressedDepth", depth) == depth, "the raw one, where both are there"
    assert chosen(image, *others, f"{depth}/compressed") == f"{depth}/compressed"
    packed = f"{depth}/compressed", f"{depth}/compressedDepth"
    assert chosen(image, *packed) == packed[1], "made for depth, where both are there"


@pytest.mark.parametrize("transport", ["", "/compressedDepth", "/compressed"])
def test_images_that_are_depth_are_their_own(transport: str) -> None:
    other = "/camera/aligned_depth_to_color/image_raw"
    assert (
        chosen(f"/camera/depth/image_rect_raw{transport}", other)
        == f"/camera/depth/image_rect_raw{transport}"
    )


def test_depth_that_is_not_aligned_by_its_name_is_better_than_none() -> None:
    assert chosen("/camera/color/image_raw", "/camera/depth/image_rect_raw") == "/camera/depth/image_rect_raw"


def test_topics_without_a_message_do_not_count_where_others_have_some() -> None:
    empty, full = connection("/depth/image_raw", 0), connection("/depth/image_raw/compressedDepth")
    assert depth_topic([empty, full], "/image_raw") == full.topic
    assert depth_topic([empty], "/image_raw") == empty.topic


def test_another_cameras_depth_is_not_taken_and_the_sentence_names_it() -> None:
    with pytest.raises(
        SourceError, match=r"belong to /front/image_raw by their name: .* has /rear/depth/image_raw"
    ):
        chosen("/front/image_raw", "/rear/depth/image_raw")
    with pytest.raises(SourceError, match="no depth images at all"):
        chosen("/image_raw", "/depth/camera_info")


def test_the_topic_that_is_named_is_taken_whatever_its_name() -> None:
    topics = ("/front/image_raw", "/rear/depth/image_raw", "/tof/distances")
    assert chosen(*topics, named="tof/distances") == "/tof/distances"
    assert chosen(*topics, named="/rear/depth/image_raw") == "/rear/depth/image_raw"
    packed = ("/image_raw", "/depth/image_raw/compressedDepth")
    assert chosen(*packed, named="/depth/image_raw") == "/depth/image_raw/compressedDepth"
    assert chosen("/image_raw", "/tof/compressed", named="/tof") == "/tof/compressed"
    with pytest.raises(SourceError, match="no depth images on /up: choose from those it has"):
        chosen(*topics, named="/up")


@pytest.mark.parametrize(
    "topic", ["/stereo/left/image_raw", "/image_raw", "/camera/color/image_raw", "/rgb_to_depth/image_raw"]
)
def test_colour_images_are_no_depth(topic: str) -> None:
    assert not is_depth(topic)


def test_camera_info_lies_beside_the_depth_images_or_the_images() -> None:
    assert info_topics("/depth/image_raw/compressedDepth", "/image_raw/compressed") == (
        "/depth/camera_info",
        "/depth/image_raw/camera_info",
        "/camera_info",
        "/image_raw/camera_info",
    )
