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

"""Camera and tracker in one process: images pass by reference, and all else is as with a process for each."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hand_tracking_dsp.msg import Hand3DArray, HandArray, TrackerStats
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.messages.build import MessageBuilder
from hand_tracking_dsp.messages.images import SharedImage, image_to_pixels
from hand_tracking_dsp.messages.message import stamp_ns
from hand_tracking_dsp.nodes import camera_node
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.sharing import SharedPublisher
from hand_tracking_dsp.nodes.camera_node import CameraNode
from hand_tracking_dsp.nodes.graph.processes import GraphOptions, NodeProcesses
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.messages.conversion import pixels_to_image
from hand_tracking_dsp.nodes.tables.camera import CAMERA
from hand_tracking_dsp.tracking.tracker_options import ALL_MEASURED

SENSOR = qos_profile_sensor_data
TRACKER = "hand_tracker_node"
SMALL = {"width": 320, "height": 240, "hands": 2, "absence_s": 0.0, "rate_hz": 10.0}
SHARED = "taken by reference /image_raw"


class SteppedCamera(ManagedNode):
    """Publishes the images that a test gives it."""

    def __init__(self, **options) -> None:
        super().__init__("stepped_camera", CAMERA, **options)

    def configure(self) -> None:
        self.image: SharedPublisher = self.share_on(Image, "image_raw", "image")


def start_both(graph, **parameters):
    """Start camera and tracker; return the stats that are heard."""
    stats = graph.hear(TrackerStats, "stats", 100)
    graph.start(CameraNode, **{**SMALL, **parameters})
    graph.start(HandTrackerNode)
    graph.until(lambda: stats, "a frame was handled")
    return stats


def unsubscribed(graph, topic="image_raw"):
    graph.until(lambda: not graph.observer.count_subscribers(topic), f"nobody subscribes to {topic}")


def more(graph, stats, count=5):
    begin = len(stats)
    graph.until(lambda: len(stats) >= begin + count, f"{count} more frames were handled")


def values(status):
    return {value.key: value.value for value in status.values}


def test_no_image_is_published_and_hands_are_found(graph, diagnostics, monkeypatch):
    made = []
    monkeypatch.setattr(camera_node, "pixels_to_image", lambda *given: made.append(given))
    hands = graph.hear(HandArray, "hands", 100)
    start_both(graph)
    unsubscribed(graph)
    unsubscribed(graph, "camera_info")
    made.clear()  # before it met the camera the tracker may have subscribed
    hands.clear()
    graph.until(lambda: sum(bool(array.hands) for array in hands) >= 3, "hands were found")
    shown = values(diagnostics(TRACKER, lambda status: SHARED in values(status)))
    assert shown["frames_lost"] == "0"
    assert not made


def test_the_hands_are_the_same_by_either_way(graph):
    """One frame after the other, the second time over DDS, with the same stamps."""
    hands = graph.hear(HandArray, "hands", 100)
    camera = graph.start(SteppedCamera)
    # With nothing that depends on how long a frame takes.
    steady = {**ALL_MEASURED, "deadline.predict": False, "deadline.reflex": False}
    graph.start(HandTrackerNode, **steady)
    graph.until_state(TRACKER, "active")
    with SyntheticHandSource(SourceOptions(hands=2, absence_s=0.0)) as source:
        frames = [source.read().image for _ in range(6)]
    ways = []
    graph.until(lambda: camera.image.wanted, "the tracker takes by reference")
    for by_reference in (True, False):
        if not by_reference:
            graph.change_state("stepped_camera", "deactivate")
            graph.change_state("stepped_camera", "cleanup")
            over_dds = graph.observer.create_publisher(Image, "image_raw", SENSOR)
            graph.until(over_dds.get_subscription_count, "the tracker has subscribed")
        way = []
        for number, pixels in enumerate(frames):
            header = Header(stamp=Time(sec=1000, nanosec=number * 33_000_000), frame_id="camera")
            heard = len(hands)
            if by_reference:
                camera.image.publish(SharedImage(header, pixels), pytest.fail)
            else:
                over_dds.publish(pixels_to_image(pixels, header))
            graph.until(lambda heard=heard: len(hands) > heard, "the frame was handled")
            way.append(hands[-1])
        ways.append(way)
    assert all(array.hands for way in ways for array in way)
    for first, second in zip(*ways, strict=True):
        assert first.header == second.header
        for hand, other in zip(first.hands, second.hands, strict=True):
            assert hand.landmarks == other.landmarks


def test_a_third_node_gets_images_as_soon_as_it_comes(graph):
    stats = start_both(graph)
    unsubscribed(graph)
    images, infos = graph.hear(Image, "image_raw", SENSOR), graph.hear(CameraInfo, "camera_info", SENSOR)
    graph.until(lambda: len(images) >= 5 and len(infos) >= 5, "images and camera_info were heard")
    handled = [stamp_ns(one) for one in stats]
    assert len(set(handled)) == len(handled)  # nothing came by both ways
    assert {stamp_ns(image) for image in images[:3]} <= set(handled)
    pixels, _ = image_to_pixels(images[-1])
    assert pixels.shape == (240, 320, 3)
    assert np.ptp(pixels) > 0


def test_the_tracker_goes_on_with_a_camera_that_is_started_again(graph, diagnostics):
    stats = start_both(graph)
    for transitions in (("deactivate", "activate"), ("deactivate", "cleanup", "configure", "activate")):
        for transition in transitions:
            assert graph.change_state("camera_node", transition)
        more(graph, stats)
        unsubscribed(graph)
    assert values(diagnostics(TRACKER))["frames_rejected"] == "0"


def test_a_camera_that_fails_does_not_take_the_tracker_with_it(graph, diagnostics, monkeypatch):
    stats = start_both(graph, retry_s=0.1, retry_max_s=0.1)

    fault = Mock(side_effect=RuntimeError("the driver's own fault"))
    with monkeypatch.context() as patch:
        patch.setattr(SyntheticHandSource, "read", fault)
        diagnostics("camera_node", lambda status: "the driver's own fault" in status.message)
        silent = diagnostics(TRACKER, lambda status: "No image has come on /image_raw" in status.message)
        assert "although /camera_node publishes there" in silent.message
    more(graph, stats)
    assert graph.state(TRACKER) == "active"


def test_a_camera_elsewhere_on_the_same_topic_is_taken_too_and_named(graph, diagnostics):
    stats = start_both(graph)
    unsubscribed(graph)
    other = graph.observer.create_publisher(Image, "image_raw", SENSOR)
    stamp = Time(sec=2_000_000_000)

    def taken():
        other.publish(pixels_to_image(np.zeros((48, 64, 3), np.uint8), Header(stamp=stamp)))
        return any(one.header.stamp == stamp for one in stats)

    graph.until(taken, "an image of the other camera was handled")
    diagnostics(TRACKER, lambda status: "2 publishers are on /image_raw" in status.message)
    graph.observer.destroy_publisher(other)
    unsubscribed(graph)
    more(graph, stats)


def test_compressed_images_pass_by_reference_too(graph):
    stats = graph.hear(TrackerStats, "stats", 100)
    graph.start(CameraNode, compressed=True, **SMALL)
    graph.start(HandTrackerNode, image_transport="compressed")
    graph.until(lambda: stats, "a frame was handled")
    unsubscribed(graph, "image_raw/compressed")
    more(graph, stats)
    heard = graph.hear(CompressedImage, "image_raw/compressed", SENSOR)
    graph.until(lambda: heard, "another subscriber gets them")


def test_depth_passes_by_reference_too(graph, diagnostics, monkeypatch):
    made = []
    heard = graph.hear(Hand3DArray, "hands_3d", 100)
    graph.start(CameraNode, depth=True, **SMALL)
    graph.start(HandTrackerNode, depth__mode="fused")
    graph.until(lambda: any(one.hands for one in heard), "hands in space were heard")
    for topic in ("depth/image_raw", "depth/camera_info"):
        unsubscribed(graph, topic)
    monkeypatch.setattr(MessageBuilder, "depth_image", lambda *given: made.append(given))
    heard.clear()
    graph.until(lambda: sum(bool(one.hands) for one in heard) >= 3, "hands in space were heard")
    shared = "taken by reference /depth/image_raw"
    shown = values(diagnostics(TRACKER, lambda status: shared in values(status)))
    assert shown["depth_rejected"] == "0"
    assert not made


def test_two_cameras_have_a_tracker_each(graph):
    for side, width in (("left", 320), ("right", 160)):
        graph.start(CameraNode, namespace=side, **{**SMALL, "width": width, "height": width * 3 // 4})
        graph.start(HandTrackerNode, namespace=side)
    for side, width in (("left", 320), ("right", 160)):
        hands = graph.hear(HandArray, f"{side}/hands", 100)
        graph.until(lambda hands=hands: len(hands) >= 5, f"the {side} tracker handled frames")
        assert {array.image_width for array in hands} == {width}
        unsubscribed(graph, f"{side}/image_raw")


@pytest.fixture
def together(graph):
    """Give the processes of camera and tracker, which share one, and what they print."""
    said: list[tuple[str, str]] = []
    options = GraphOptions(
        nodes=("camera_node", TRACKER),
        namespace="robot",
        parameters={"camera_node": SMALL},
        domain_id=graph.domain_id,
        composed=True,
    )
    with NodeProcesses(options, lambda *line: said.append(line)) as processes:
        yield processes, said


def test_one_process_runs_both_under_their_names_and_stops_cleanly(graph, together):
    processes, said = together
    hands = graph.hear(HandArray, "robot/hands", 100)
    graph.until(lambda: hands, "hands were heard")
    pids = processes.pids
    assert pids.keys() == {"camera_node", TRACKER}
    assert len(set(pids.values())) == 1
    # Two participants of Fast DDS in one process can deadlock; each has a thread for its events.
    tasks = Path(f"/proc/{pids[TRACKER]}/task").glob("*/comm")
    assert sum(task.read_text().startswith("dds.ev") for task in tasks) <= 1
    unsubscribed(graph, "robot/image_raw")
    for node in pids:
        assert (node, "[INFO] active") in said
    assert processes.stop() == {f"camera_node+{TRACKER}": 0}
    assert not any("Traceback" in line for _, line in said)


def test_a_killed_process_of_both_is_started_again_whole(graph, together):
    processes, said = together
    hands = graph.hear(HandArray, "robot/hands", 100)
    graph.until(lambda: hands, "hands were heard")
    first = processes.pids[TRACKER]
    os.kill(first, signal.SIGKILL)
    graph.until(lambda: processes.exited() == {f"camera_node+{TRACKER}": -9}, "the process has ended")
    processes.restart(f"camera_node+{TRACKER}")
    graph.until(lambda: said.count((TRACKER, "[INFO] active")) == 2, "the tracker is active again")
    more(graph, hands)
    assert processes.pids[TRACKER] == processes.pids["camera_node"] != first
