from __future__ import annotations

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.recordings.labels import LabelledHand, choose_part, read_labels


@pytest.fixture
def table(tmp_path):
    """Write labels and the pictures' (empty) files."""

    def write(text, files=("a_1.jpg", "a_2.jpg", "b.jpg")):
        for name in files:
            (tmp_path / name).touch()
        path = tmp_path / "labels.csv"
        path.write_text(text)
        return path

    return write


def test_rows_name_pictures_or_patterns(table, tmp_path):
    path = table(
        "file,open_fingers,gesture,xmin,ymin,xmax,ymax\na_*.jpg,2,victory,,,,\nb.jpg,0,none,1,2,3,4.5\n"
    )
    assert read_labels(path, tmp_path) == (
        LabelledHand(tmp_path / "a_1.jpg", 2, "victory", None),
        LabelledHand(tmp_path / "a_2.jpg", 2, "victory", None),
        LabelledHand(tmp_path / "b.jpg", 0, "", (1, 2, 3, 4.5)),
    )


def test_the_mark_that_spreadsheets_put_in_front_is_no_part_of_a_name(table, tmp_path):
    (hand,) = read_labels(table("\ufefffile,open_fingers\nb.jpg,1\n"), tmp_path)
    assert hand.path.name == "b.jpg"


def test_what_is_not_said_is_not_measured(table, tmp_path):
    (hand,) = read_labels(table("gesture,file\n,b.jpg\n"), tmp_path)
    assert (hand.open_fingers, hand.gesture, hand.box) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name,open_fingers\nb.jpg,1\n", "lack a column"),
        ("file\nb.jpg\n", "lack a column"),
        ("", "lack a column"),
        ("file,open_fingers\n", "name no picture"),
        ("file,open_fingers\nc.jpg,1\n", "no picture 'c.jpg'.*line 2"),
        ("file,open_fingers\nb.jpg,1\nx*.jpg,1\n", "line 3"),
        ("file,open_fingers\n,1\n", "no picture ''"),
        ("file,open_fingers\nb.jpg,6\n", "'6' in line 2"),
        ("file,open_fingers\nb.jpg,two\n", "'two'"),
        ("file,open_fingers,xmin,ymin,xmax,ymax\nb.jpg,1,1,2,3,\n", "no box"),
        ("file,open_fingers,xmin,ymin,xmax,ymax\nb.jpg,1,1,2,nan,4\n", "no box"),
        ("file,open_fingers,xmin,ymin,xmax,ymax\nb.jpg,1,3,2,1,4\n", "no box"),
        ("file,open_fingers\n/*.jpg,1\n", "no picture"),
        ("file,open_fingers\n**b.jpg,1\n", "no picture"),
        (f"file,open_fingers\n{'b' * 200_000},1\n", "no CSV .*line 2"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_with_their_line(table, tmp_path, text, reason):
    with pytest.raises(ConfigurationError, match=reason):
        read_labels(table(text), tmp_path)


def test_labels_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_labels(tmp_path / "none.csv", tmp_path)


def test_groups_are_split_whole_into_two_halves_of_like_size(tmp_path):
    names = ["a_1", "a_2", "a_3", "a_4", "b_1", "b_2", "b_3", "pic001", "pic002", "c_1"]
    hands = [LabelledHand(tmp_path / f"{name}.jpg", 1, None, None) for name in names]
    tuning, held_out = choose_part(hands, "tuning"), choose_part(hands, "held-out")
    assert choose_part(hands, "all") == tuple(hands)
    assert {hand.group for hand in tuning} == {"a", "c"}
    assert {hand.group for hand in held_out} == {"b", "pic"}
    assert len(tuning) == len(held_out) == 5
