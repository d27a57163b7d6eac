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

"""Which of a bag's topics images are taken from."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.recordings.bags.images import COMPRESSED_TYPE, IMAGE_TYPE, image_connections


def chosen(*topics: str, topic: str = "") -> str:
    connections = [
        SimpleNamespace(topic=name, msgtype=COMPRESSED_TYPE if name.endswith("compressed") else IMAGE_TYPE)
        for name in topics
    ]
    (found,) = {one.topic for one in image_connections(connections, Path("bag"), topic)}
    return found


def test_raw_images_go_before_the_same_cameras_compressed_ones() -> None:
    assert chosen("/image_raw", "/image_raw/compressed") == "/image_raw"
    assert chosen("/image_raw/compressed") == "/image_raw/compressed"


def test_the_trackers_own_drawings_are_no_camera_unless_there_is_no_other() -> None:
    assert chosen("/image_raw", "/overlay") == "/image_raw"
    assert chosen("/robot/overlay") == "/robot/overlay"
    assert chosen("/image_raw", "/overlay", topic="overlay") == "/overlay"


def test_of_several_cameras_one_must_be_named() -> None:
    with pytest.raises(ConfigurationError, match="has images on /left, /right: choose one with --topic"):
        chosen("/left", "/right")
    assert chosen("/left", "/right", topic="right") == "/right"


def test_a_topic_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SourceError, match="no images on /up: choose from /left, /right"):
        chosen("/left", "/right", topic="/up")
