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

"""What is seen of the nodes."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from docs_pictures.viewer import Viewer, strokes
from hand_tracking_dsp.hand import BONES, Handedness
from hand_tracking_dsp.nodes.messages.conversion import pixels_to_image
from hand_tracking_dsp.nodes.messages.hand_markers import hand_markers
from hand_tracking_dsp.tracking.draw import SIDE_COLOURS_BGR
from hand_tracking_dsp.tracking.types import Region, TrackedHand
from hand_tracking_dsp.tracking.weak_perspective import hand_in_camera

CENTRE_PX = np.array([320, 240], np.float32)


@pytest.fixture
def hand() -> TrackedHand:
    world = np.random.default_rng(0).uniform(-0.1, 0.1, (21, 3)).astype(np.float32)
    landmarks = world * 1000 + np.array([320, 240, 0], np.float32)
    return TrackedHand(5, Handedness.LEFT, 0.98, 0.8, landmarks, world, Region(1.0, 2.0, 3.0, 0.5))


def test_markers_become_the_strokes_that_they_tell_of(hand):
    other = replace(hand, track_id=6, handedness=Handedness.RIGHT)
    first, second = strokes(hand_markers([hand, other], Header(), 500.0, CENTRE_PX).markers)
    placed = hand_in_camera(hand, 500.0, CENTRE_PX)
    np.testing.assert_allclose(first.points, placed, rtol=1e-6)
    np.testing.assert_allclose(first.lines, placed[np.array(BONES)], rtol=1e-6)
    assert len(first.line_colours) == len(BONES)
    blue, green, red = SIDE_COLOURS_BGR[Handedness.LEFT]
    assert first.name_colour == pytest.approx((red / 255, green / 255, blue / 255))
    assert (first.name, second.name) == ("left #5 0.98", "right #6 0.98")


def test_overlay_and_markers_of_one_image_are_a_sight(domain_id, hand):
    viewer = Viewer(1, domain_id)
    markers = viewer.node.create_publisher(MarkerArray, "markers", 10)
    overlays = viewer.node.create_publisher(Image, "overlay", qos_profile_sensor_data)

    def send(sec: int, hands: list[TrackedHand]) -> None:
        header = Header()
        header.stamp.sec = sec
        markers.publish(hand_markers(hands, header, 500.0, CENTRE_PX))
        overlays.publish(pixels_to_image(np.full((480, 640, 3), sec, np.uint8), header))

    with viewer:
        for sec in range(1, 100):
            # Every other image shows no hand, and is no sight.
            send(sec, [hand] if sec % 2 else [])
            time.sleep(0.02)
            if viewer.seen >= 3:
                break
    assert viewer.seen >= 3
    assert len(viewer.sight.hands) == 1
    grey = viewer.sight.overlay[0, 0, 0]
    assert grey % 2
    assert (viewer.sight.overlay == grey).all()
    assert viewer.sight.overlay.flags.writeable


def test_a_predicted_hand_counts_but_is_not_in_the_picture(domain_id, hand):
    overlay = pixels_to_image(np.zeros((480, 640, 3), np.uint8), Header())
    predicted = replace(hand, measured=False, measurement_age_s=0.03)
    with Viewer(1, domain_id) as viewer:
        viewer._on_markers(hand_markers([predicted], Header(), 500.0, CENTRE_PX))
        viewer._on_overlay(overlay)
        assert (viewer.seen, viewer.sight) == (1, None)
        viewer._on_markers(hand_markers([hand], Header(), 500.0, CENTRE_PX))
        viewer._on_overlay(overlay)
    assert viewer.seen == 2
    assert viewer.sight.hands[0].name == "left #5 0.98"


def test_an_overlay_without_its_markers_is_no_sight(domain_id):
    with Viewer(0, domain_id) as viewer:
        viewer._on_overlay(pixels_to_image(np.zeros((480, 640, 3), np.uint8), Header()))
    assert viewer.sight is None
