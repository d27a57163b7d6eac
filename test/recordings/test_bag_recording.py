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

"""Images of bags that the test writes, with the truth and the batteries of their time."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.bag_messages import FRAME_NS, START_NS, image, truth

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.recordings.bag_recording import BagRecording
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES, new_message


def test_gives_every_image_with_its_truth(synthetic_bag, synthetic_frames):
    recording = BagRecording(synthetic_bag)
    frames = list(recording.frames())
    assert len(frames) == recording.count() == len(synthetic_frames)
    for number, (given, frame) in enumerate(zip(frames, synthetic_frames, strict=True)):
        assert given.index == number
        np.testing.assert_array_equal(given.image, frame.image)
        assert len(given.truth) == len(frame.truth)
        for found, exact in zip(given.truth, frame.truth, strict=True):
            np.testing.assert_allclose(found.joints_px, exact.joints_px, atol=1e-4)
            np.testing.assert_allclose(found.joints_m, exact.joints_m, atol=1e-6)
            assert found.handedness == exact.handedness
    assert not recording.problems


def test_a_damaged_image_is_given_as_none_and_named(bag, synthetic_frames):
    frame = synthetic_frames[0]

    def fill(writer):
        for number in range(4):
            stamp_ns = START_NS + number * FRAME_NS
            message = image(frame, stamp_ns)
            if number == 1:
                message.data = message.data[:1000]
            if number == 2:
                message.encoding = "jpeg2000"
            writer.write("/image_raw", message, stamp_ns)

    recording = bag(fill)
    frames = list(recording.frames())
    assert [given.image is None for given in frames] == [False, True, True, False]
    assert "truncated" in frames[1].problem
    assert sorted(recording.problems.values()) == [1, 1]


def test_a_topic_of_two_types_is_read_by_its_own_one(bag, synthetic_frames):
    def fill(writer):
        text = new_message("std_msgs/msg/String")
        for topic in ("/image_raw", "/truth"):
            writer.write(topic, text, START_NS)
        writer.write("/image_raw", image(synthetic_frames[0], START_NS), START_NS)
        writer.write("/truth", truth(synthetic_frames[0], START_NS), START_NS)

    (given,) = bag(fill).frames()
    assert given.image is not None
    assert given.truth is not None


def test_the_battery_heard_last_goes_with_an_image(bag, synthetic_frames, battery_message):
    def fill(writer):
        writer.write("/image_raw", image(synthetic_frames[0], START_NS), START_NS)
        writer.write("/battery_state", battery_message(0.5), START_NS + 1)
        # Makes images wait for what belongs to them; the battery is still that of their own time.
        writer.write("/truth", truth(synthetic_frames[0], START_NS), START_NS + 2)
        writer.write("/image_raw", image(synthetic_frames[0], START_NS + FRAME_NS), START_NS + FRAME_NS)

    first, second = bag(fill).frames()
    assert first.batteries == ()
    (reading,) = second.batteries
    assert (reading.charge, reading.power_w, reading.discharging) == (0.5, 20.0, True)
    assert reading.stamp_s == pytest.approx((START_NS + 1) * 1e-9)


def test_the_battery_received_before_a_damaged_image_is_not_lost(bag, synthetic_frames, battery_message):
    def fill(writer):
        writer.write("/battery_state", battery_message(0.5), START_NS)
        message = image(synthetic_frames[0], START_NS + 1)
        message.data = message.data[:10]
        writer.write("/image_raw", message, START_NS + 1)

    (given,) = bag(fill).frames()
    assert given.image is None
    assert [reading.charge for reading in given.batteries] == [0.5]


def test_the_power_on_power_w_goes_before_the_batterys_current(bag, synthetic_frames, battery_message):
    def fill(writer):
        power = new_message("std_msgs/msg/Float32")
        power.data = 12.5
        battery = battery_message(0.5)
        battery.current = math.nan
        writer.write("/battery_state", battery, START_NS)
        writer.write("/power_w", power, START_NS + 1)
        writer.write("/battery_state", battery, START_NS + 2)
        writer.write("/image_raw", image(synthetic_frames[0], START_NS + FRAME_NS), START_NS + FRAME_NS)
        writer.write("/battery_state", battery, START_NS + 6 * 10**9)
        writer.write("/image_raw", image(synthetic_frames[0], START_NS + 7 * 10**9), START_NS + 7 * 10**9)

    powers = [[reading.power_w for reading in given.batteries] for given in bag(fill).frames()]
    assert powers == [[pytest.approx(math.nan, nan_ok=True), 12.5], [pytest.approx(math.nan, nan_ok=True)]]


def test_refuses_a_bag_without_images(bag, synthetic_frames):
    recording = bag(lambda writer: writer.write("/truth", truth(synthetic_frames[0], START_NS), START_NS))
    with pytest.raises(SourceError, match="has no image topic"):
        recording.count()


def test_a_jpeg_with_a_hole_is_counted_not_tracked(bag, synthetic_frames):
    def fill(writer):
        for number in range(3):
            stamp_ns = START_NS + number * FRAME_NS
            header = BAG_MESSAGES.header(stamp_ns, "camera")
            message = BAG_MESSAGES.compressed_image(synthetic_frames[number].image, 90, header)
            if number == 1:
                middle = len(message.data) // 2
                message.data = np.concatenate((message.data[:middle], message.data[middle + 1500 :]))
            writer.write("/image_raw/compressed", message, stamp_ns)

    recording = bag(fill)
    frames = list(recording.frames())
    assert [given.image is None for given in frames] == [False, True, False]
    assert "as it is a damaged JPEG (Corrupt JPEG data: " in frames[1].problem
    assert recording.problems.total() == 1


@pytest.mark.parametrize("range_images", ["depth", "grey"])
def test_images_of_16_bits_are_converted_as_the_options_say(bag, range_images):
    def fill(writer):
        for number, encoding in enumerate(("mono16", "16UC1")):
            stamp_ns = START_NS + number * FRAME_NS
            message = BAG_MESSAGES.image(
                np.zeros((4, 2, 3), np.uint8), BAG_MESSAGES.header(stamp_ns, "camera")
            )
            message.encoding, message.step = encoding, 4
            message.data = np.full(8, 800, "<u2").view(np.uint8)
            writer.write("/image_raw", message, stamp_ns)

    recording = bag(fill)
    frames = BagRecording(recording._path, images=ImageOptions(range_images=range_images)).frames()
    infrared, distances = (int(given.image[0, 0, 0]) for given in frames)
    assert infrared == 199
    assert distances == (170 if range_images == "depth" else 199)
