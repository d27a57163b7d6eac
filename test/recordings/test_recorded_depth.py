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

"""Depth images of bags that the test writes, each with the image of its time."""

from __future__ import annotations

import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.bag_messages import CAMERA, FRAME_NS, PIXELS, START_NS, depth_mm, header

from hand_tracking_dsp.depth.input_options import DepthInputOptions
from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.recordings.bag_recording import BagRecording
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES, new_message
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.recordings.recorded_depth import DepthChoice


class Camera:
    """Writes images and depth images as a driver does."""

    def __init__(self, writer, topic="/depth/image_raw", info="/camera_info"):
        self.writer, self.topic, self.info = writer, topic, info

    def image(self, stamp_ns, arrival_ns=None):
        self.writer.write("/image_raw", BAG_MESSAGES.image(PIXELS, header(stamp_ns)), arrival_ns or stamp_ns)
        if self.info:
            message = BAG_MESSAGES.camera_info(64, 48, CAMERA, header(stamp_ns))
            self.writer.write(self.info, message, arrival_ns or stamp_ns)

    def depth(self, stamp_ns, values, arrival_ns=None, frame_id="eye"):
        message = BAG_MESSAGES.depth_image(values, header(stamp_ns, frame_id))
        self.writer.write(self.topic, message, arrival_ns or stamp_ns)


@pytest.fixture
def recorded(tmp_path):
    """Write a bag by a function that is given a Camera; return its recording with depth."""

    def make(fill, choice=None, **camera):
        with BagWriter(tmp_path / "bag") as writer:
            fill(Camera(writer, **camera))
        return BagRecording(tmp_path / "bag", depth=choice or DepthChoice())

    return make


def views(recording):
    """Return the depth of the middle pixel of every image, in metres; None where it has no depth."""
    return [
        None if frame.depth is None else float(frame.depth.view(64, 48).metres[24, 32])
        for frame in recording.frames()
    ]


def test_each_image_gets_the_depth_image_nearest_to_it_in_time(recorded):
    def fill(camera):
        for number in range(6):
            stamp_ns = START_NS + number * FRAME_NS
            camera.image(stamp_ns)
            # A few milliseconds before, at another moment between them, and none for number 4.
            camera.depth(stamp_ns - 5_000_000, depth_mm(500 + number), stamp_ns + 20_000_000)
            if number != 4:
                camera.depth(stamp_ns + 1_000_000, depth_mm(600 + number), stamp_ns + 25_000_000)

    recording = recorded(fill)
    assert views(recording) == pytest.approx([0.6, 0.601, 0.602, 0.603, 0.504, 0.605])


def test_depth_that_arrives_late_or_early_still_belongs_to_its_image(recorded):
    def fill(camera):
        for number in range(12):
            stamp_ns = START_NS + number * FRAME_NS
            camera.image(stamp_ns, stamp_ns + 1000)
            camera.depth(stamp_ns, depth_mm(500 + number), stamp_ns + (300_000_000 if number % 2 else 0))

    assert views(recorded(fill)) == pytest.approx([0.5 + 0.001 * number for number in range(12)])


def test_an_image_without_depth_near_it_has_none_and_that_is_counted(recorded):
    def fill(camera):
        for number in range(5):
            stamp_ns = START_NS + number * FRAME_NS
            camera.image(stamp_ns)
            if number % 2 == 0:
                camera.depth(stamp_ns + 8_000_000, depth_mm(700))

    recording = recorded(fill)
    assert views(recording) == [pytest.approx(0.7), None, pytest.approx(0.7), None, pytest.approx(0.7)]
    assert recording.problems == {"/depth/image_raw: an image has no depth image within 0.02 s": 2}
    strict = BagRecording(recording._path, depth=DepthChoice(options=DepthInputOptions(slop_s=0.001)))
    assert views(strict) == [None] * 5


def test_depth_without_stamps_is_paired_by_arrival(recorded):
    def fill(camera):
        for number in range(3):
            now_ns = START_NS + number * FRAME_NS
            camera.image(0, now_ns)
            camera.depth(0, depth_mm(500 + number), now_ns + 1_000_000)

    assert views(recorded(fill)) == pytest.approx([0.5, 0.501, 0.502])


@pytest.mark.parametrize(
    ("values", "frame_id", "said"),
    [
        (depth_mm(500, 32, 32), "eye", "its depth images are 32x32, the images 64x48"),
        (depth_mm(500), "depth_eye", "frame 'depth_eye', the images of 'eye', and no static transform"),
    ],
)
def test_depth_of_another_view_is_refused_with_a_sentence(recorded, values, frame_id, said):
    def fill(camera):
        camera.image(START_NS)
        camera.depth(START_NS, values, frame_id=frame_id)

    (frame,) = recorded(fill).frames()
    with pytest.raises(FrameError, match=said):
        frame.depth.view(64, 48)


