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

"""A bag on the page: which of its topics are shown, and what is said where there are none."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.shown import messages, stats, write_shown_bag

from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.recordings.bags.reader import open_bag
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.viewing.bag import show_bag, shown_topics
from hand_tracking_dsp.viewing.scene import Scene
from hand_tracking_dsp.viewing.topics import FIGURES, SCENE


class Noted:
    """A show, and its canvas, that counts what it is given."""

    def __init__(self) -> None:
        self.topics: Counter[str] = Counter()
        self.scene = Scene(self, 100.0)

    def is_due(self, _topic: str, _now_ns: int) -> bool:
        return True

    def add(self, topic: str, _message: object, _now_ns: int) -> None:
        self.topics[topic] += 1


@pytest.fixture(scope="module")
def bag(tmp_path_factory) -> Path:
    return write_shown_bag(tmp_path_factory.mktemp("shown") / "bag", 1.0)


def written(path: Path, *chosen: tuple[str, str]) -> Path:
    """Write some topics of a second, under other names."""
    names = dict(chosen)
    with BagWriter(path) as writer:
        for topic, message, at_ns in messages(1.0):
            if topic in names:
                writer.write(names[topic], message, at_ns)
    return path


def test_all_that_can_be_shown_is(bag):
    show = Noted()
    with open_bag(bag) as opened:
        steps = list(show_bag(opened, show))
    assert set(show.topics) == {*SCENE, *FIGURES} - {"power_w"}
    assert show.topics["image_raw"] == 10
    assert steps[-1][0] == steps[-1][1]


def test_the_topics_of_the_cameras_namespace_go_first(tmp_path):
    path = written(
        tmp_path / "bag",
        ("/image_raw", "/left/image_raw"),
        ("/camera_info", "/left/camera_info"),
        ("/stats", "/right/stats"),
        ("/hands", "/left/hands"),
    )
    with open_bag(path) as opened:
        assert shown_topics(opened) == {
            "/left/image_raw": "image_raw",
            "/left/camera_info": "camera_info",
            "/right/stats": "stats",
            "/left/hands": "hands",
        }


def test_the_camera_of_depth_is_found_where_other_drivers_publish_it(tmp_path):
    path = written(
        tmp_path / "bag",
        ("/image_raw", "/zed/rgb/image_rect"),
        ("/depth/image_raw", "/zed/depth/depth_registered"),
        ("/depth/camera_info", "/zed/depth/depth_registered/camera_info"),
    )
    with open_bag(path) as opened:
        topics = shown_topics(opened)
    assert topics["/zed/depth/depth_registered/camera_info"] == "depth/camera_info"


def test_a_bag_without_images_is_shown_by_its_figures(tmp_path):
    path = written(tmp_path / "bag", ("/stats", "/stats"))
    show = Noted()
    with open_bag(path) as opened:
        list(show_bag(opened, show))
    assert show.topics == {"stats": 10}


def test_a_bag_of_nothing_that_is_shown_is_refused(tmp_path):
    path = tmp_path / "bag"
    with BagWriter(path) as writer:
        writer.write("/other", stats(0, 0), 0)
    with (
        open_bag(path) as opened,
        pytest.raises(SourceError, match=r"nothing that the page shows .*: record"),
    ):
        list(show_bag(opened, Noted()))


def test_of_several_cameras_one_has_to_be_named(tmp_path):
    path = tmp_path / "bag"
    with BagWriter(path) as writer:
        for topic, message, at_ns in messages(0.5):
            if topic == "/image_raw":
                writer.write("/a/image_raw", message, at_ns)
                writer.write("/b/image_raw", message, at_ns)
    with open_bag(path) as opened:
        with pytest.raises(ConfigurationError, match="/a/image_raw"):
            shown_topics(opened)
        assert shown_topics(opened, "/b/image_raw") == {"/b/image_raw": "image_raw"}
        with pytest.raises(SourceError, match="/c"):
            shown_topics(opened, "/c")
