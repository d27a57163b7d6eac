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

"""Recording, listing and measuring gestures, with real networks on synthetic hands."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic.posed import pose_picture
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.gestures.examples import load_gestures


@pytest.fixture
def draw(tmp_path: Path):
    """Write pictures of a pose, turned by some degrees each, into a folder below tmp_path."""

    def write(folder: str, pose: str, turns_deg: list[float]) -> Path:
        (tmp_path / folder).mkdir(exist_ok=True)
        for index, turn_deg in enumerate(turns_deg):
            assert cv2.imwrite(
                str(tmp_path / folder / f"{pose}_{index:02}.png"), pose_picture(pose, turn_deg)
            )
        return tmp_path / folder

    return write


def record(name: str, source: Path | str, out: Path, *options: str) -> int:
    words = ["gesture", "record", name, "--source", str(source), "--out", str(out), *options]
    return main(words)


def test_a_recorded_gesture_is_recognized_again(draw, tmp_path, capsys):
    out = tmp_path / "own.yaml"
    folder = draw("call", "call", [2.0 * i - 15 for i in range(16)])
    assert record("call", folder, out) == 0
    assert "Warning" not in capsys.readouterr().out
    draw("seen", "call", [20, -25, 40])
    images = draw("seen", "point", [0, 15])
    labels = tmp_path / "labels.csv"
    labels.write_text("file,open_fingers,gesture\ncall_*.png,2,call\npoint_*.png,1,point\n")
    figures = tmp_path / "figures.json"
    words = [
        "gesture",
        "measure",
        "--images",
        images,
        "--labels",
        labels,
        "--gestures",
        out,
        "--out",
        figures,
    ]
    assert main([*map(str, words), "--levels", "all"]) == 0
    text = capsys.readouterr().out
    assert "| call | 3 | · | 100.0 % |" in text
    assert "what people say" in text
    levels = json.loads(figures.read_text())["levels"]
    assert len(levels) == 5
    assert levels["0"]["gestures"]["accuracy_of_all"] == 1.0
    assert levels["0"]["open_fingers"]["right"] == 5


def test_a_part_of_the_synthetic_hands_walk_is_learned(tmp_path, capsys):
    out = tmp_path / "own.yaml"
    # The walk of seed 0 shows "call" then.
    assert record("call", "synthetic", out, "--start", "4.8", "--seconds", "0.8") == 0
    assert "examples of" in capsys.readouterr().out
    (gesture,) = load_gestures(out)
    assert len(gesture.examples) >= 15


def test_gestures_are_added_and_replaced_only_when_asked(draw, tmp_path, capsys):
    out = tmp_path / "own.yaml"
    call, three = draw("call", "call", [0, 2, 4, 6, 8, 10]), draw("three", "three", [0, 2, 4, 6, 8, 10])
    assert record("phone", call, out) == 0
    assert record("three", three, out) == 0
    before = out.read_bytes()
    assert record("three", call, out) == 1
    assert "--replace" in capsys.readouterr().err
    assert out.read_bytes() == before
    assert record("three", call, out, "--replace") == 0
    assert "100 % of the examples of phone fit three, too" in capsys.readouterr().out
    assert [gesture.name for gesture in load_gestures(out)] == ["phone", "three"]
    assert main(["gesture", "list", "--gestures", str(out)]) == 0
    listing = capsys.readouterr().out
    assert "thumb_down" in listing
    assert "phone" in listing


def test_a_pose_that_is_built_in_is_warned_of(draw, tmp_path, capsys):
    assert record("halt", draw("spread", "spread", [0, 2, 4, 6, 8]), tmp_path / "own.yaml") == 0
    assert "5 of 5 images also show the built-in open_palm" in capsys.readouterr().out


def test_a_mixture_of_poses_is_warned_of(draw, tmp_path, capsys):
    turns = [0, 3, 6, 9, 12, 15, 18, 21]
    draw("both", "call", turns)
    assert record("both", draw("both", "three", turns), tmp_path / "own.yaml") == 0
    assert "% of the examples show one pose" in capsys.readouterr().out


def test_a_second_hand_is_warned_of(tmp_path, capsys):
    folder = tmp_path / "two"
    folder.mkdir()
    for index in range(6):
        both = np.hstack([pose_picture("call", 2 * index), pose_picture("fist", 2 * index)])
        assert cv2.imwrite(str(folder / f"{index}.png"), both)
    assert record("call", folder, tmp_path / "own.yaml") == 0
    assert "images show two hands" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["record", "fist"], "taken"),
        (["record", "Big Name"], "cannot name"),
        (["record", "mine", "--seconds", "0"], "--seconds"),
        (["record", "mine", "--seconds", "nan"], "--seconds"),
        (["record", "mine", "--start", "inf"], "--start"),
        (["record", "mine", "--source", "synthetic", "--level", "6"], "levels 0 to 4"),
        (["record", "mine", "--source", "nowhere.mp4"], "nowhere.mp4"),
        (["measure"], "nothing to measure"),
        (["measure", "--images", "."], "nothing to measure"),
        (["measure", "--video", "x.mp4", "--levels", "9"], "--levels"),
        (["measure", "--video", "x.mp4", "--set", "min_score=high"], "NAME=VALUE"),
        (["measure", "--video", "x.mp4", "--set", "min_scor=0.5"], "no threshold min_scor"),
        (["measure", "--video", "x.mp4", "--set", "min_score=7"], "--set min_score is 7.0, but must be in"),
        (["measure", "--video", "x.mp4", "--margin", "3"], "--margin"),
        (["list", "--gestures", "none.yaml"], "cannot be read"),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence(tmp_path, monkeypatch, capsys, words, reason):
    monkeypatch.chdir(tmp_path)
    assert main(["gesture", *words]) == 1
    assert reason in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_label_that_nobody_reads_is_refused(draw, tmp_path, capsys):
    images, labels = draw("seen", "fist", [0]), tmp_path / "labels.csv"
    labels.write_text("file,gesture\nfist_00.png,fisst\n")
    assert main(["gesture", "measure", "--images", str(images), "--labels", str(labels)]) == 1
    assert "name fisst, which are not known gestures" in capsys.readouterr().err


def test_a_source_without_a_hand_leaves_no_file(tmp_path, capsys):
    (tmp_path / "grey").mkdir()
    cv2.imwrite(str(tmp_path / "grey" / "0.png"), pose_picture("fist")[:40, :40] * 0 + 90)
    assert record("mine", tmp_path / "grey", tmp_path / "own.yaml") == 1
    assert "Only 0 images show a hand" in capsys.readouterr().err
    assert not (tmp_path / "own.yaml").exists()


def test_videos_are_watched_at_the_levels_asked_for(draw, capsys):
    folder = draw("video", "fist", [i * 0.5 for i in range(12)])
    words = ["gesture", "measure", "--video", str(folder), "--levels", "1,0", "--set", "hold_on_s=0.1"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "level 0 `full`" in text
    assert "level 1 `full_192of224`" in text
    assert text.count("| count_0 1, fist 1 |") == 4
