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

"""Pictures, hands and depth: what is shown of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.shown import messages

from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.viewing.scene import Scene


class Noted:
    """A canvas that notes what it is to show."""

    def __init__(self) -> None:
        self.pictures, self.hands, self.depths = [], [], []

    def show_picture(self, at_ns, picture, hands) -> None:
        self.pictures.append((at_ns, picture, hands))

    def show_hands(self, at_ns, joints) -> None:
        self.hands.append((at_ns, joints))

    def show_depth(self, at_ns, depth_mm, camera) -> None:
        self.depths.append((at_ns, depth_mm, camera))


@pytest.fixture(scope="module")
def drawn() -> list:
    return [(topic.lstrip("/"), message, at_ns) for topic, message, at_ns in messages(2.0)]


def shown(drawn, *topics, rate_hz=100.0) -> tuple[Noted, Scene]:
    canvas = Noted()
    scene = Scene(canvas, rate_hz)
    for topic, message, at_ns in drawn:
        if topic in topics:
            scene.add(topic, message, at_ns)
    scene.finish()
    return canvas, scene


def test_a_picture_is_shown_with_the_hands_of_its_stamp(drawn):
    canvas, _ = shown(drawn, "image_raw", "hands", "camera_info")
    assert len(canvas.pictures) == 20
    assert all(len(hands) == 1 for _, _, hands in canvas.pictures)
    _, picture, _ = canvas.pictures[0]
    assert picture.jpeg.startswith(b"\xff\xd8")
    assert (picture.width, picture.height) == (320, 240)


def test_hands_may_come_before_their_picture(drawn):
    early = sorted(drawn, key=lambda one: (one[2], one[0] != "hands"))
    canvas, _ = shown(early, "image_raw", "hands")
    assert all(len(hands) == 1 for _, _, hands in canvas.pictures)


def test_a_picture_without_hands_is_shown_all_the_same(drawn):
    canvas, _ = shown(drawn, "image_raw")
    assert len(canvas.pictures) == 20
    assert not any(hands for _, _, hands in canvas.pictures)


def test_pictures_that_the_tracker_drops_are_left_out(drawn):
    dropped = {message.header.stamp.nanosec for topic, message, _ in drawn if topic == "hands"}
    dropped = set(sorted(dropped)[1::2])
    kept = [one for one in drawn if one[0] != "hands" or one[1].header.stamp.nanosec not in dropped]
    canvas, _ = shown(kept, "image_raw", "hands")
    assert len(canvas.pictures) >= 10
    assert all(len(hands) == 1 for _, _, hands in canvas.pictures[:-1])


def test_pictures_are_shown_all_the_same_where_no_hands_have_their_stamps(drawn):
    later = [
        (topic, replace(message, header=BAG_MESSAGES.header(at_ns + 1000, "")), at_ns)
        if topic == "hands"
        else (topic, message, at_ns)
        for topic, message, at_ns in drawn
    ]
    canvas, _ = shown(later, "image_raw", "hands")
    assert canvas.pictures
    assert not any(hands for _, _, hands in canvas.pictures)


def test_a_clock_that_is_set_back_stops_nothing(drawn):
    canvas = Noted()
    scene = Scene(canvas, 10.0)
    for back_ns in (0, 3600 * 10**9):
        for topic, message, at_ns in drawn:
            if topic in ("image_raw", "hands"):
                scene.add(topic, message, at_ns - back_ns)
    assert len(canvas.pictures) >= 38


def test_no_more_pictures_are_shown_than_asked_for(drawn):
    canvas, _ = shown(drawn, "image_raw", "hands", rate_hz=2.0)
    assert 4 <= len(canvas.pictures) <= 6


def test_hands_are_in_space_by_their_size_where_there_is_no_depth(drawn):
    canvas, _ = shown(drawn, "image_raw", "hands", "camera_info")
    joints = np.stack([one for _, placed in canvas.hands for _, one in placed])
    assert np.isfinite(joints).all()
    assert (joints[..., 2] > 0.05).all()


def test_hands_that_depth_has_placed_go_first(drawn):
    canvas, _ = shown(drawn, "image_raw", "hands", "hands_3d")
    late = [placed for at_ns, placed in canvas.hands if at_ns > drawn[0][2] + 10**8]
    assert all(hasattr(hand, "joints_m") for placed in late for hand, _ in placed)


def test_hands_in_another_frame_are_not_mixed_with_the_cameras(drawn):
    canvas = Noted()
    scene = Scene(canvas, 100.0)
    for topic, message, at_ns in drawn[:30]:
        if topic == "image_raw":
            message = replace(message, header=BAG_MESSAGES.header(at_ns, "elsewhere"))  # noqa: PLW2901
        if topic in ("image_raw", "hands_3d"):
            scene.add(topic, message, at_ns)
    assert not any(placed for _, placed in canvas.hands)
    (sentence,) = scene.problems
    assert "elsewhere" in sentence


def test_depth_is_thinned_with_its_camera(drawn):
    canvas, _ = shown(drawn, "depth/image_raw", "depth/camera_info")
    _, depth_mm, camera = canvas.depths[0]
    assert depth_mm.dtype == np.uint16
    assert depth_mm.shape == (120, 160)
    info = next(message for topic, message, _ in drawn if topic == "depth/camera_info")
    assert camera.fx == pytest.approx(info.k[0] / 2)


def test_an_image_that_cannot_be_read_is_counted(drawn):
    message = next(message for topic, message, _ in drawn if topic == "image_raw")
    message = replace(message, encoding="unheard_of")
    canvas = Noted()
    scene = Scene(canvas, 10.0)
    scene.add("image_raw", message, 0)
    assert not canvas.pictures
    assert "unheard_of" in next(iter(scene.problems))
