"""Image folders."""

import shutil

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.errors import SourceError


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("a.png", "b.bmp", "c.PNG")):
        cv2.imwrite(str(tmp_path / name), np.full((10 + number, 20, 3), 10 * number, np.uint8))
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_gives_the_images_by_name_each_in_its_own_size_and_then_ends(folder):
    with open_source(str(folder)) as source:
        assert (source.width, source.height) == (20, 10)
        frames = [source.read() for _ in range(3)]
        assert [frame.index for frame in frames] == [0, 1, 2]
        assert [frame.image.shape for frame in frames] == [(10, 20, 3), (11, 20, 3), (12, 20, 3)]
        assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 10, 20]
        assert all(frame.truth is None and frame.depth_mm is None for frame in frames)
        assert source.read() is None
        assert source.read() is None


def test_begins_again_where_it_loops(folder):
    with open_source(str(folder), SourceOptions(loop=True)) as source:
        frames = [source.read() for _ in range(7)]
    assert [frame.index for frame in frames] == list(range(7))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 10, 20, 0, 10, 20, 0]


def test_skips_and_counts_an_image_that_cannot_be_decoded(folder):
    (folder / "b.bmp").write_bytes(b"this is no bitmap")
    (folder / "a0.jpg").write_bytes(b"")
    with open_source(str(folder)) as source:
        values = [int(source.read().image[0, 0, 0]) for _ in range(2)]
        assert values == [0, 20]
        assert source.read() is None
        assert source.frames_skipped == 2


def test_one_image_is_a_source_too(folder):
    with open_source(str(folder / "c.PNG")) as source:
        assert source.read().image.shape == (12, 20, 3)
        assert source.read() is None


def test_says_that_a_folder_holds_no_image(tmp_path):
    with pytest.raises(SourceError, match=r"holds no image \(\.jpg, .*\): name one that does\."):
        open_source(str(tmp_path))


def test_says_that_no_image_can_be_decoded(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8 broken")
    with pytest.raises(
        SourceError, match=r"None of the 1 images in .* can be decoded: check that they are whole\."
    ):
        open_source(str(tmp_path))


def test_says_that_a_looping_folder_has_vanished(folder):
    with open_source(str(folder), SourceOptions(loop=True)) as source:
        for _ in range(3):
            source.read()
        shutil.rmtree(folder)
        with pytest.raises(SourceError, match=r"cannot be decoded any more: check that they are there\."):
            source.read()
