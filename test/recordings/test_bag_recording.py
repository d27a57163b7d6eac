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

import math

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.hands import HANDS_TYPE
from hand_tracking_dsp.recordings import bag_recording as module
from hand_tracking_dsp.recordings.bag_recording import BagRecording
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES, new_message
from hand_tracking_dsp.recordings.bags.images import IMAGE_TYPE
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.resources import share_path

FRAME_NS = 33_333_333
START_NS = 10**18


@pytest.fixture
def bag(tmp_path):
    """Write a bag by a function that is given a writer, and open it."""

    def make(fill, topic=""):
        path = tmp_path / "bag"
        with BagWriter(path) as writer:
            fill(writer)
        return BagRecording(path, topic)

    return make


def image(frame, stamp_ns):
    return BAG_MESSAGES.image(frame.image, BAG_MESSAGES.header(stamp_ns, "camera"))


def old_definitions(without):
    """Give rosbags' definitions with this package's as they were before a field of Hand came."""
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.LATEST)
    for name in ("Hand", "HandArray"):
        lines = (share_path("msg") / f"{name}.msg").read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if line.split()[-1:] != [without])
        store.register(get_types_from_msg(text, f"hand_tracking_dsp/msg/{name}"))
    return store


def truth(frame, stamp_ns):
    return BAG_MESSAGES.truth(frame.truth, BAG_MESSAGES.header(stamp_ns, "camera"), 320, 240)


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


def test_hands_that_were_published_after_the_next_image_go_with_their_own(bag, synthetic_frames):
    frame = synthetic_frames[0]

    def fill(writer):
        for number in range(12):
            now_ns = START_NS + number * FRAME_NS
            writer.write("/robot/image_raw", image(frame, now_ns), now_ns)
            if number >= 3:
                early_ns = now_ns - 3 * FRAME_NS
                message = truth(frame, early_ns)
                message.level = number % 5
                writer.write("/robot/hands", message, now_ns + 1)

    frames = list(bag(fill).frames())
    levels = [None if given.recorded is None else given.recorded.level for given in frames]
    assert levels == [number % 5 for number in range(3, 12)] + [None] * 3
    assert all(given.truth is None for given in frames)


def test_the_hands_of_the_images_namespace_are_taken(bag, synthetic_frames):
    frame = synthetic_frames[0]

    def fill(writer):
        for robot, level in (("a", 1), ("b", 2)):
            writer.write(f"/{robot}/image_raw", image(frame, START_NS), START_NS)
            message = truth(frame, START_NS)
            message.level = level
            writer.write(f"/{robot}/hands", message, START_NS)

    recording = bag(fill, "b/image_raw")
    assert [given.recorded.level for given in recording.frames()] == [2]
    both = BagRecording(recording._path)
    with pytest.raises(ConfigurationError, match="choose one with --topic"):
        both.count()


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


def test_unsorted_and_repeated_stamps_are_named(bag, synthetic_frames):
    stamps = [0, 1, 1, 2, 1, 3]

    def fill(writer):
        for number, stamp in enumerate(stamps):
            message = image(synthetic_frames[0], START_NS + stamp * FRAME_NS)
            writer.write("/image_raw", message, START_NS + number * FRAME_NS)

    recording = bag(fill)
    assert [given.stamp_ns - START_NS for given in recording.frames()] == [s * FRAME_NS for s in stamps]
    assert {sentence.split()[-1]: count for sentence, count in recording.problems.items()} == {
        "before.": 1,
        "again.": 1,
    }


def test_a_stamp_of_another_clock_is_replaced_by_the_time_of_arrival(bag, synthetic_frames):
    def fill(writer):
        writer.write("/image_raw", image(synthetic_frames[0], 5 * 10**9), START_NS)
        writer.write("/image_raw", image(synthetic_frames[0], 0), START_NS + 1)

    assert [given.stamp_ns for given in bag(fill).frames()] == [START_NS, START_NS + 1]


@pytest.mark.parametrize("offset_ns", [5 * 10**9, -2 * 10**9])
def test_a_camera_whose_clock_is_off_by_seconds_keeps_its_intervals_and_its_truth(
    bag, synthetic_frames, offset_ns
):
    def fill(writer):
        for number in range(40):
            frame, now_ns = synthetic_frames[0], START_NS + number * FRAME_NS
            writer.write("/image_raw", image(frame, now_ns - offset_ns), now_ns)
            writer.write("/truth", truth(frame, now_ns - offset_ns), now_ns)

    recording = bag(fill)
    frames = list(recording.frames())
    assert [given.stamp_ns for given in frames] == [START_NS + number * FRAME_NS for number in range(40)]
    assert all(given.truth is not None for given in frames)
    ((sentence, count),) = recording.problems.items()
    assert f"{abs(offset_ns) / 1e9:g} s {'behind' if offset_ns > 0 else 'ahead of'}" in sentence
    assert count == 1


def test_stamps_that_stand_still_are_replaced_by_the_time_of_arrival(bag, synthetic_frames):
    def fill(writer):
        for number in range(6):
            message = image(synthetic_frames[0], START_NS - 10**9)
            writer.write("/image_raw", message, START_NS + number * FRAME_NS)

    recording = bag(fill)
    assert [given.stamp_ns for given in recording.frames()] == [START_NS + n * FRAME_NS for n in range(6)]
    assert recording.problems == {
        "/image_raw: the stamps of images stand still, the time of arrival is taken": 6
    }


