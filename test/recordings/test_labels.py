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

import os
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.recordings.labels import (
    LabelledHand,
    choose_part,
    group_of,
    read_boxes,
    read_labels,
    read_truth,
)
from hand_tracking_dsp.recordings.truth import TrueHand

BOX = "xmin,ymin,xmax,ymax"
JOINTS = ",".join(f"{axis}{joint}" for joint in range(21) for axis in "xy")


@pytest.fixture
def table(tmp_path):
    """Write labels, text or bytes, and the pictures' (empty) files."""

    def write(text, files=("a_1.jpg", "a_2.jpg", "b.jpg")):
        for name in files:
            (tmp_path / name).touch()
        path = tmp_path / "labels.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def boxes_of_truth(path):
    return {name: [hand.box for hand in hands] for name, hands in read_truth(path).items()}


def boxes_of_pictures(path):
    return {one.path.name: [tuple(box) for box in one.boxes.tolist()] for one in read_boxes(path)}


def boxes_of_labels(path):
    boxes = {}
    for hand in read_labels(path, path.parent):
        boxes.setdefault(hand.path.name, []).extend([hand.truth.box] if hand.truth.box else [])
    return boxes


READERS = [boxes_of_truth, boxes_of_pictures, boxes_of_labels]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text, id="plain"),
        pytest.param(lambda text: "\ufeff" + text, id="with the mark that spreadsheets put in front"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.replace("\n", "\n\n"), id="empty lines"),
        pytest.param(lambda text: text.replace(",,", ", ,"), id="blank cells"),
        pytest.param(lambda text: text.replace("b.jpg,,,,,", "b.jpg"), id="missing cells"),
        pytest.param(lambda text: text.removesuffix("\n"), id="no line end"),
        pytest.param(
            lambda text: text.replace("\n", ',"two\nlines"\n').replace(',"', ',c,"', 1), id="more cells"
        ),
        pytest.param(lambda text: text.replace("a_1", "./a_1"), id="a path to the same file"),
    ],
)
def test_all_readers_read_the_same_tables(table, read, change):
    text = f"file,open_fingers,{BOX}\na_1.jpg,4,1,2,11,12.5\na_1.jpg,4,15,2,25,12\nb.jpg,,,,,\n"
    assert read(table(change(text))) == {"a_1.jpg": [(1, 2, 11, 12.5), (15, 2, 25, 12)], "b.jpg": []}


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "lack a column: they need file, and "),
        (f"name,open_fingers,{BOX}\nb.jpg,1,1,2,3,4\n", "lack a column: they need file, and "),
        ("file,xmin,ymin\nb.jpg,1,2\n", "lack a column: they need file, and "),
        (f"file,open_fingers,{BOX}\n", "have no row: add one for each hand"),
        (f"file,open_fingers,{BOX}\n,1,1,2,3,4\n", r"wrong in line 2 \(it names no file\): correct it"),
        (
            f"file,open_fingers,{BOX}\n\nb.jpg,1,1,2,3,\n",
            r"wrong in line 3 \(ymax is '', not a finite",
        ),
        (f"file,open_fingers,{BOX}\nb.jpg,1,1,2,wide,4\n", "not a finite number"),
        (f"file,open_fingers,{BOX}\nb.jpg,1,1,2,nan,4\n", "not a finite number"),
        (f"file,open_fingers,{BOX}\nb.jpg,1,1,2,1e99,4\n", "not a finite number"),
        (f"file,open_fingers,{BOX}\nb.jpg,1,3,2,1,4\n", "has no area"),
        (f"file,open_fingers,{BOX}\nb.jpg,1,1,2,{'9' * 5000},4\n", rf"xmax is '{'9' * 40}…', not a finite"),
        (f"file,open_fingers,{BOX}\nb.jpg,1,1,2,3,4,5\n", "line 2 .*it has 7 cells for 6 columns"),
        (f"file,open_fingers,{BOX},xmin\nb.jpg,1,1,2,3,4,5\n", "have the column xmin twice: remove one"),
        (f"file,open_fingers,{BOX},file\nb.jpg,1,1,2,3,4,c.jpg\n", "have the column file twice"),
        (f"file,open_fingers,{BOX}\nb.jpg,1,1,2,3,2\n", "has no area"),
        (
            b"file,open_fingers,xmin,ymin,xmax,ymax\n\xff.jpg,1,1,2,3,4\n",
            "cannot be read .*: give a CSV in UTF-8",
        ),
        (f'file,open_fingers,{BOX}\n"b.jpg,1,1,2,3,4\n', "cannot be read .*not a table from line 2"),
        (f"file,open_fingers,{BOX}\n{'b' * 200_000},1,1,2,3,4\n", "cannot be read .*: give a CSV in UTF-8"),
    ],
)
def test_all_readers_refuse_the_same_tables(table, read, text, sentence):
    with pytest.raises(SourceError, match=rf"The labels .*labels\.csv .*{sentence}"):
        read(table(text))


@pytest.mark.parametrize("read", READERS)
def test_all_readers_refuse_what_is_no_file(tmp_path, read):
    with pytest.raises(SourceError, match=r"none\.csv cannot be read \(No such file or directory\)"):
        read(tmp_path / "none.csv")
    with pytest.raises(SourceError, match=r"cannot be read \(Is a directory\)"):
        read(tmp_path)


