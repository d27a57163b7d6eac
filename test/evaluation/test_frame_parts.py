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

"""What a frame takes besides its network, on a drawn hand."""

from __future__ import annotations

import pytest

pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.evaluation.frame_parts import FrameTimer
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.manifest import read_manifest


@pytest.fixture(scope="module")
def images() -> list[Message]:
    header = ROS_MESSAGES.header(10**18, "camera")
    with open_source("synthetic", SourceOptions(width=320, height=240, absence_s=0.0)) as source:
        frames = [source.read(1.0) for _ in range(60)]
    return [ROS_MESSAGES.image(frame.image, header) for frame in frames if frame is not None]


def test_every_frame_that_counts_has_a_time_of_each_part(images: list[Message]) -> None:
    timer = FrameTimer(read_manifest(default_bank()), 4, RuntimeOptions(), ROS_MESSAGES, 30.0)
    done: list[tuple[int, int]] = []
    found = timer.measure(images, 2, lambda *progress: done.append(progress))
    assert done[-1] == (120, 120)
    assert len(found.whole) > 10
    assert len(found.parts) == 8
    for values in (found.network, found.besides, *found.parts.values()):
        assert len(values) == len(found.whole)
        assert min(values) > 0


def test_frames_without_a_hand_do_not_count(images: list[Message]) -> None:
    black = [ROS_MESSAGES.image(0 * _pixels(image), image.header) for image in images[:40]]
    timer = FrameTimer(read_manifest(default_bank()), 4, RuntimeOptions(), ROS_MESSAGES, 30.0)
    found = timer.measure(black, 1)
    assert found.whole == []
    assert found.parts == {}


def _pixels(image: Message):
    from hand_tracking_dsp.messages.images import image_to_pixels

    return image_to_pixels(image)[0]