@pytest.mark.parametrize("stamps", [[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 2, 2]])
def test_stamps_that_do_not_tell_which_image_is_meant_give_no_wrong_truth(bag, synthetic_frames, stamps):
    long_ns = 400_000_000

    def fill(writer):
        for number, stamp in enumerate(stamps):
            frame, stamp_ns = synthetic_frames[10 * number], stamp * START_NS
            writer.write("/image_raw", image(frame, stamp_ns), START_NS + number * long_ns)
            writer.write("/truth", truth(frame, stamp_ns), START_NS + number * long_ns)

    recording = bag(fill)
    assert all(given.truth is None for given in recording.frames())
    assert any("does not tell which image" in sentence for sentence in recording.problems)


def test_images_of_one_arrival_time_do_not_fill_the_memory(bag, synthetic_frames, monkeypatch):
    def fill(writer):
        for number, frame in enumerate(synthetic_frames[:10]):
            stamp_ns = START_NS + number * FRAME_NS
            writer.write("/image_raw", image(frame, stamp_ns), START_NS)
            writer.write("/truth", truth(frame, stamp_ns), START_NS)

    monkeypatch.setattr(module, "_MOST_WAITING", 3)
    monkeypatch.setattr(module, "_FIRST_IMAGES", 2)
    read = []
    decode = module.stamp_ns
    monkeypatch.setattr(module, "stamp_ns", lambda message: read.append(message) or decode(message))
    frames = bag(fill).frames()
    first = next(frames)
    assert len(read) < 10
    assert [given.truth is not None for given in (first, *frames)] == [True] * 10


def test_a_rejected_image_says_nothing_of_the_order(bag, synthetic_frames):
    late_ns = 50_000_000

    def fill(writer):
        for number in range(3):
            message = image(synthetic_frames[0], START_NS + number * FRAME_NS)
            if number == 1:
                message.data = message.data[:10]
            writer.write("/image_raw", message, START_NS + number * FRAME_NS + late_ns)

    recording = bag(fill)
    assert [given.image is None for given in recording.frames()] == [False, True, False]
    assert [sentence.split(":")[1].split()[0:2] for sentence in recording.problems] == [["The", "image"]]


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


@pytest.mark.parametrize("x", [math.nan, math.inf, 0.0])
def test_truth_that_no_hand_can_have_is_named_and_left_out(bag, synthetic_frames, x):
    frame = next(frame for frame in synthetic_frames if frame.truth)

    def fill(writer):
        message = truth(frame, START_NS)
        for hand in message.hands:
            for point in hand.landmarks:
                point.x = point.y = x
        writer.write("/image_raw", image(frame, START_NS), START_NS)
        writer.write("/truth", message, START_NS)

    recording = bag(fill)
    (given,) = recording.frames()
    assert given.truth is None
    ((sentence, count),) = recording.problems.items()
    assert sentence.startswith("/truth: a message cannot be used")
    assert count == 1


@pytest.mark.parametrize("form", ["MCAP", "SQLITE3"])
def test_hands_of_a_version_that_knew_no_error_are_read(tmp_path, synthetic_frames, form):
    """The definition that lies in the bag is that of the version that wrote it."""
    from rosbags.rosbag2 import StoragePlugin, Writer

    store = old_definitions(without="error_percent")
    frame = synthetic_frames[0]
    new = truth(frame, START_NS)
    fields = {name: getattr(new, name) for name, _ in store.fielddefs[HANDS_TYPE][1]}
    kind = store.types["hand_tracking_dsp/msg/Hand"]
    names = [name for name, _ in store.fielddefs["hand_tracking_dsp/msg/Hand"][1]]
    fields["hands"] = [kind(**{name: getattr(hand, name) for name in names}) for hand in new.hands]
    with Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin[form]) as writer:
        images = writer.add_connection("/image_raw", IMAGE_TYPE, typestore=store)
        message = image(frame, START_NS)
        writer.write(images, START_NS, bytes(store.serialize_cdr(message, IMAGE_TYPE)))
        hands = writer.add_connection("/hands", HANDS_TYPE, typestore=store)
        old = store.types[HANDS_TYPE](**fields)
        writer.write(hands, START_NS, bytes(store.serialize_cdr(old, HANDS_TYPE)))
    recording = BagRecording(tmp_path / "bag")
    (given,) = recording.frames()
    assert not recording.problems
    (found,) = given.recorded.hands
    assert math.isnan(found.error_percent)
    np.testing.assert_allclose(found.landmarks, frame.truth[0].joints_px, atol=1e-4)


def test_truth_of_a_version_that_does_not_map_is_named(tmp_path, synthetic_frames):
    from rosbags.rosbag2 import StoragePlugin, Writer
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.LATEST)
    store.register(get_types_from_msg("std_msgs/Header header\nuint8 hands\n", HANDS_TYPE))
    with Writer(tmp_path / "bag", version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        images = writer.add_connection("/image_raw", IMAGE_TYPE, typestore=store)
        message = image(synthetic_frames[0], START_NS)
        writer.write(images, START_NS, bytes(store.serialize_cdr(message, IMAGE_TYPE)))
        hands = writer.add_connection("/truth", HANDS_TYPE, typestore=store)
        writer.write(hands, START_NS, bytes(17))
    recording = BagRecording(tmp_path / "bag")
    (given,) = recording.frames()
    assert given.truth is None
    ((sentence, _),) = recording.problems.items()
    assert sentence.startswith(
        f"/truth is not read, since it is {HANDS_TYPE} of another version (its field hands"
    )


def test_a_topic_of_another_type_is_no_truth(bag, synthetic_frames):
    def fill(writer):
        text = new_message("std_msgs/msg/String")
        writer.write("/truth", text, START_NS)
        writer.write("/image_raw", image(synthetic_frames[0], START_NS), START_NS)

    (given,) = bag(fill).frames()
    assert given.truth is None


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
