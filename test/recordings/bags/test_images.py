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
from typing import Any

import pytest

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.recordings.bags.images import COMPRESSED_TYPE, IMAGE_TYPE, image_connections


def topic_of(name: str, count: int = 1) -> SimpleNamespace:
    """Make a connection of images on a topic, of the type that image_transport gives them."""
    types = {
        "compressed": COMPRESSED_TYPE,
        "compressedDepth": COMPRESSED_TYPE,
        "zstd": COMPRESSED_TYPE,
        "theora": "theora_image_transport/msg/Packet",
        "ffmpeg": "ffmpeg_image_transport_msgs/msg/FFMPEGPacket",
    }
    msgtype = types.get(name.rpartition("/")[2], IMAGE_TYPE)
    return SimpleNamespace(topic=name, msgtype=msgtype, msgcount=count)


def chosen(*topics: str, empty: tuple[str, ...] = (), topic: str = "") -> str:
    connections = [*map(topic_of, topics), *(topic_of(name, 0) for name in empty)]
    bag: Any = SimpleNamespace(
        path=Path("bag"), connections=connections, contents=lambda: ", ".join((*topics, *empty))
    )
    (found,) = {one.topic for one in image_connections(bag, topic)}
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


def test_all_transports_of_one_camera_are_one_camera() -> None:
    """As `ros2 bag record -a` records them: most of them without a message."""
    empty = ("/image_raw/compressedDepth", "/image_raw/zstd", "/image_raw")
    assert chosen("/image_raw/compressed", empty=empty) == "/image_raw/compressed"
    assert chosen("/image_raw/compressed", empty=empty, topic="/image_raw") == "/image_raw/compressed"
    everything = ("/image_raw/compressed", "/image_raw/compressedDepth", "/image_raw/zstd", "/image_raw")
    assert chosen(*everything) == "/image_raw"
    assert chosen(*everything, topic="image_raw/compressed") == "/image_raw/compressed"
    assert chosen("/image_raw/compressed", empty=("/other", "/other/compressed")) == "/image_raw/compressed"
    assert chosen(empty=("/image_raw", "/image_raw/compressed")) == "/image_raw"


def test_the_base_topic_names_the_camera_whose_images_are_compressed() -> None:
    topics = ("/left/compressed", "/right/compressed", "/right/compressedDepth")
    assert chosen(*topics, topic="/right") == "/right/compressed"
    with pytest.raises(ConfigurationError, match=r"on /left/compressed, /right/compressed: choose one"):
        chosen(*topics)


@pytest.mark.parametrize("transport", ["compressedDepth", "zstd", "theora", "ffmpeg"])
def test_transports_that_are_not_decoded_are_named(transport: str) -> None:
    with pytest.raises(SourceError, match=rf"images on /cam/{transport} alone, and such are not decoded"):
        chosen(f"/cam/{transport}", empty=("/other",) if transport != "theora" else ())


def test_depth_alone_in_any_transport_is_the_only_camera_and_no_camera_beside_another() -> None:
    for transport in ("", "/compressed", "/compressedDepth"):
        assert chosen(f"/depth/image_raw{transport}") == f"/depth/image_raw{transport}"
        assert chosen("/image_raw", f"/depth/image_raw{transport}") == "/image_raw"
    assert chosen("/depth/image_raw", "/depth/image_raw/compressedDepth") == "/depth/image_raw"


def test_a_topic_without_a_leading_slash_is_found() -> None:
    assert chosen("image_raw", "/left", topic="/image_raw") == "image_raw"
