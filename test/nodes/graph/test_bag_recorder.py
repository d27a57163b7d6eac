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

"""The recorder of a graph: publishers that come later, those that cannot be recorded, a disk that is full."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState
from std_msgs.msg import Float32, String, UInt8

from hand_tracking_dsp.cameras.camera import HandTruth
from hand_tracking_dsp.depth.types import Hands3d, HandSource
from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.nodes.graph import bag_recorder
from hand_tracking_dsp.nodes.graph.bag_recorder import BagRecorder
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES
from hand_tracking_dsp.recordings.bag_recording import BagRecording
from hand_tracking_dsp.recordings.bags.reader import open_bag
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.recordings.recorded_depth import DepthChoice
from hand_tracking_dsp.tracking.depth_view import Intrinsics

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

BEST_EFFORT = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def until(condition: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_publishers_that_come_later_are_recorded_with_what_they_offer(graph, tmp_path: Path) -> None:
    node = graph.observer
    latched = node.create_publisher(String, "word", LATCHED)
    latched.publish(String(data="kept"))
    before_ns = time.time_ns()
    with BagWriter(tmp_path / "bag") as writer, BagRecorder(writer, ["word", "/late"], graph.domain_id):
        until(lambda: writer.counts["/word"])
        late = node.create_publisher(String, "late", BEST_EFFORT)
        other = node.create_publisher(String, "other", 10)
        until(late.get_subscription_count)
        for number in range(5):
            late.publish(String(data=str(number)))
            other.publish(String(data="not wanted"))
            until(lambda number=number: writer.counts["/late"] > number)
    with open_bag(tmp_path / "bag") as opened:
        heard = [(one.topic, message.data) for one, _, message in opened.read()]
        stamps = [at for _, at, _ in opened.messages()]
        offers = {one.topic: one.ext.offered_qos_profiles[0] for one in opened.connections}
    assert heard == [("/word", "kept"), *(("/late", str(number)) for number in range(5))]
    assert before_ns <= stamps[0] <= stamps[-1] <= time.time_ns()
    assert (offers["/word"].reliability.name, offers["/word"].durability.name) == (
        "RELIABLE",
        "TRANSIENT_LOCAL",
    )
    assert (offers["/late"].reliability.name, offers["/late"].durability.name) == ("BEST_EFFORT", "VOLATILE")


def test_battery_and_power_are_recorded_where_no_topic_is_named(graph, tmp_path: Path) -> None:
    battery = graph.observer.create_publisher(BatteryState, "battery_state", 10)
    power = graph.observer.create_publisher(Float32, "power_w", 10)
    with BagWriter(tmp_path / "bag") as writer, BagRecorder(writer, (), graph.domain_id):
        until(lambda: battery.get_subscription_count() and power.get_subscription_count())
        battery.publish(BatteryState(percentage=0.5))
        power.publish(Float32(data=12.5))
        until(lambda: writer.counts["/battery_state"] and writer.counts["/power_w"])
    with open_bag(tmp_path / "bag") as opened:
        read = {one.topic: message for one, _, message in opened.read()}
    assert read["/battery_state"].percentage == 0.5
    assert read["/power_w"].data == 12.5


def test_a_graph_with_depth_is_recorded_and_read_as_a_recording_with_depth(graph, tmp_path: Path) -> None:
    camera = Intrinsics(300.0, 300.0, 32.0, 24.0)
    header = ROS_MESSAGES.header(time.time_ns(), "eye")
    joints = np.tile(np.float32([0.0, 0.0, 0.6]), (21, 1))
    truth = HandTruth(Handedness.LEFT, joints, joints * 0, joints[0])
    messages = {
        "image_raw": ROS_MESSAGES.image(np.zeros((48, 64, 3), np.uint8), header),
        "camera_info": ROS_MESSAGES.camera_info(64, 48, camera, header),
        "depth/image_raw": ROS_MESSAGES.depth_image(np.full((48, 64), 600, np.uint16), header),
        "depth/camera_info": ROS_MESSAGES.camera_info(64, 48, camera, header),
        "truth_3d": ROS_MESSAGES.truth_3d([truth], header),
        "hands_3d": ROS_MESSAGES.hands_3d(Hands3d((), HandSource.FUSED), header),
    }
    publishers = {
        name: graph.observer.create_publisher(type(one), name, 10) for name, one in messages.items()
    }
    with BagWriter(tmp_path / "bag") as writer, BagRecorder(writer, (), graph.domain_id):
        until(lambda: all(one.get_subscription_count() for one in publishers.values()))
        for name, message in messages.items():
            publishers[name].publish(message)
        until(lambda: all(writer.counts[f"/{name}"] for name in messages))
    recording = BagRecording(tmp_path / "bag", depth=DepthChoice())
    (frame,) = recording.frames()
    assert frame.depth is not None
    view = frame.depth.view(64, 48)
    assert view.metres[0, 0] == pytest.approx(0.6)
    assert view.camera == camera
    assert frame.truth_3d is not None
    np.testing.assert_allclose(frame.truth_3d[0].joints_m, joints)
    assert not recording.problems


def test_what_cannot_be_recorded_is_told(graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bag_recorder, "is_known", lambda msgtype: msgtype != "std_msgs/msg/UInt8")
    publisher = graph.observer.create_publisher(UInt8, "strange", 10)
    with BagWriter(tmp_path / "bag") as writer, BagRecorder(writer, (), graph.domain_id) as recorder:
        until(lambda: recorder.unknown)
        publisher.publish(UInt8(data=1))
        assert recorder.unknown == {"/strange": "the definition of std_msgs/msg/UInt8 is not known here"}
        assert recorder.trouble is None
    assert "/strange" not in writer.counts


def test_a_bag_that_can_no_longer_be_written_is_told(
    graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = graph.observer.create_publisher(String, "word", LATCHED)
    publisher.publish(String(data="x"))
    with BagWriter(tmp_path / "bag") as writer, BagRecorder(writer, ["word"], graph.domain_id) as recorder:

        def fail(*_: object) -> None:
            msg = "No space left on device"
            raise OSError(28, msg)

        monkeypatch.setattr(writer._writer, "write", fail)
        until(lambda: recorder.trouble)
        assert isinstance(recorder.trouble, OutputError)
        assert "No space left on device" in str(recorder.trouble)