def test_truth_has_boxes_sides_and_pictures_without_hands(table):
    truth = read_truth(
        table(
            f"file,open_fingers,{BOX},handedness\n"
            "a.png,many,1,2,11,12,Left\na.png,,15,2,25,12,\nb/c.jpg,,,,,,\n"
        )
    )
    assert [hand.box for hand in truth["a.png"]] == [(1, 2, 11, 12), (15, 2, 25, 12)]
    assert [hand.handedness for hand in truth["a.png"]] == [Handedness.LEFT, Handedness.UNKNOWN]
    assert truth["b/c.jpg"] == ()


def test_truth_has_joints(table):
    values = ",".join(map(str, range(42)))
    (hand,) = read_truth(table(f"file,{JOINTS}\na.png,{values}\n"))["a.png"]
    np.testing.assert_array_equal(hand.joints_px, np.arange(42, dtype=np.float32).reshape(21, 2))
    assert hand.outline == (0, 1, 40, 41)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"file,{BOX},handedness\na.png,1,2,3,4,up\n", "handedness is 'up'"),
        (f"file,{JOINTS}\na.png{',5' * 42}\n", "line 2 .*the palm has no size"),
        (f"file,{JOINTS}\na.png{',5' * 41},\n", "line 2 .*not a finite number"),
    ],
)
def test_truth_that_no_hand_can_have_is_refused(table, text, sentence):
    with pytest.raises(SourceError, match=sentence):
        read_truth(table(text))


def test_boxes_come_by_picture(table, tmp_path):
    first, second = read_boxes(table(f"file,{BOX}\nb_2.jpg,1,2,3,4\na.jpg,5,6,7,8\nb_2.jpg,9,9,10,10\n"))
    assert (first.path, first.group) == (tmp_path / "a.jpg", "a")
    assert (second.path, second.group) == (tmp_path / "b_2.jpg", "b")
    assert second.boxes.tolist() == [[1, 2, 3, 4], [9, 9, 10, 10]]
    assert second.boxes.dtype == np.float32


def test_gestures_are_of_pictures_or_patterns(table, tmp_path):
    path = table(f"file,open_fingers,gesture,{BOX}\na_*.jpg,2,victory,,,,\nb.jpg,0,none,1,2,3,4.5\n")
    assert read_labels(path, tmp_path) == (
        LabelledHand(tmp_path / "a_1.jpg", open_fingers=2, gesture="victory"),
        LabelledHand(tmp_path / "a_2.jpg", open_fingers=2, gesture="victory"),
        LabelledHand(tmp_path / "b.jpg", TrueHand(box=(1, 2, 3, 4.5)), open_fingers=0, gesture=""),
    )


def test_gestures_that_are_not_labelled_are_not_measured(table, tmp_path):
    assert read_labels(table("gesture,file\n,b.jpg\n"), tmp_path) == (LabelledHand(tmp_path / "b.jpg"),)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file\nb.jpg\n", "lack a column: they need file, and open_fingers or gesture"),
        ("file,open_fingers\nc.jpg,1\n", "no picture 'c.jpg'.*line 2"),
        ("file,open_fingers\nb.jpg,1\nx*.jpg,1\n", "no picture .*line 3"),
        ("file,open_fingers\nb.jpg,6\n", "line 2 .open_fingers is '6', not 0 to 5"),
        ("file,open_fingers\nb.jpg,two\n", "'two'"),
        ("file,open_fingers\n/*.jpg,1\n", "no picture"),
        ("file,open_fingers\n**b.jpg,1\n", "no picture"),
    ],
)
def test_gestures_that_cannot_be_used_are_refused_with_their_line(table, tmp_path, text, reason):
    with pytest.raises(SourceError, match=reason):
        read_labels(table(text), tmp_path)


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("a_1.jpg", "a"),
        ("1528.56_pic1.jpg", "1528.56"),
        ("pic001.jpg", "pic"),
        ("s/b.jpg", "b"),
        ("7.jpg", ""),
    ],
)
def test_a_group_is_the_beginning_of_a_name(name, group):
    assert group_of(Path(name)) == group


def test_groups_are_split_whole_into_two_halves_of_like_size():
    names = ["a_1", "a_2", "a_3", "a_4", "b_1", "b_2", "b_3", "pic001", "pic002", "c_1"]
    hands = [LabelledHand(Path(f"{name}.jpg"), open_fingers=1) for name in names]
    tuning, held_out = choose_part(hands, "tuning"), choose_part(hands, "held-out")
    assert choose_part(hands, "all") == tuple(hands)
    assert {hand.group for hand in tuning} == {"a", "c"}
    assert {hand.group for hand in held_out} == {"b", "pic"}
    assert len(tuning) == len(held_out) == 5


def test_a_table_without_joints_is_told_of_them_in_few_words(tmp_path):
    (tmp_path / "labels.csv").write_text("file\na.jpg\n")
    with pytest.raises(SourceError) as refused:
        read_truth(tmp_path / "labels.csv")
    assert "they need file, and xmin, ymin, xmax, ymax or x0, y0 to x20, y20." in str(refused.value)


def test_a_pattern_means_the_pictures_below_it_and_nothing_else(tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("a.jpg", "below/b.PNG", "labels.txt"):
        (tmp_path / name).write_bytes(b"")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "labels.csv").write_text("file,open_fingers\n**/*,5\n")
    found = read_labels(tmp_path / "labels.csv", tmp_path)
    assert [hand.path.relative_to(tmp_path).as_posix() for hand in found] == ["a.jpg", "below/b.PNG"]
