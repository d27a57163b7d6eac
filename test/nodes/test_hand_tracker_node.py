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

import array
import struct
import threading
import time
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from hand_tracking_dsp.msg import HandArray, SparsityCommand, TrackerStats
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger
from visualization_msgs.msg import MarkerArray

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.messages.images import image_to_pixels
from hand_tracking_dsp.nodes import hand_tracker_node
from hand_tracking_dsp.nodes.hand_tracker_node import HandTrackerNode
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES, pixels_to_image
from hand_tracking_dsp.tracking.drift import DriftMonitor
from hand_tracking_dsp.tracking.types import Drift

NODE = "hand_tracker_node"
SENSOR = qos_profile_sensor_data
# A budget that every frame keeps, on a busy machine too.
AMPLE_MS = 60_000.0
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture(scope="module")
def frames():
    """Give 20 frames of two synthetic hands."""
    with SyntheticHandSource(SourceOptions(hands=2, absence_s=0.0)) as source:
        return [source.read() for _ in range(20)]


class Camera:
    """Sends the next frame whenever the tracker has answered, so that none need be lost."""

    def __init__(self, graph, frames, topic="image_raw"):
        self.graph = graph
        self.frames = frames
        self.stats: list[TrackerStats] = graph.hear(TrackerStats, "stats", 100)
        self.hands: list[HandArray] = graph.hear(HandArray, "hands", 100)
        self.publisher = graph.observer.create_publisher(Image, topic, SENSOR)
        self.sent = 0

    def header(self):
        return Header(stamp=self.graph.observer.get_clock().now().to_msg(), frame_id="camera")

    def send(self, message=None):
        if message is None:
            message = pixels_to_image(self.frames[self.sent % len(self.frames)].image, self.header())
        self.publisher.publish(message)
        self.sent += 1
        return message

    def exchange(self, count):
        """Send frames one after the other; return the stats of each."""
        self.graph.until(self.publisher.get_subscription_count, "the tracker listens")
        self.graph.until(lambda: self.graph.observer.count_publishers("stats"), "stats are offered")
        begin = len(self.stats)
        while len(self.stats) < begin + count:
            heard = len(self.stats)
            self.send()
            self.graph.until(lambda heard=heard: len(self.stats) > heard, "stats of the frame were heard")
        return self.stats[begin:]


@pytest.fixture
def camera(graph, frames):
    return Camera(graph, frames)


def start(graph, **parameters):
    graph.start(HandTrackerNode, **parameters)
    graph.until_state(NODE, "active")


def rejected(camera, sentence, diagnostics):
    """Check that the last message sent was counted and told."""
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert status.message.startswith(sentence)
    stats = camera.exchange(1)[0]
    assert stats.frames_rejected == 1
    assert stats.frame == 1


def test_finds_both_hands_where_they_are(graph, camera, frames):
    start(graph)
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


def test_stats_tell_what_a_frame_cost(graph, camera):
    start(graph)
    stats = camera.exchange(3)
    assert [s.frame for s in stats] == [1, 2, 3]
    assert stats[0].detector_ran
    last = stats[-1]
    assert last.provider == "onnxruntime/CPUExecutionProvider"
    assert last.total_ms >= last.conversion_ms + last.detection_ms + last.landmarks_ms
    assert last.end_to_end_ms > 0
    assert 0 <= last.input_mean <= 1
    assert last.frames_dropped == 0


def test_switches_level_between_frames_and_loses_none(graph, camera):
    start(graph)
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


def test_drift_from_the_dense_level_is_measured_on_every_so_many_frames(graph, camera):
    start(graph, level=2, drift_interval=3, drift_budget_ms=AMPLE_MS)
    stats = camera.exchange(9)
    measured = [s for s in stats if s.drift_ms > 0]
    assert [s.frame for s in measured] == [3, 6, 9]
    assert all(0 < s.drift < 30 and np.isnan(s.drift_sparser) for s in measured)
    assert all(np.isnan(s.drift) for s in stats if s not in measured)


