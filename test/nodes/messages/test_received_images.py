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

import pytest
from builtin_interfaces.msg import Time
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from hand_tracking_dsp.nodes.messages.received_images import ReceivedImages
from hand_tracking_dsp.tracking.deadline import Deadline, DeadlineOptions
from hand_tracking_dsp.tracking.outlook import Prediction

NOW_NS = 1_700_000_000 * 10**9


def received(**options):
    return ReceivedImages(60.0, Deadline(DeadlineOptions(**options)))


def show(images, stamp_of, frames=60, frame_id="eye"):
    """Show frames at 30 Hz that take 5 ms; return the times and the ages in milliseconds."""
    found = []
    for frame in range(frames):
        now_ns = NOW_NS + frame * 33_333_333
        sec, nanosec = divmod(stamp_of(now_ns), 10**9)
        header = Header(stamp=Time(sec=sec, nanosec=nanosec), frame_id=frame_id)
        image = images.receive(Image(header=header), now_ns, frame / 30)
        images.note(header, 640, 480)
        age_ms = images.end_to_end_ms(header.stamp, now_ns + 8_000_000, 5.0, frame / 30)
        found.append((image.stamp_s, age_ms))
    return found


def test_fresh_stamps_are_used_and_need_no_remark():
    images = received()
    found = show(images, lambda now_ns: now_ns)
    assert found[-1] == (pytest.approx(NOW_NS * 1e-9 + 59 / 30), pytest.approx(8.0))
    assert images.remarks("/image_raw") == ([], [])


@pytest.mark.parametrize(("offset_s", "side"), [(5, "behind"), (-5, "ahead of"), (60, "behind")])
def test_clocks_that_differ_are_named(offset_s, side):
    images = received()
    show(images, lambda now_ns: now_ns - offset_s * 10**9)
    (warning,), _ = images.remarks("/image_raw")
    assert f"{abs(offset_s)}" in warning
    assert f"{side} the clock here" in warning


def test_stamps_that_stand_still_give_no_age_and_are_named():
    images = received()
    found = show(images, lambda _: NOW_NS - 10**9)
    assert math.isnan(found[-1][1])
    assert found[-1][0] == pytest.approx(NOW_NS * 1e-9 + 59 / 30)
    (warning,), _ = images.remarks("/image_raw")
    assert "stand still" in warning


def test_stamps_of_zero_are_named_and_no_offset():
    images = received()
    assert math.isnan(show(images, lambda _: 0)[-1][1])
    sentence = "The stamps on /image_raw are 0: the time of arrival is used, set them in the publisher."
    assert images.remarks("/image_raw") == ([sentence], [])


def test_an_empty_frame_is_warned_of():
    images = received()
    show(images, lambda now_ns: now_ns, frame_id="")
    assert "name no frame_id" in images.remarks("/image_raw")[0][0]


def test_before_the_first_image_there_is_nothing_to_say():
    assert received().remarks("/image_raw") == ([], [])


def receive(images, age_ms, frame=0):
    """Receive an image of an age; return it."""
    sec, nanosec = divmod(NOW_NS - round(age_ms * 1e6), 10**9)
    header = Header(stamp=Time(sec=sec, nanosec=nanosec), frame_id="eye")
    return images.receive(Image(header=header), NOW_NS, 100.0 + frame)


def left_ms(image):
    return (image.due_s - image.arrived_s) * 1e3


def test_the_deadline_counts_from_the_stamp():
    images = received(ms=33.0)
    image = receive(images, 4.0)
    assert left_ms(image) == pytest.approx(29.0)
    assert image.age_ms == pytest.approx(4.0)
    assert not image.is_late
    assert receive(images, 33.5).is_late


@pytest.mark.parametrize("stamp", ["zero", "future", "an hour ago", "still", "other clock"])
def test_where_the_stamp_is_not_on_our_clock_it_counts_from_the_arrival(stamp):
    images = received(ms=33.0)
    if stamp == "other clock":
        show(images, lambda now_ns: now_ns - 2 * 10**9)
        image = receive(images, 2000.0)
    elif stamp == "still":
        show(images, lambda _: NOW_NS - 10**7)
        image = receive(images, 10.0)
    elif stamp == "zero":
        image = images.receive(Image(), NOW_NS, 100.0)
    else:
        image = receive(images, {"future": -60_000, "an hour ago": 3_600_000}[stamp])
    assert left_ms(image) == pytest.approx(33.0)
    assert image.age_ms == 0.0


def test_predicted_hands_have_the_time_from_stamp_to_their_publishing():
    image = receive(received(), 4.0)
    image.substitute(Prediction((), 0.1, 0, 0.0, 640, 480), image.arrived_s + 0.028)
    assert image.published_ms == pytest.approx(32.0)


def test_a_slow_transport_is_warned_of():
    images = received(ms=33.0)
    for frame in range(5):
        receive(images, 34.0 - frame, frame)
    images.note(Header(frame_id="eye"), 640, 480)
    (warning,), _ = images.remarks("/image_raw")
    assert "30 ms after their stamps" in warning
