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

"""Depth of a source, of every transport, and under the topics of other packages, read from bags."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.bag_messages import CAMERA, FRAME_NS, PIXELS, START_NS, depth_mm, header

from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.depth.types import JointState
from hand_tracking_dsp.recordings.bag_recording import BagRecording
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.recordings.bags.record_camera import record_source
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.recordings.recorded_depth import DepthChoice


@pytest.mark.parametrize("compressed", [None, 90])
@pytest.mark.parametrize("form", ["mcap", "sqlite3"])
def test_a_source_with_depth_comes_back_from_its_bag(tmp_path, source_options, compressed, form):
    with SyntheticHandSource(source_options) as source, BagWriter(tmp_path / "bag", form) as writer:
        record_source(source, writer, 0.2, compressed, depth=True)
        camera = source.intrinsics
    with SyntheticHandSource(source_options) as source:
        shown = [source.read() for _ in range(6)]
    recording = BagRecording(tmp_path / "bag", depth=DepthChoice())
    assert recording.count() == 6, "the depth images are no second camera"
    for frame, exact in zip(recording.frames(), shown, strict=True):
        view = frame.depth.view(320, 240)
        np.testing.assert_array_equal(np.round(view.metres * 1000), exact.depth_mm)
        assert view.camera == camera
        assert frame.depth.offset_s == 0
        (found,), (true,) = frame.truth_3d, exact.truth
        np.testing.assert_allclose(found.joints_m, true.joints_m + true.centre_m, atol=1e-6)
        assert (found.states != JointState.UNKNOWN).all()
    assert not recording.problems
    plain = list(BagRecording(tmp_path / "bag").frames())
    assert all(frame.depth is None for frame in plain), "nobody asked for it"


def picture(values_mm, stamp_ns, frame_id):
    """Depth as image_transport's plugin compressed gives it."""
    message = BAG_MESSAGES.compressed_depth(values_mm, header(stamp_ns, frame_id))
    message.format = "16UC1; png compressed "
    message.data = cv2.imencode(".png", values_mm)[1].reshape(-1)
    return message


@pytest.mark.parametrize("with_colour", [True, False])
def test_depth_is_read_in_every_transport_also_where_it_is_all_there_is(tmp_path, with_colour):
    for transport, make in (("", plain), ("/compressedDepth", packed), ("/compressed", picture)):
        path = tmp_path / f"bag{transport.strip('/')}"
        with BagWriter(path) as writer:
            writer.write(f"/depth/image_raw{transport}", make(depth_mm(800), START_NS, "eye"), START_NS)
            info = BAG_MESSAGES.camera_info(64, 48, CAMERA, header(START_NS))
            writer.write("/depth/camera_info", info, START_NS)
            if with_colour:
                writer.write("/image_raw", BAG_MESSAGES.image(PIXELS, header(START_NS)), START_NS)
        recording = BagRecording(path, depth=DepthChoice())
        (frame,) = recording.frames()
        assert recording.count() == 1
        assert frame.image.shape == (48, 64, 3)
        assert frame.depth.view(64, 48).metres[0, 0] == pytest.approx(0.8)
        assert frame.depth.is_image != with_colour
        assert not recording.problems


def packed(values_mm, stamp_ns, frame_id):
    return BAG_MESSAGES.compressed_depth(values_mm, header(stamp_ns, frame_id))


def floats(values_mm, stamp_ns, frame_id):
    """Depth in metres with NaN and infinity, as a ZED's."""
    message = BAG_MESSAGES.depth_image(values_mm, header(stamp_ns, frame_id))
    metres = (values_mm / np.float32(1000)).astype("<f4")
    metres[0, :3] = np.nan, np.inf, -np.inf
    message.encoding, message.step, message.data = "32FC1", 4 * 64, metres.view(np.uint8).reshape(-1)
    return message


def plain(values_mm, stamp_ns, frame_id):
    return BAG_MESSAGES.depth_image(values_mm, header(stamp_ns, frame_id))


@pytest.mark.parametrize(
    ("image", "info", "depth", "frame_id", "make"),
    [
        (
            "/camera/camera/color/image_raw",
            "/camera/camera/aligned_depth_to_color/camera_info",
            "/camera/camera/aligned_depth_to_color/image_raw",
            "camera_color_optical_frame",
            plain,
        ),
        (
            "/camera/color/image_raw",
            "/camera/color/camera_info",
            "/camera/aligned_depth_to_color/image_raw/compressedDepth",
            "camera_color_optical_frame",
            packed,
        ),
        ("/rgb/image_raw", "/depth_to_rgb/camera_info", "/depth_to_rgb/image_raw", "rgb_camera_link", floats),
        ("/oak/rgb/image_raw", "/oak/stereo/camera_info", "/oak/stereo/image_raw", "oak_rgb", plain),
        (
            "/zed/zed_node/rgb/image_rect_color",
            "/zed/zed_node/depth/camera_info",
            "/zed/zed_node/depth/depth_registered",
            "zed_left_camera_optical_frame",
            floats,
        ),
        (
            "/zed/zed_node/rgb/color/rect/image",
            "/zed/zed_node/depth/depth_registered/camera_info",
            "/zed/zed_node/depth/depth_registered",
            "zed_left_camera_frame_optical",
            floats,
        ),
        (
            "/camera/rgb/image_rect_color",
            "/camera/depth_registered/camera_info",
            "/camera/depth_registered/image_raw",
            "camera_rgb_optical_frame",
            plain,
        ),
    ],
)
def test_bags_of_other_packages_are_read_with_their_depth(tmp_path, image, info, depth, frame_id, make):
    with BagWriter(tmp_path / "bag") as writer:
        for number in range(3):
            stamp_ns = START_NS + number * FRAME_NS
            writer.write(image, BAG_MESSAGES.image(PIXELS, header(stamp_ns, frame_id)), stamp_ns)
            known = BAG_MESSAGES.camera_info(64, 48, CAMERA, header(stamp_ns, frame_id))
            writer.write(info, known, stamp_ns)
            writer.write(depth, make(depth_mm(700 + number), stamp_ns, frame_id), stamp_ns + 1000)
    recording = BagRecording(tmp_path / "bag", depth=DepthChoice())
    frames = list(recording.frames())
    assert [len(frames), recording.count()] == [3, 3]
    for number, frame in enumerate(frames):
        view = frame.depth.view(64, 48)
        assert view.metres[24, 32] == pytest.approx(0.7 + 0.001 * number)
        assert np.isfinite(view.metres).all()
        assert view.camera == CAMERA
    if make is floats:
        assert not view.metres[0, :3].any(), "what is no distance is unknown"
    assert not recording.problems