def test_at_the_dense_level_drift_is_zero_and_that_of_the_next_is_told(graph, camera):
    start(graph, drift_interval=2, drift_budget_ms=AMPLE_MS)
    first, second = camera.exchange(2)
    assert np.isnan(first.drift)
    assert second.drift == 0
    assert 0 < second.drift_sparser < 30


def test_drift_is_not_measured_where_the_budget_does_not_allow_it(graph, camera):
    start(graph, level=2, drift_interval=1, drift_budget_ms=0.5)
    stats = camera.exchange(4)
    assert all(np.isnan(s.drift) and s.drift_ms == 0 for s in stats)
    assert all(s.hands == 2 for s in stats)
    assert graph.set_parameter(NODE, "drift_budget_ms", AMPLE_MS).successful
    assert camera.exchange(2)[-1].drift > 0
    assert graph.set_parameter(NODE, "drift_interval", 0).successful
    assert np.isnan(camera.exchange(2)[-1].drift)


def test_hands_and_stats_are_published_though_measuring_the_drift_fails(graph, camera, monkeypatch):
    monkeypatch.setattr(DriftMonitor, "measure", Mock(side_effect=RuntimeError("out of memory")))
    start(graph)
    stats = camera.exchange(3)
    assert all(s.hands == 2 and np.isnan(s.drift) and s.frames_rejected == 0 for s in stats)
    graph.until(lambda: len(camera.hands) == camera.sent, "all hands were heard")


def test_hands_do_not_wait_for_the_drift(graph, camera, monkeypatch):
    def until_the_hands_are_heard(*_):
        patience = 6000
        while len(camera.hands) < camera.sent and (patience := patience - 1):
            time.sleep(0.01)
        return Drift(float(len(camera.hands)), ms=500.0)

    start(graph)
    camera.exchange(1)
    monkeypatch.setattr(DriftMonitor, "measure", until_the_hands_are_heard)
    assert camera.exchange(1)[0].drift == camera.sent


def test_stats_tell_how_far_smoothing_moved_the_hands_and_how_busy_the_accelerator_is(graph, camera):
    start(graph)
    last = camera.exchange(3)[-1]
    assert 0 < last.smoothing_residual < 30
    assert np.isnan(last.accelerator_utilization) or 0 <= last.accelerator_utilization <= 1


def test_a_level_beyond_the_bank_runs_the_sparsest_and_says_so(graph, camera, diagnostics):
    commands = graph.observer.create_publisher(SparsityCommand, "sparsity_command", LATCHED)
    commands.publish(SparsityCommand(level=7))
    start(graph)
    graph.until(lambda: camera.exchange(1)[0].requested_level == 7, "the command was taken")
    assert camera.stats[-1].applied_level == 5
    sentence = "Level 7 was commanded; level 5, the bank's sparsest, runs."
    assert diagnostics(NODE, lambda status: sentence in status.message).level == DiagnosticStatus.WARN


def test_takes_compressed_images(graph, camera, frames):
    start(graph, image_transport="compressed")
    publisher = graph.observer.create_publisher(CompressedImage, "image_raw/compressed", SENSOR)
    graph.until(publisher.get_subscription_count, "the tracker listens")
    graph.until(lambda: graph.observer.count_publishers("hands"), "hands are offered")
    publisher.publish(ROS_MESSAGES.compressed_image(frames[0].image, 95, camera.header()))
    graph.until(lambda: camera.hands and camera.hands[0].hands, "hands were found")


def large_by_its_header() -> bytes:
    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    chunks = struct.pack(">I", 13) + b"IHDR" + header + bytes(4) + bytes(4) + b"IEND" + bytes(4)
    return b"\x89PNG\r\n\x1a\n" + chunks


