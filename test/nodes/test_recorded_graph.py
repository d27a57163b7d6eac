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

"""A bag that was recorded while the nodes ran evaluates to the hands that they published."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hand_tracking_dsp.msg import Hand3DArray, HandArray, SparsityCommand
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rclpy.serialization import serialize_message
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.evaluation.measures.catalogue import measured
from hand_tracking_dsp.evaluation.measures.frame_row import HANDLED
from hand_tracking_dsp.evaluation.replay.points import Setting
from hand_tracking_dsp.evaluation.replay.run import RecordingSpec, ReplayOptions, Unit, run_unit
from hand_tracking_dsp.nodes.camera_node import CameraNode
from hand_tracking_dsp.nodes.graph.bag_recorder import BagRecorder
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES, pixels_to_image
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.recordings.recorded_depth import DepthChoice
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.search import SearchOptions
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


# No frame is left out for want of time, and no thread beside the hands is sooner or later: a replay has time
# for all.
IN_TIME = {"deadline.predict": False, "deadline.reflex": False, "detector.schedule": "frame"}
IN_TURN = ReplayOptions(bank=default_bank(), tracker=TrackerOptions(search=SearchOptions(schedule="frame")))


@pytest.mark.parametrize("transport", ["raw", "compressed"])
def test_the_hands_are_those_that_were_published(graph, tmp_path, transport):
    compressed = transport == "compressed"
    heard = graph.hear(HandArray, "hands")
    command = graph.observer.create_publisher(SparsityCommand, "sparsity_command", LATCHED)
    graph.start(HandTrackerNode, autostart=False, image_transport=transport, **IN_TIME)
    assert graph.change_state("hand_tracker_node", "configure")
    graph.start(
        CameraNode,
        source="synthetic",
        width=320,
        height=240,
        rate_hz=15.0,
        compressed=compressed,
        autostart=False,
    )
    assert graph.change_state("camera_node", "configure")
    with BagWriter(tmp_path / "bag") as writer:
        topics = ("image_raw/compressed" if compressed else "image_raw", "hands", "truth")
        with BagRecorder(writer, topics, graph.domain_id) as recorder:
            graph.until(
                lambda: (
                    graph.observer.count_subscribers("/hands") == 2
                    # The tracker takes the images by reference, since the camera is in its process.
                    and graph.observer.count_subscribers(f"/{topics[0]}") == 1
                ),
                "the recorder is subscribed",
            )
            # Discovery is known here; the publishers learn of it a moment later.
            time.sleep(0.5)
            assert graph.change_state("hand_tracker_node", "activate")
            assert graph.change_state("camera_node", "activate")
            graph.until(lambda: len(heard) > 10, "hands are published")
            command.publish(SparsityCommand(level=3))
            graph.until(lambda: heard[-1].level == 3 and len(heard) > 30, "the level changes")
            graph.change_state("camera_node", "deactivate")
            graph.until(lambda: writer.counts["/hands"] >= len(heard), "the last hands are recorded")
        assert recorder.trouble is None
    setting = Setting("as recorded", as_recorded=True)
    result = run_unit(Unit(RecordingSpec("bag", tmp_path / "bag"), setting, IN_TURN))
    frames = result.frames.take(result.frames["outcome"] == HANDLED)
    assert not result.problems
    assert len(frames) == len(heard)
    assert {0.0, 3.0} <= set(frames["level"])
    assert (frames["recorded_same"] == 1).all()
    assert np.nanmax(frames["recorded_px"]) <= 1e-4
    assert frames["hands"].sum() == sum(len(message.hands) for message in heard) > 0


@pytest.mark.parametrize("mode", ["fused", "depth_only", "auto"])
def test_hands_in_space_are_those_that_were_published_also_when_the_light_goes_out(graph, tmp_path, mode):
    scene = SyntheticScene(SourceOptions(width=320, height=240, absence_s=0.0, speed=0.2, rate_hz=10.0))
    hands, in_space = graph.hear(HandArray, "hands", 100), graph.hear(Hand3DArray, "hands_3d", 100)
    infos = dict.fromkeys(("camera_info", "depth/camera_info"), CameraInfo)
    topics = {**infos, "depth/image_raw": Image, "image_raw": Image}
    send = {
        topic: graph.observer.create_publisher(kind, topic, qos_profile_sensor_data)
        for topic, kind in topics.items()
    }
    graph.start(HandTrackerNode, **{"depth.mode": mode}, **IN_TIME)
    wanted = [one for topic, one in send.items() if mode != "depth_only" or topic.startswith("depth")]
    graph.until(lambda: all(one.get_subscription_count() for one in wanted), "the tracker listens")
    dark = range(5, 30)
    with BagWriter(tmp_path / "bag") as writer:

        def write(topic, message):
            stamp_ns = Time.from_msg(message.header.stamp).nanoseconds
            kind = type(message)
            name = f"{kind.__module__.split('.')[0]}/msg/{kind.__name__}"
            writer.write_raw(f"/{topic}", name, stamp_ns, serialize_message(message))

        for number in range(45):
            frame = scene.frame(number)
            header = Header(stamp=Time(seconds=1000 + number * 0.1).to_msg(), frame_id="camera")
            image = np.zeros_like(frame.image) if number in dark else frame.image
            info = ROS_MESSAGES.camera_info(320, 240, scene.intrinsics, header)
            shown = {
                **dict.fromkeys(infos, info),
                "depth/image_raw": ROS_MESSAGES.depth_image(frame.depth_mm, header),
                "image_raw": pixels_to_image(image, header),
            }
            for topic, message in shown.items():
                send[topic].publish(message)
                write(topic, message)
            write("truth_3d", ROS_MESSAGES.truth_3d(frame.truth, header))
            graph.until(lambda count=number: len(hands) > count, "hands went out")
            graph.until(lambda count=number: len(in_space) > count, "hands in space went out")
            write("hands", hands[-1])
            write("hands_3d", in_space[-1])
    spec = RecordingSpec("bag", tmp_path / "bag", depth=DepthChoice())
    result = run_unit(Unit(spec, Setting("level 0", level=0, depth_mode=mode), IN_TURN))
    assert not result.problems
    found = measured(result.frames)
    found_in_depth = [one.source == Hand3DArray.DEPTH_ONLY for one in in_space]
    # The look at an image that is not used sees the one before where that comes first.
    late = 3 if mode == "auto" else 0
    assert np.count_nonzero(result.frames["in_depth"] != found_in_depth) <= 2 * late
    assert found["recorded_3d_same"] >= 1 - 2 * late / len(in_space)
    assert found["recorded_measured_3d_mm"] < (2.0 if late else 1e-3)
    assert found["recorded_error_3d_mm"] == pytest.approx(found["error_3d_mm"], abs=0.5 if late else 1e-3)
