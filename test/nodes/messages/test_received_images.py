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
from std_msgs.msg import Header

from hand_tracking_dsp.nodes.messages.received_images import ReceivedImages

NOW_NS = 1_700_000_000 * 10**9


def show(images, stamp_of, frames=60, frame_id="eye"):
    """Show frames at 30 Hz that take 5 ms; return the times and the ages in milliseconds."""
    found = []
    for frame in range(frames):
        now_ns = NOW_NS + frame * 33_333_333
        sec, nanosec = divmod(stamp_of(now_ns), 10**9)
        header = Header(stamp=Time(sec=sec, nanosec=nanosec), frame_id=frame_id)
        time_s = images.time_s(header, now_ns, 640, 480)
        age_ms = images.end_to_end_ms(header.stamp, now_ns + 8_000_000, 5.0, frame / 30)
        found.append((time_s, age_ms))
    return found


def test_fresh_stamps_are_used_and_need_no_remark():
    images = ReceivedImages(60.0)
    found = show(images, lambda now_ns: now_ns)
    assert found[-1] == (pytest.approx(NOW_NS * 1e-9 + 59 / 30), pytest.approx(8.0))
    assert images.remarks("/image_raw") == ([], [])


@pytest.mark.parametrize(("offset_s", "side"), [(5, "behind"), (-5, "ahead of"), (60, "behind")])
def test_clocks_that_differ_are_named(offset_s, side):
    images = ReceivedImages(60.0)
    show(images, lambda now_ns: now_ns - offset_s * 10**9)
    (warning,), _ = images.remarks("/image_raw")
    assert f"{abs(offset_s)}" in warning
    assert f"{side} the clock here" in warning


def test_stamps_that_stand_still_give_no_age_and_are_named():
    images = ReceivedImages(60.0)
    found = show(images, lambda _: NOW_NS - 10**9)
    assert math.isnan(found[-1][1])
    assert found[-1][0] == pytest.approx(NOW_NS * 1e-9 + 59 / 30)
    (warning,), _ = images.remarks("/image_raw")
    assert "stand still" in warning


def test_stamps_of_zero_are_no_offset():
    images = ReceivedImages(60.0)
    assert math.isnan(show(images, lambda _: 0)[-1][1])
    assert images.remarks("/image_raw") == ([], [])


def test_an_empty_frame_is_warned_of():
    images = ReceivedImages(60.0)
    show(images, lambda now_ns: now_ns, frame_id="")
    assert "name no frame_id" in images.remarks("/image_raw")[0][0]


def test_before_the_first_image_there_is_nothing_to_say():
    assert ReceivedImages(60.0).remarks("/image_raw") == ([], [])
