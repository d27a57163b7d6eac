from __future__ import annotations

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.recordings.folder_recording import FolderFootage, read_truth

JOINTS = [f"{axis}{joint}" for joint in range(21) for axis in "xy"]


@pytest.fixture
def photos(tmp_path):
    """Give a folder of two photos, one of them in a folder below, and one that is damaged."""
    folder = tmp_path / "photos"
    (folder / "b").mkdir(parents=True)
    for name in ("a.png", "b/c.jpg"):
        cv2.imwrite(str(folder / name), np.full((20, 30, 3), 100, np.uint8))
    (folder / "z.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture
def truth_file(tmp_path):
    """Write lines as a file of truth."""

    def write(*lines):
        path = tmp_path / "truth.csv"
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_gives_photos_by_name_and_counts_what_cannot_be_decoded(photos):
    footage = FolderFootage(photos)
    shots = list(footage.shots())
    assert footage.still
    assert [shot.name for shot in shots] == ["a.png", "b/c.jpg", "z.jpg"]
    assert [shot.image is None for shot in shots] == [False, False, True]
    assert footage.problems == {"a picture cannot be decoded (z.jpg)": 1}


def test_boxes_sides_and_empty_pictures_come_from_the_table(photos, truth_file):
    path = truth_file(
        "file,open_fingers,xmin,ymin,xmax,ymax,handedness",
        "a.png,4,1,2,11,12,left",
        "a.png,4,15,2,25,12,",
        "b/c.jpg,,,,,,",
    )
    truth = read_truth(path)
    assert [hand.box for hand in truth["a.png"]] == [(1, 2, 11, 12), (15, 2, 25, 12)]
    assert [hand.handedness for hand in truth["a.png"]] == [Handedness.LEFT, Handedness.UNKNOWN]
    shots = {shot.name: shot for shot in FolderFootage(photos, truth).shots()}
    assert len(shots["a.png"].truth) == 2
    assert shots["b/c.jpg"].truth == ()
    assert shots["z.jpg"].truth is None


def test_joints_come_from_the_table(truth_file):
    values = [str(number) for number in range(42)]
    (hand,) = read_truth(truth_file(",".join(["file", *JOINTS]), ",".join(["a.png", *values])))["a.png"]
    np.testing.assert_array_equal(hand.joints_px, np.arange(42, dtype=np.float32).reshape(21, 2))
    assert hand.outline == (0, 1, 40, 41)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["name,xmin", "a.png,1"], "lacks columns"),
        (["file,xmin,ymin,xmax,ymax"], "has no row"),
        (["file,xmin,ymin,xmax,ymax", "a.png,1,2,wide,4"], "damaged in line 2"),
        (["file,xmin,ymin,xmax,ymax", "a.png,1,2,,4"], "damaged in line 2"),
        (["file,xmin,ymin,xmax,ymax", "a.png,1,2,nan,4"], "not finite"),
        (["file,xmin,ymin,xmax,ymax", "a.png,5,2,3,4"], "has no area"),
        (["file,xmin,ymin,xmax,ymax,handedness", "a.png,1,2,3,4,up"], "handedness is 'up'"),
        (["file,xmin,ymin,xmax,ymax", ",1,2,3,4"], "it names no file"),
        ([",".join(["file", *JOINTS]), ",".join(["a.png", *["5"] * 42])], "the palm has no size"),
    ],
)
def test_refuses_a_table_in_a_sentence(truth_file, lines, sentence):
    with pytest.raises(SourceError, match=sentence):
        read_truth(truth_file(*lines))


def test_pictures_that_only_the_truth_knows_are_counted(photos, truth_file):
    rows = [f"{name},1,2,11,12" for name in ("a.png", "y.png", "x.png")]
    footage = FolderFootage(photos, read_truth(truth_file("file,xmin,ymin,xmax,ymax", *rows)))
    assert footage.problems == {"a picture of the truth is not in the folder (x.png)": 2}


def test_many_damaged_pictures_do_not_fill_the_report(photos):
    for number in range(100):
        (photos / f"{number}.jpg").write_bytes(b"no picture")
    footage = FolderFootage(photos)
    assert len(list(footage.shots())) == 103
    assert sum(footage.problems.values()) == 101
    assert len(footage.problems) == 21


def test_refuses_folders_without_pictures_and_truth_of_other_pictures(tmp_path, photos, truth_file):
    with pytest.raises(SourceError, match="There is no folder"):
        FolderFootage(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="holds no picture"):
        FolderFootage(tmp_path / "empty")
    truth = read_truth(truth_file("file,xmin,ymin,xmax,ymax", "other.png,1,2,3,4"))
    with pytest.raises(SourceError, match="None of the 3 pictures"):
        FolderFootage(photos, truth)
    with pytest.raises(SourceError, match="cannot be read"):
        read_truth(tmp_path / "none.csv")
