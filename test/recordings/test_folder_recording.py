from __future__ import annotations

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.recordings.folder_recording import FolderFootage
from hand_tracking_dsp.recordings.labels import read_truth


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


def test_pictures_have_the_hands_of_the_table(photos, truth_file):
    truth = read_truth(
        truth_file("file,xmin,ymin,xmax,ymax", "a.png,1,2,11,12", "a.png,15,2,25,12", "b/c.jpg,,,,")
    )
    shots = {shot.name: shot for shot in FolderFootage(photos, truth).shots()}
    assert [hand.box for hand in shots["a.png"].truth] == [(1, 2, 11, 12), (15, 2, 25, 12)]
    assert shots["b/c.jpg"].truth == ()
    assert shots["z.jpg"].truth is None


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


def test_refuses_the_truth_of_other_pictures(photos, truth_file):
    truth = read_truth(truth_file("file,xmin,ymin,xmax,ymax", "other.png,1,2,3,4"))
    with pytest.raises(SourceError, match="None of the 3 pictures"):
        FolderFootage(photos, truth)