def with_a_hole(image: np.ndarray) -> bytes:
    whole = cv2.imencode(".jpg", image)[1].tobytes()
    return whole[: len(whole) // 2] + whole[len(whole) // 2 + 1500 :]


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda _: large_by_its_header(), "a PNG, is 30000x30000 pixels: more than max_image_megapixels, 64"),
        (with_a_hole, "cannot be decoded, as it is a damaged JPEG (Corrupt JPEG data: "),
    ],
    ids=["too large", "damaged"],
)
def test_a_compressed_image_that_cannot_be_used_is_rejected_and_named(
    graph, camera, diagnostics, frames, make, sentence
):
    start(graph, image_transport="compressed")
    publisher = graph.observer.create_publisher(CompressedImage, "image_raw/compressed", SENSOR)
    graph.until(publisher.get_subscription_count, "the tracker listens")
    message = CompressedImage(
        header=camera.header(), format="png", data=array.array("B", make(frames[0].image))
    )
    publisher.publish(message)
    status = diagnostics(NODE, lambda status: status.level == status.ERROR)
    assert sentence in status.message
    graph.until(lambda: graph.observer.count_publishers("stats"), "stats are offered")
    publisher.publish(ROS_MESSAGES.compressed_image(frames[0].image, 95, camera.header()))
    graph.until(lambda: camera.stats, "stats were heard")
    assert (camera.stats[0].frame, camera.stats[0].frames_rejected) == (1, 1)


def test_what_belongs_to_an_image_follows_its_remap_as_in_image_transport(graph):
    start(graph, image_transport="compressed", arguments=["-r", "image_raw:=/front/image_raw"])
    topics = ("/front/image_raw/compressed", "/front/camera_info")
    graph.until(lambda: all(map(graph.observer.count_subscribers, topics)), "the tracker listens")
    assert not graph.observer.count_subscribers("/image_raw/compressed")


@pytest.mark.parametrize("profile", [SENSOR, 5], ids=["best effort", "reliable"])
def test_draws_an_overlay_only_while_somebody_looks(graph, camera, profile):
    start(graph)
    assert camera.exchange(2)
    overlays = []
    subscription = graph.observer.create_subscription(Image, "overlay", overlays.append, profile)
    graph.until(lambda: camera.exchange(1) and overlays, "an overlay was heard")
    drawn = image_to_pixels(overlays[0])[0]
    assert drawn.shape == (480, 640, 3)
    graph.observer.destroy_subscription(subscription)


def test_places_markers_in_front_of_the_camera(graph, camera, frames):
    start(graph)
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


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"encoding": "rainbow"}, "The image's encoding is 'rainbow': use one of"),
        ({"step": 7}, "The image's step is 7 bytes, but 640 pixels of bgr8 need 1920: fix its publisher."),
        ({"width": 0, "height": 0}, "The image is 0x0 pixels: it needs at least one row and one column."),
        (
            {"height": 481},
            "The image is truncated: 481 rows of 1920 bytes need 923520 bytes, but it holds 921600",
        ),
    ],
    ids=["unknown encoding", "wrong step", "zero size", "truncated"],
)
def test_a_bad_frame_is_counted_told_and_skipped(graph, camera, diagnostics, changes, sentence):
    start(graph)
    graph.until(camera.publisher.get_subscription_count, "the tracker listens")
    message = pixels_to_image(camera.frames[0].image, camera.header())
    for name, value in changes.items():
        setattr(message, name, value)
    camera.send(message)
    rejected(camera, sentence, diagnostics)


def test_a_stamp_of_zero_or_from_the_future_has_no_end_to_end_time(graph, camera):
    start(graph)
    camera.exchange(1)
    future = Header()
    future.stamp.sec = 2**31 - 1
    for header in (Header(), future):
        heard = len(camera.stats)
        camera.send(pixels_to_image(camera.frames[0].image, header))
        graph.until(lambda heard=heard: len(camera.stats) > heard, "stats were heard")
        assert np.isnan(camera.stats[-1].end_to_end_ms)
        assert camera.stats[-1].header == header


