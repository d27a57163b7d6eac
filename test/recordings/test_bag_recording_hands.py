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

"""Hands and truth in a bag that belong to an image, and those that are left out."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.bag_messages import FRAME_NS, START_NS, image, truth

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.messages.hands import HANDS_TYPE
from hand_tracking_dsp.recordings.bag_recording import BagRecording
from hand_tracking_dsp.recordings.bags.definitions import new_message
from hand_tracking_dsp.recordings.bags.images import IMAGE_TYPE
from hand_tracking_dsp.resources import share_path


def old_definitions(without):
    """Give rosbags' definitions with this package's as they were before a field of Hand came."""
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.LATEST)
    for name in ("Hand", "HandArray"):
        lines = (share_path("msg") / f"{name}.msg").read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if line.split()[-1:] != [without])
        store.register(get_types_from_msg(text, f"hand_tracking_dsp/msg/{name}"))
    return store


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
