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

"""Depth that stops, is late or says nothing: it is named, and hands go on."""

from __future__ import annotations

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.time import Time
from std_msgs.msg import Header
from support.depth_camera import values

from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.nodes.messages.conversion import pixels_to_image

NODE = "hand_tracker_node"


def test_where_depth_stops_hands_go_on_and_it_is_said(graph, start, camera, depth_camera, diagnostics):
    start(**{"depth.mode": "fused", "depth.slop_s": 0.0})
    depth_camera.connect()
    for _ in range(3):
        depth_camera.exchange()
    placed = 3
    graph.until(lambda: len(depth_camera.hands_3d) == placed, "hands were placed")
    camera.exchange(15)
    status = diagnostics(
        NODE, lambda status: "No depth image has come on /depth/image_raw for" in status.message
    )
    assert status.level == DiagnosticStatus.WARN
    assert int(values(status)["images_without_depth"]) >= 5
    assert values(status)["frames_rejected"] == "0"
    assert len(depth_camera.hands_3d) == placed
    assert camera.hands[-1].hands
    depth_camera.exchange()
    graph.until(lambda: len(depth_camera.hands_3d) > placed, "hands are placed again")


def test_depth_of_another_rate_places_the_images_that_have_it_and_is_named(
    graph, start, camera, depth_camera, diagnostics
):
    start(**{"depth.mode": "fused", "depth.slop_s": 0.0})
    depth_camera.connect()
    for _ in range(8):
        camera.exchange(2)
        depth_camera.exchange()
    graph.until(lambda: len(depth_camera.hands_3d) == 8, "every image with depth was placed")
    status = diagnostics(NODE, lambda status: "depth.slop_s" in status.message)
    assert "For 67 % of the images no depth image on /depth/image_raw came in time" in status.message
    assert values(status)["images_without_depth"] == "16"
    assert values(status)["frames_rejected"] == "0"


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda mm: mm[::2, ::3], "The depth images are 214x240, but the images"),
        (lambda mm: mm[:0], "The depth image is 640x0 pixels"),
    ],
)
def test_depth_that_cannot_be_used_is_named_and_rejects_no_image(
    start, camera, depth_camera, diagnostics, spoil, sentence
):
    start(**{"depth.mode": "fused"})
    depth_camera.connect()
    for _ in range(3):
        depth_camera.exchange(spoil)
    status = diagnostics(NODE, lambda status: sentence in status.message)
    assert status.level == DiagnosticStatus.WARN
    assert values(status)["frames_rejected"] == "0"
    assert int(values(status)["depth_rejected"]) >= 3
    assert camera.hands[-1].hands
    assert not depth_camera.hands_3d


def test_what_depth_showed_is_forgotten_when_no_more_of_it_can_be_used(
    start, camera, depth_camera, diagnostics
):
    start(**{"depth.mode": "fused"})
    depth_camera.connect()
    first_ns = camera.header().stamp.sec * 10**9
    while not camera.stats or stamp_ns(camera.stats[-1]) - first_ns < 4e9:
        depth_camera.exchange(lambda mm: 0 * mm)
    diagnostics(NODE, lambda status: "hold no depth" in status.message)
    diagnostics(NODE, lambda status: "hold no depth" not in status.message)


@pytest.mark.parametrize(
    ("stamp_ns", "sentence"),
    [(10**9, "The stamps on /depth/image_raw stand still"), (0, "The stamps on /depth/image_raw are 0")],
)
def test_stamps_of_depth_that_stand_still_are_named(
    graph, start, camera, depth_camera, diagnostics, stamp_ns, sentence
):
    start(**{"depth.mode": "fused"})
    depth_camera.connect()
    depth = Header(stamp=Time(nanoseconds=stamp_ns).to_msg(), frame_id="camera")
    for _ in range(8):
        heard = len(camera.stats)
        camera.send()
        depth_camera.send_depth(depth, camera.frames[0].depth_mm)
        graph.until(lambda heard=heard: len(camera.stats) > heard, "the hands went out")
    diagnostics(NODE, lambda status: sentence in status.message)
    assert camera.hands[-1].hands


@pytest.mark.parametrize("mode", ["fused", "depth_only"])
def test_depth_of_a_few_pixels_is_named_and_rejects_no_image(
    graph, start, camera, depth_camera, diagnostics, mode
):
    start(**{"depth.mode": mode})
    graph.until(depth_camera.depth.get_subscription_count, "the tracker listens to depth")
    shown = []

    def is_named(status):
        header = camera.header()
        depth_camera.send_depth(header, camera.frames[0].depth_mm[::160, ::160])
        camera.send(pixels_to_image(camera.frames[0].image, header))
        shown.append(status)
        return "The depth images are 4x3 pixels, too few for hands" in status.message

    diagnostics(NODE, is_named)
    assert {values(status)["frames_rejected"] for status in shown} == {"0"}
    assert all(not array.hands for array in depth_camera.hands_3d if mode == "depth_only")
    if mode == "fused":
        camera.exchange(5)
        assert camera.hands[-1].hands


def test_says_that_the_stamps_of_image_and_depth_never_meet(start, camera, depth_camera, diagnostics):
    start(**{"depth.mode": "fused", "depth.queue": 1})
    depth_camera.connect()
    for _ in range(20):
        depth_camera.exchange(late_s=0.3)
    status = diagnostics(NODE, lambda status: "depth.slop_s" in status.message)
    assert "of the images no depth image on /depth/image_raw came in time" in status.message
    assert status.level == DiagnosticStatus.WARN
    assert values(status)["depth_missed_by_s"]
    assert camera.hands[-1].hands


@pytest.mark.parametrize(
    ("encoding", "spoil", "sentence"),
    [
        ("32FC1", lambda mm: mm, "millimetres that are taken for metres, set depth.unit_m to 0.001"),
        ("16UC1", lambda mm: (mm + 500) // 1000, "set depth.unit_m to 1.0"),
        ("16UC1", lambda mm: 0 * mm, "hold no depth, their values are 0 or NaN"),
        ("32FC1", lambda mm: np.nan * mm, "hold no depth, their values are 0 or NaN"),
    ],
    ids=["millimetres called metres", "metres called millimetres", "zeros", "NaN"],
)
def test_depth_that_says_something_else_is_named_and_hands_go_on(
    start, camera, depth_camera, diagnostics, encoding, spoil, sentence
):
    start(**{"depth.mode": "fused"})
    depth_camera.connect()
    for _ in range(15):
        depth_camera.exchange(spoil, encoding=encoding)
    shown = []

    def is_named(status):
        depth_camera.exchange(spoil, encoding=encoding)
        shown.append(status.message)
        return sentence in status.message

    status = diagnostics(NODE, is_named)
    assert status.level == DiagnosticStatus.WARN
    assert values(status)["frames_rejected"] == "0"
    assert camera.hands[-1].hands
    assert not any(np.isfinite(hand.joints[0].x) for one in depth_camera.hands_3d for hand in one.hands)