def test_ages_are_counted_in_simulated_time(graph, camera):
    graph.start(HandTrackerNode, use_sim_time=True)
    clock = graph.observer.create_publisher(Clock, "/clock", 10)
    graph.until(clock.get_subscription_count, "the tracker listens to /clock")
    graph.until(camera.publisher.get_subscription_count, "the tracker listens")
    header = Header()
    header.stamp.sec = 99

    def send_and_hear():
        clock.publish(Clock(clock=Time(sec=100)))
        camera.send(pixels_to_image(camera.frames[0].image, header))
        return camera.stats and camera.stats[-1].end_to_end_ms == 1000.0

    graph.until(send_and_hear, "the age is a second of simulated time")


def test_forgets_its_hands_when_time_runs_back_and_on_request(graph, camera):
    start(graph)
    camera.exchange(3)

    def first_id():
        return min(hand.track_id for hand in camera.hands[-1].hands)

    before = graph.until(lambda: camera.hands[-1].hands and first_id(), "hands were found")
    old = Header()
    old.stamp.sec = 5
    camera.send(pixels_to_image(camera.frames[3].image, old))
    graph.until(lambda: camera.hands[-1].hands and first_id() > before, "the hands got new ids")
    before = first_id()
    assert graph.call(Trigger, f"{NODE}/reset", Trigger.Request()).success
    graph.until(lambda: camera.exchange(1) and first_id() > before, "the hands got new ids")


def test_lifecycle_from_outside_frees_and_reloads_the_bank(graph, camera):
    graph.start(HandTrackerNode, autostart=False)
    assert graph.change_state(NODE, "configure")
    assert graph.change_state(NODE, "activate")
    camera.exchange(2)
    assert graph.change_state(NODE, "deactivate")
    assert graph.change_state(NODE, "activate")
    assert camera.exchange(2)[0].frame == 1
    assert graph.change_state(NODE, "deactivate")
    assert graph.change_state(NODE, "cleanup")
    assert graph.observer.count_publishers("hands") == 0
    assert graph.change_state(NODE, "configure")
    assert graph.change_state(NODE, "shutdown")
    assert graph.state(NODE) == "finalized"


def test_shows_the_precision_that_runs(graph, camera, diagnostics):
    start(graph, precision="fp32")
    assert camera.exchange(1)
    values = {value.key: value.value for value in diagnostics(NODE).values}
    assert values["precision"] == "fp32"


def test_runs_again_after_a_refusal_was_mended(graph, camera):
    graph.start(HandTrackerNode, bank="/nowhere")
    assert graph.state(NODE) == "unconfigured"
    assert graph.set_parameter(NODE, "bank", "").successful
    assert graph.change_state(NODE, "configure")
    assert graph.change_state(NODE, "activate")
    assert camera.exchange(1)


def test_warns_while_no_image_comes(graph, diagnostics):
    start(graph)
    status = diagnostics(NODE, lambda status: status.level == status.WARN)
    assert status.message.startswith("No image has come on /image_raw yet: nobody publishes there.")


def test_warns_when_images_stop_coming(graph, camera, diagnostics):
    start(graph)
    camera.exchange(2)
    sentence = "No image has come on /image_raw for "
    status = diagnostics(NODE, lambda status: sentence in status.message)
    assert "although /observer publishes there." in status.message
    camera.exchange(1)
    diagnostics(NODE, lambda status: sentence not in status.message)


def test_an_image_that_never_ends_is_told_though_more_come(graph, camera, diagnostics, monkeypatch):
    monkeypatch.setattr(hand_tracker_node, "_STUCK_S", 0.2)
    over = threading.Event()
    monkeypatch.setattr(DriftMonitor, "measure", lambda *_: over.wait(60) and Drift())
    start(graph)
    graph.until(camera.publisher.get_subscription_count, "the tracker listens")
    camera.send()
    status = diagnostics(NODE, lambda status: "An image has been under way for" in status.message)
    over.set()
    assert status.level == status.ERROR
    diagnostics(NODE, lambda status: "under way" not in status.message)
