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

from pathlib import Path

import cv2
import pytest

pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.recordings.bags.writer import BagWriter


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """Give a bag of two seconds of frames, as the tracker reports them."""
    path = tmp_path / "drive"
    with BagWriter(path) as writer:
        for i in range(60):
            stamp_ns = (5 + i) * 33_333_333
            cost = FrameCost(
                stamp_ns=stamp_ns, hands=1, predicted=i % 2, level=0, total_ms=9.0, end_to_end_ms=11.0
            )
            message = BAG_MESSAGES.stats(cost, BAG_MESSAGES.header(stamp_ns, "camera"))
            writer.write("/stats", message, stamp_ns)
    return path


def test_draws_a_second_of_a_bag(bag: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "pictures" / "second.png"
    assert main(["timeline", str(bag), "--out", str(out), "--at", "0.5"]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert cv2.imread(str(out)) is not None


def test_a_second_that_is_not_in_the_bag_is_refused(bag: Path, tmp_path: Path, capsys) -> None:
    assert main(["timeline", str(bag), "--out", str(tmp_path / "second.png"), "--at", "9"]) != 0
    assert "--at is 9: the bag has frames from 0 to 2.0 s." in capsys.readouterr().err
    assert not (tmp_path / "second.png").exists()


def test_a_bag_without_stats_says_which_topic_to_record(synthetic_bag: Path, tmp_path: Path, capsys) -> None:
    assert main(["timeline", str(synthetic_bag), "--out", str(tmp_path / "second.png")]) != 0
    assert "record the topic stats" in capsys.readouterr().err
