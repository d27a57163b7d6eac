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

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.recordings.folder_recording import FolderRecording
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
    recording = FolderRecording(photos)
    frames = list(recording.frames())
    assert recording.still
    assert [given.name for given in frames] == ["a.png", "b/c.jpg", "z.jpg"]
    assert [given.image is None for given in frames] == [False, False, True]
    sentence = f"The picture {photos / 'z.jpg'} cannot be decoded, as it is not an image: give JPEG or PNG."
    assert recording.problems == {sentence: 1}
    assert frames[2].problem == sentence


def test_pictures_passed_over_for_their_kind_are_a_problem(photos):
    (photos / "b" / "phone.HEIC").touch()
    recording = FolderRecording(photos)
    assert recording.count() == 3
    assert (
        recording.problems[
            f"Pictures in {photos} are passed over for their kind (1 .heic): convert them to JPEG or PNG."
        ]
        == 1
    )


def test_pictures_have_the_hands_of_the_table(photos, truth_file):
    truth = read_truth(
        truth_file("file,xmin,ymin,xmax,ymax", "a.png,1,2,11,12", "a.png,15,2,25,12", "b/c.jpg,,,,")
    )
    frames = {given.name: given for given in FolderRecording(photos, truth).frames()}
    assert [hand.box for hand in frames["a.png"].truth] == [(1, 2, 11, 12), (15, 2, 25, 12)]
    assert frames["b/c.jpg"].truth == ()
    assert frames["z.jpg"].truth is None


def test_pictures_that_only_the_truth_knows_are_counted(photos, truth_file):
    rows = [f"{name},1,2,11,12" for name in ("a.png", "y.png", "x.png")]
    recording = FolderRecording(photos, read_truth(truth_file("file,xmin,ymin,xmax,ymax", *rows)))
    assert recording.problems == {"a picture of the truth is not in the folder (x.png)": 2}


def test_many_damaged_pictures_do_not_fill_the_report(photos):
    for number in range(100):
        (photos / f"{number}.jpg").write_bytes(b"no picture")
    recording = FolderRecording(photos)
    assert len(list(recording.frames())) == 103
    assert sum(recording.problems.values()) == 101
    assert len(recording.problems) == 21


def test_refuses_the_truth_of_other_pictures(photos, truth_file):
    truth = read_truth(truth_file("file,xmin,ymin,xmax,ymax", "other.png,1,2,3,4"))
    with pytest.raises(SourceError, match="None of the 3 pictures"):
        FolderRecording(photos, truth)
