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

"""The overlay."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import BatteryState, Image
from std_msgs.msg import Header

from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.messages import overlay
from hand_tracking_dsp.nodes.messages.conversion import pixels_to_image
from hand_tracking_dsp.nodes.messages.overlay import Overlay
from hand_tracking_dsp.power.simulated_battery import SimulatedBattery, SimulatedBatteryOptions
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics

BLACK = np.zeros((480, 640, 3), np.uint8)


def cost(level: int = 2, drift: float = math.nan) -> FrameCost:
    return FrameCost(
        stamp_ns=0, level=level, hands=0, sparsity=0.25, total_ms=6.25, end_to_end_ms=10.5, drift=drift
    )


@pytest.fixture
def captions(monkeypatch):
    """Give what is written into overlays, beside being written."""
    written = []
    draw = overlay.draw_hands

    def listen(image, hands, caption):
        written.append(caption)
        draw(image, hands, caption)

    monkeypatch.setattr(overlay, "draw_hands", listen)
    return written


def test_level_latency_and_battery_are_written_into_a_copy(captions):
    drawing = Overlay()
    drawing.add_battery(BatteryState(percentage=0.64, location="BAT0"))
    drawn = drawing.draw(BLACK, "bgr", [], cost())
    lines = captions[0].splitlines()
    assert lines == [
        "level 2   sparsity 25 %",
        "latency 6.2 ms   end to end 10.5 ms",
        "battery 64 %",
    ]
    assert drawn[:80, :250].any()
    assert not BLACK.any()


def test_what_depth_says_is_drawn_for_a_moment():
    now_s = [0.0]
    drawing = Overlay(lambda: now_s[0])
    plain = drawing.draw(BLACK, "bgr", [], cost())
    view = DepthView(np.full((480, 640), 0.8, np.float32), Intrinsics(600.0, 600.0, 320.0, 240.0))
    drawing.add_in_space([], view)
    now_s[0] = 0.2
    assert drawing.draw(BLACK, "bgr", [], cost())[:140, 460:].any(), "the depth image"
    now_s[0] = 0.3
    np.testing.assert_array_equal(drawing.draw(BLACK, "bgr", [], cost()), plain)


def test_a_simulated_battery_is_called_so(captions):
    battery = SimulatedBattery(SimulatedBatteryOptions())
    drawing = Overlay()
    drawing.add_battery(BatteryState(percentage=0.5, location=battery.name))
    drawing.draw(BLACK, "bgr", [], cost())
    assert "battery 50 % (simulated)" in captions[0]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [BatteryState(percentage=math.nan)],
        [BatteryState(percentage=0.5), BatteryState(percentage=math.nan)],
    ],
    ids=["never heard", "no charge", "no more charge"],
)
def test_a_charge_that_nobody_knows_is_a_question_mark(captions, messages):
    drawing = Overlay()
    for message in messages:
        drawing.add_battery(message)
    drawing.draw(BLACK, "bgr", [], cost())
    assert captions[0].splitlines()[2] == "battery ?"


def test_a_battery_that_fell_silent_is_a_question_mark(captions):
    now_s = 100.0
    drawing = Overlay(lambda: now_s)
    drawing.add_battery(BatteryState(percentage=0.5))
    drawing.draw(BLACK, "bgr", [], cost())
    now_s += 60.0
    drawing.draw(BLACK, "bgr", [], cost())
    assert ["battery 50 %" in caption for caption in captions] == [True, False]
    assert "battery ?" in captions[1]


def test_drift_is_shown_until_the_level_changes(captions):
    drawing = Overlay()
    for level, drift in ((2, math.nan), (2, 1.25), (2, math.nan), (3, math.nan), (2, math.nan)):
        drawing.draw(BLACK, "bgr", [], cost(level, drift))
    assert ["drift 1.2 % of palm size" in caption for caption in captions] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_a_drift_that_was_not_measured_is_called_so(captions):
    drawing = Overlay()
    for estimated in (True, False):
        drawing.draw(BLACK, "bgr", [], replace(cost(2, 1.25), drift_estimated=estimated))
    lines = [caption.splitlines()[-1] for caption in captions]
    assert lines == ["drift 1.2 % of palm size (estimated)", "drift 1.2 % of palm size"]


def test_channels_become_bgr():
    red = BLACK.copy()
    red[..., 0] = 200
    drawn = Overlay().draw(red, "rgb", [], cost())
    assert tuple(drawn[400, 600]) == (0, 0, 200)
    assert tuple(red[400, 600]) == (200, 0, 0)


def test_the_tracker_writes_the_battery_that_it_hears(graph, captions):
    graph.start(HandTrackerNode)
    graph.until_state("hand_tracker_node", "active")
    battery = graph.observer.create_publisher(BatteryState, "battery_state", qos_profile_sensor_data)
    images = graph.observer.create_publisher(Image, "image_raw", qos_profile_sensor_data)
    drawn = graph.hear(Image, "overlay", qos_profile_sensor_data)

    def written() -> bool:
        battery.publish(BatteryState(percentage=0.25))
        header = Header(stamp=graph.observer.get_clock().now().to_msg(), frame_id="camera")
        images.publish(pixels_to_image(BLACK, header))
        return bool(drawn and captions and "battery 25 %" in captions[-1])

    graph.until(written, "the overlay shows the battery")
    assert drawn[-1].header.frame_id == "camera"


def test_without_an_overlay_the_tracker_does_not_listen_to_the_battery(graph):
    graph.start(HandTrackerNode, overlay=False)
    graph.until_state("hand_tracker_node", "active")
    assert graph.observer.count_subscribers("sparsity_command") == 1
    assert graph.observer.count_subscribers("battery_state") == 0
