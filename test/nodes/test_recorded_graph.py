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
from hand_tracking_dsp.msg import HandArray, SparsityCommand
from rclpy.qos import DurabilityPolicy, QoSProfile

pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
from hand_tracking_dsp.evaluation.measures.frames import HANDLED
from hand_tracking_dsp.evaluation.replay.points import Setting
from hand_tracking_dsp.evaluation.replay.run import RecordingSpec, ReplayOptions, Unit, run_unit
from hand_tracking_dsp.nodes.camera_node import CameraNode
from hand_tracking_dsp.nodes.graph.bag_recorder import BagRecorder
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.search import SearchOptions
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.mark.parametrize("transport", ["raw", "compressed"])
def test_the_hands_are_those_that_were_published(graph, tmp_path, transport):
    compressed = transport == "compressed"
    heard = graph.hear(HandArray, "hands")
    command = graph.observer.create_publisher(SparsityCommand, "sparsity_command", LATCHED)
    # No frame is left out for want of time, and no thread beside the hands is sooner or later: a replay has
    # time for all.
    in_time = {"deadline.predict": False, "deadline.reflex": False, "detector.schedule": "frame"}
    graph.start(HandTrackerNode, autostart=False, image_transport=transport, **in_time)
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
    in_turn = TrackerOptions(search=SearchOptions(schedule="frame"))
    options = ReplayOptions(bank=default_bank(), tracker=in_turn)
    result = run_unit(Unit(RecordingSpec("bag", tmp_path / "bag"), setting, options))
    frames = result.frames.take(result.frames["outcome"] == HANDLED)
    assert not result.problems
    assert len(frames) == len(heard)
    assert {0.0, 3.0} <= set(frames["level"])
    assert (frames["recorded_same"] == 1).all()
    assert np.nanmax(frames["recorded_px"]) <= 1e-4
    assert frames["hands"].sum() == sum(len(message.hands) for message in heard) > 0
