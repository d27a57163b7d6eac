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

"""Stamps of images in a bag that are out of order, of another clock, or no help at all."""

from __future__ import annotations

import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.bag_messages import FRAME_NS, START_NS, image, truth

from hand_tracking_dsp.recordings import bag_recording as module


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