def test_a_topic_that_the_user_names_is_taken_for_aligned(recorded):
    def fill(camera):
        camera.image(START_NS)
        camera.depth(START_NS, depth_mm(900), frame_id="other")

    choice = DepthChoice("/tof/distances")
    assert views(recorded(fill, choice, topic="/tof/distances")) == pytest.approx([0.9])


def test_a_unit_of_the_users_counts(recorded):
    def fill(camera):
        camera.image(START_NS)
        camera.depth(START_NS, depth_mm(4000))

    choice = DepthChoice(options=DepthInputOptions(unit_m=0.000125))
    assert views(recorded(fill, choice)) == pytest.approx([0.5])


def test_bags_without_depth_or_its_camera_info_say_so_and_give_their_images(recorded, synthetic_bag):
    without = BagRecording(synthetic_bag, depth=DepthChoice())
    assert all(frame.depth is None and frame.image is not None for frame in without.frames())
    (problem,) = without.problems
    assert problem.startswith("No depth images belong to /image_raw by their name")

    def fill(camera):
        camera.image(START_NS)
        camera.depth(START_NS, depth_mm(500))

    uncalibrated = recorded(fill, info="")
    assert views(uncalibrated) == [None]
    (problem,) = uncalibrated.problems
    assert problem.startswith("/depth/image_raw: the bag has no camera_info for it, so that its metres are")
    assert problem.endswith("record /depth/camera_info, too")


def test_damaged_depth_images_are_errors_of_their_own(recorded):
    def fill(camera):
        camera.image(START_NS)
        message = BAG_MESSAGES.depth_image(depth_mm(500), header(START_NS))
        message.data = message.data[:100]
        camera.writer.write("/depth/image_raw", message, START_NS)
        camera.image(START_NS + FRAME_NS)
        camera.depth(START_NS + FRAME_NS, depth_mm(500))

    broken, whole = recorded(fill).frames()
    with pytest.raises(FrameError, match="truncated"):
        broken.depth.view(64, 48)
    assert whole.depth.view(64, 48).metres[0, 0] == pytest.approx(0.5)


def test_a_bag_of_depth_images_alone_is_a_recording_with_depth(recorded):
    def fill(camera):
        camera.depth(START_NS, depth_mm(800))
        message = BAG_MESSAGES.camera_info(64, 48, CAMERA, header(START_NS))
        camera.writer.write("/depth/camera_info", message, START_NS)

    (frame,) = recorded(fill).frames()
    assert frame.image.shape == (48, 64, 3)
    assert frame.depth.view(64, 48).metres[0, 0] == pytest.approx(0.8)


def test_the_newest_camera_info_counts_since_a_drivers_first_ones_may_be_empty(recorded):
    def fill(camera):
        for number in range(3):
            stamp_ns = START_NS + number * FRAME_NS
            info = BAG_MESSAGES.camera_info(64, 48, CAMERA, header(stamp_ns))
            if number == 0:
                info.k[:] = info.p[:] = 0.0
            camera.writer.write("/depth/camera_info", info, stamp_ns)
            camera.image(stamp_ns)
            camera.depth(stamp_ns, depth_mm(500))

    for frame in recorded(fill, info="").frames():
        assert frame.depth.view(64, 48).camera == CAMERA


def test_depth_of_another_size_but_the_same_view_is_scaled(recorded):
    def fill(camera):
        camera.image(START_NS)
        camera.depth(START_NS, depth_mm(500, 24, 32))

    (frame,) = recorded(fill).frames()
    view = frame.depth.view(64, 48)
    assert (view.metres.shape, view.camera) == ((48, 64), CAMERA)


def test_depth_of_another_camera_is_carried_into_the_image_by_the_bags_static_transforms(recorded):
    """A wall at one metre, and a thing before it that the other camera sees further to the right."""
    values = depth_mm(1000)
    values[20:28, 40:50] = 500

    def fill(camera):
        moved = new_message("geometry_msgs/msg/TransformStamped")
        moved.header.frame_id, moved.child_frame_id = "eye", "depth_eye"
        moved.transform.translation.x, moved.transform.rotation.w = -0.02, 1.0
        told = new_message("tf2_msgs/msg/TFMessage")
        told.transforms = [moved]
        camera.writer.write("/tf_static", told, START_NS - 1)
        info = BAG_MESSAGES.camera_info(64, 48, CAMERA, header(START_NS, "depth_eye"))
        camera.writer.write("/depth/camera_info", info, START_NS)
        camera.image(START_NS)
        camera.depth(START_NS, values, frame_id="depth_eye")

    (frame,) = recorded(fill).frames()
    view = frame.depth.view(64, 48)
    assert view.camera == CAMERA
    # 300 px x 0.02 m / 0.5 m = 12 px to the left, the wall 6.
    assert view.metres[24, 33] == pytest.approx(0.5)
    assert view.metres[24, 50] == pytest.approx(1.0)
