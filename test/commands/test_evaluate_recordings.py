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

"""`evaluate` of bags and photos that are damaged, of one name, or of several kinds."""

from __future__ import annotations

import json
import shutil
import sqlite3

import cv2
import numpy as np
import pytest

pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.evaluation.measures.frames import read_frames
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.resources import default_policy


def test_a_damaged_image_is_named_on_the_terminal_and_in_the_report(tmp_path, capsys):
    with (
        SyntheticHandSource(SourceOptions(width=320, height=240)) as source,
        BagWriter(tmp_path / "bag") as writer,
    ):
        for number in range(5):
            stamp_ns = 10**18 + number * 33_333_333
            message = BAG_MESSAGES.image(source.read().image, BAG_MESSAGES.header(stamp_ns, "camera"))
            if number == 2:
                message.data = message.data[:10]
            writer.write("/image_raw", message, stamp_ns)
    out = tmp_path / "out"
    assert main(["evaluate", str(tmp_path / "bag"), "--out", str(out)]) == 0
    assert "The image is truncated" in " ".join(capsys.readouterr().out.split())
    (problem,) = json.loads((out / "report.json").read_text())["recordings"][0]["problems"]
    assert "The image is truncated" in problem
    assert (read_frames(out / "frames.csv")["outcome"] == "rejected").sum() == 1


def test_it_fails_where_no_image_could_be_tracked_and_still_leaves_the_report(tmp_path, capsys):
    with BagWriter(tmp_path / "bag") as writer:
        message = BAG_MESSAGES.image(np.zeros((8, 8, 3), np.uint8), BAG_MESSAGES.header(10**18, "camera"))
        message.data = message.data[:10]
        for number in range(3):
            writer.write("/image_raw", message, 10**18 + number)
    out = tmp_path / "out"
    assert main(["evaluate", str(tmp_path / "bag"), "--out", str(out)]) == 1
    said = capsys.readouterr()
    assert "None of the images could be tracked" in said.err
    assert "The image is truncated" in " ".join(said.out.split())
    (recording,) = json.loads((out / "report.json").read_text())["recordings"]
    assert sum(recording["problems"].values()) >= 3


def test_a_bag_that_cannot_be_read_is_left_out_and_named(bag, tmp_path, capsys):
    (tmp_path / "broken.mcap").write_bytes(b"no bag")
    out = str(tmp_path / "out")
    assert main(["evaluate", str(bag), str(tmp_path / "broken.mcap"), "--jobs", "1", "--out", out]) == 0
    assert "left out: The bag" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path / "broken.mcap"), "--out", out]) == 1


def test_photos_and_bags_go_into_one_report(bag, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    with SyntheticHandSource(SourceOptions(absence_s=0.0)) as source:
        cv2.imwrite(str(folder / "a.png"), [source.read() for _ in range(40)][-1].image)
    (folder / "b.png").write_bytes(b"")
    (tmp_path / "truth.csv").write_text("file,xmin,ymin,xmax,ymax\na.png,0,0,640,480\n")
    words = ["--images", str(folder), "--truth", str(tmp_path / "truth.csv"), "--level", "4"]
    assert main(["evaluate", str(bag), *words, "--jobs", "1", "--out", str(tmp_path / "out")]) == 0
    recordings = json.loads((tmp_path / "out/report.json").read_text())["recordings"]
    assert [(one["name"], one["truth"]) for one in recordings] == [
        ("drive", "joints of a synthetic source"),
        ("photos (photos)", "boxes"),
    ]


def test_bags_of_the_same_name_keep_apart(bag, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "drive").symlink_to(bag)
    bags = [str(tmp_path / folder / "drive") for folder in ("one", "two")]
    # A link is the bag that it leads to.
    assert main(["evaluate", *bags, "--level", "4", "--out", str(tmp_path / "out")]) == 0
    frames = read_frames(tmp_path / "out/frames.csv")
    assert frames.names("bag") == ["drive"]


def test_recordings_and_policies_of_the_same_name_have_runs_of_their_own(bag, tmp_path):
    policy = default_policy()
    for folder in ("one", "two"):
        shutil.copytree(bag, tmp_path / folder / "x" / "drive")
        for file in policy.parent.glob(f"{policy.stem}.*"):
            shutil.copy(file, tmp_path / folder)
    bags = [str(tmp_path / folder / "x" / "drive") for folder in ("one", "two")]
    policies = [str(tmp_path / folder / policy.name) for folder in ("one", "two")]
    words = ["--policy", *policies, "--jobs", "1", "--out", str(tmp_path / "out")]
    assert main(["evaluate", *bags, *words]) == 0
    frames = read_frames(tmp_path / "out/frames.csv")
    assert frames.names("bag") == ["one/x/drive", "two/x/drive"]
    assert frames.names("run") == [f"policy {folder}/{policy.stem}" for folder in ("one", "two")]
    assert len(frames) == 4 * 30


def test_a_bag_whose_images_are_all_lost_does_not_cost_the_others(bag, tmp_path, capsys):
    with sqlite3.connect(tmp_path / "empty.db3") as database:
        database.execute("CREATE TABLE topics(id INTEGER PRIMARY KEY, name, type, serialization_format)")
        database.execute("CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id, timestamp, data)")
        database.execute("INSERT INTO topics VALUES(1, '/image_raw', 'sensor_msgs/msg/Image', 'cdr')")
    database.close()
    out = tmp_path / "out"
    assert main(["evaluate", str(bag), str(tmp_path / "empty.db3"), "--jobs", "1", "--out", str(out)]) == 0
    assert "left out: The bag" in capsys.readouterr().err
    figures = json.loads((out / "report.json").read_text())
    assert [one["name"] for one in figures["recordings"]] == ["drive"]
    assert any("has no image on /image_raw" in note for note in figures["notes"])
    assert "has no image on /image_raw" in (out / "report.html").read_text()


def test_photos_have_numbers_instead_of_times(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(folder / name), np.zeros((48, 64, 3), np.uint8))
    assert main(["evaluate", "--images", str(folder), "--out", str(tmp_path / "out")]) == 0
    (recording,) = json.loads((tmp_path / "out/report.json").read_text())["recordings"]
    assert recording["photos"]
    assert recording["seconds"] == 0
    page = (tmp_path / "out/report.html").read_text()
    assert "Photo by photo: photos (photos)" in page
    assert "2 frames, recordings: 1" in page
