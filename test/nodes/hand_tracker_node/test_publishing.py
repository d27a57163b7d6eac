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

"""Hands, stats, overlay and markers of the tracker, and the level that runs."""

from __future__ import annotations

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from hand_tracking_dsp.msg import SparsityCommand
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from visualization_msgs.msg import MarkerArray

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.messages.images import image_to_pixels
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES
from hand_tracking_dsp.tracking.operating_point import NO_POINT

NODE = "hand_tracker_node"
SENSOR = qos_profile_sensor_data
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def test_finds_both_hands_where_they_are(graph, start, camera, frames):
    start()
    camera.exchange(5)
    array = graph.until(lambda: camera.hands[-1].hands and camera.hands[-1], "hands were found")
    assert array.header.frame_id == "camera"
    assert (array.image_width, array.image_height, array.level) == (640, 480, 0)
    assert len(array.hands) == 2
    truth = frames[(camera.sent - 1) % len(frames)].truth
    for exact in truth:
        found = min(
            (np.array([(p.x, p.y) for p in hand.landmarks]) for hand in array.hands),
            key=lambda points: np.abs(points - exact.joints_px[:, :2]).mean(),
        )
        palm_px = np.linalg.norm(exact.joints_px[9, :2] - exact.joints_px[0, :2])
        assert np.linalg.norm(found - exact.joints_px[:, :2], axis=1).mean() < 0.25 * palm_px


def test_stats_tell_what_a_frame_cost(start, camera):
    start()
    stats = camera.exchange(3)
    assert [s.frame for s in stats] == [1, 2, 3]
    assert stats[0].detector_ran
    last = stats[-1]
    assert last.provider == "onnxruntime/CPUExecutionProvider"
    assert last.total_ms >= last.conversion_ms + last.detection_ms + last.landmarks_ms
    assert last.end_to_end_ms > 0
    assert 0 <= last.input_mean <= 1
    assert last.frames_dropped == 0


def test_stats_tell_how_far_smoothing_moved_the_hands_and_how_busy_the_accelerator_is(start, camera):
    start()
    last = camera.exchange(3)[-1]
    assert 0 < last.smoothing_residual < 30
    assert np.isnan(last.accelerator_utilization) or 0 <= last.accelerator_utilization <= 1


def test_switches_level_between_frames_and_loses_none(graph, start, camera):
    start()
    commands = graph.observer.create_publisher(SparsityCommand, "sparsity_command", LATCHED)
    graph.until(commands.get_subscription_count, "the tracker listens to commands")
    stats = camera.exchange(3)
    for level in (1, 0, 1):
        commands.publish(SparsityCommand(level=level))
        while stats[-1].applied_level != level:
            stats += camera.exchange(1)
    assert [s.frame for s in stats] == list(range(1, len(stats) + 1))
    assert stats[-1].frames_dropped == 0
    assert {s.applied_level for s in stats} == {0, 1}


def test_a_level_beyond_the_bank_runs_the_sparsest_and_says_so(graph, start, camera, diagnostics):
    commands = graph.observer.create_publisher(SparsityCommand, "sparsity_command", LATCHED)
    commands.publish(SparsityCommand(level=7))
    start()
    graph.until(lambda: camera.exchange(1)[0].requested_level == 7, "the command was taken")
    assert camera.stats[-1].applied_level == 4
    sentence = "Level 7 was commanded; level 4, the bank's sparsest, runs."
    assert diagnostics(NODE, lambda status: sentence in status.message).level == DiagnosticStatus.WARN


def test_a_command_of_a_level_alone_runs_its_densest_point(graph, start, camera, point_bank):
    commands = graph.observer.create_publisher(SparsityCommand, "sparsity_command", LATCHED)
    commands.publish(SparsityCommand(level=1))
    start(bank=str(point_bank))
    graph.until(lambda: camera.exchange(1)[0].applied_level == 1, "the command was taken")
    assert (camera.stats[-1].requested_point, camera.stats[-1].operating_point) == (NO_POINT, 1)


def test_runs_the_point_that_is_commanded_and_warns_of_one_it_has_not(
    graph, start, camera, point_bank, diagnostics
):
    start(bank=str(point_bank), operating_point=1)
    assert camera.exchange(1)[0].operating_point == 1
    commands = graph.observer.create_publisher(SparsityCommand, "sparsity_command", LATCHED)
    graph.until(commands.get_subscription_count, "the tracker listens to commands")
    commands.publish(SparsityCommand(level=1, operating_point=2))
    graph.until(lambda: camera.exchange(1)[0].operating_point == 2, "the point runs")
    values = {value.key: value.value for value in diagnostics(NODE).values}
    assert (values["operating_point"], values["gate"], values["search_interval_s"]) == ("2", "0.12", "0.5")
    commands.publish(SparsityCommand(level=0, operating_point=2))
    graph.until(lambda: camera.exchange(1)[0].operating_point == 0, "the level's own point runs")
    assert camera.stats[-1].requested_point == 2
    sentence = "Operating point 2 of level 0 was commanded, which the bank has not"
    assert diagnostics(NODE, lambda status: sentence in status.message).level == DiagnosticStatus.WARN


def test_shows_the_precision_that_runs(start, camera, diagnostics):
    start(precision="fp32")
    assert camera.exchange(1)
    status = diagnostics(NODE)
    values = {value.key: value.value for value in status.values}
    assert values["precision"] == "fp32"
    assert status.hardware_id == "onnxruntime/CPUExecutionProvider"
    assert values["detector"] == "pruned in fp32 on onnxruntime/CPUExecutionProvider"


@pytest.mark.parametrize("profile", [SENSOR, 5], ids=["best effort", "reliable"])
def test_draws_an_overlay_only_while_somebody_looks(graph, start, camera, profile):
    start()
    assert camera.exchange(2)
    overlays = []
    subscription = graph.observer.create_subscription(Image, "overlay", overlays.append, profile)
    graph.until(lambda: camera.exchange(1) and overlays, "an overlay was heard")
    drawn = image_to_pixels(overlays[0])[0]
    assert drawn.shape == (480, 640, 3)
    graph.observer.destroy_subscription(subscription)


def test_places_markers_in_front_of_the_camera(graph, start, camera, frames):
    start()
    infos = graph.observer.create_publisher(CameraInfo, "camera_info", SENSOR)
    graph.until(infos.get_subscription_count, "the tracker listens to camera_info")
    markers = graph.hear(MarkerArray, "markers")
    with SyntheticHandSource(SourceOptions(hands=2, absence_s=0.0)) as source:
        infos.publish(ROS_MESSAGES.camera_info(640, 480, source.intrinsics, Header()))
    skeletons = graph.until(
        lambda: camera.exchange(1) and markers and markers[-1].markers[1:], "skeletons were heard"
    )
    assert skeletons[0].header.frame_id == "camera"
    depths = [point.z for marker in skeletons for point in marker.points]
    exact = [hand.centre_m[2] for hand in frames[0].truth]
    assert 0.5 * min(exact) < np.median(depths) < 2 * max(exact)
