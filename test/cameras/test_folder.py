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

"""Image folders."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.cameras.folder import list_images, passed_over, read_image
from hand_tracking_dsp.compression.data.pictures import list_pictures
from hand_tracking_dsp.errors import FrameError, SourceError
from hand_tracking_dsp.evaluation.agreement import sample_photos
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.recordings.folder_recording import FolderRecording

SIZES = {"a.png": 10, "b.JPG": 11, "sub/a.bmp": 12, "sub/deep/c.png": 13, "z.jpeg": 14}
"""Height of each image in a folder, by its name there."""


def by_camera(folder):
    """Read all frames; an image's height tells which one it is."""
    names = {height: name for name, height in SIZES.items()}
    with open_source(str(folder)) as source:
        return [names[frame.image.shape[0]] for frame in iter(source.read, None)]


USERS = [
    pytest.param(lambda folder: below(folder, list_images(folder)), id="listing"),
    pytest.param(by_camera, id="camera"),
    pytest.param(lambda folder: [frame.name for frame in FolderRecording(folder).frames()], id="recording"),
    pytest.param(lambda folder: below(folder, sample_photos([folder], 99, 0)[folder]), id="agreement"),
    pytest.param(lambda folder: below(folder, [one.path for one in list_pictures(folder)]), id="data set"),
]


def below(folder, paths):
    return [path.relative_to(folder).as_posix() for path in paths]


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.zeros((SIZES.get(name, 15), 20, 3), np.uint8))


def nested(folder):
    write(folder, *SIZES)
    (folder / "notes.txt").write_text("no image")
    return list(SIZES)


def hidden(folder):
    write(folder, "a.png", ".b.png", "._a.png", ".cache/c.png")
    return ["a.png"]


def link_to_a_parent(folder):
    write(folder, "a.png", "sub/a.bmp")
    (folder / "sub" / "loop").symlink_to(folder)
    return ["a.png", "sub/a.bmp"]


def links_to_folders(folder):
    """Two links to a folder elsewhere, one to a folder that is listed anyway."""
    write(folder, "sub/a.bmp")
    write(folder.parent, "sub/deep/c.png")
    for name, target in (("sub/deep", folder.parent / "sub/deep"), ("sub/e", folder.parent / "sub/deep")):
        (folder / name).symlink_to(target)
    (folder / "again").symlink_to(folder / "sub")
    return ["sub/a.bmp", "sub/deep/c.png"]


def link_to_an_image(folder):
    write(folder.parent, "z.jpeg")
    (folder / "z.jpeg").symlink_to(folder.parent / "z.jpeg")
    return ["z.jpeg"]


@pytest.mark.parametrize("use", USERS)
@pytest.mark.parametrize("fill", [nested, hidden, link_to_a_parent, links_to_folders, link_to_an_image])
def test_all_users_of_a_folder_find_the_same_images(tmp_path, use, fill):
    folder = tmp_path / ".set"
    folder.mkdir()
    expected = fill(folder)
    assert use(folder) == expected


def missing(folder):
    return folder / "nowhere", "There is no (folder|camera, file or folder) .*nowhere'?: "


def no_image(folder):
    (folder / "a.txt").write_text("no image")
    return folder, r"There is no image \(\.jpg, .*\) in .*: name a folder that holds some\."


def a_file(folder):
    (folder / "notes.txt").write_text("no image")
    return (
        folder / "notes.txt",
        r"There is no folder .*notes.txt: name one|The file .*notes.txt is not a video",
    )


@pytest.mark.parametrize("use", USERS)
@pytest.mark.parametrize("make", [missing, no_image, a_file])
def test_all_users_of_a_folder_refuse_it_in_a_sentence(tmp_path, use, make):
    folder, sentence = make(tmp_path)
    with pytest.raises(SourceError, match=sentence):
        use(folder)


@pytest.mark.parametrize("use", USERS)
def test_all_users_of_a_folder_name_one_below_that_cannot_be_read(tmp_path, use, monkeypatch):
    write(tmp_path, "a.png", "sub/a.bmp")
    iterdir = Path.iterdir

    def refuse(path):
        if path.name == "sub":
            raise PermissionError(13, "Permission denied", str(path))
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(SourceError, match=r"The folder .*sub cannot be read \(Permission denied\): make it"):
        use(tmp_path)


def test_an_image_that_cannot_be_decoded_is_listed_and_refused_with_its_reason(tmp_path):
    (tmp_path / "damaged.png").write_bytes(b"no image")
    (tmp_path / "empty.png").touch()
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    paths = list_images(tmp_path)
    assert below(tmp_path, paths) == ["damaged.png", "empty.png", "gone.png"]
    for path, reason in zip(paths, ("it is not an image", "it is empty", "No such file"), strict=True):
        with pytest.raises(FrameError, match=f"^The picture {path} cannot be (decoded|read).*{reason}"):
            read_image(path)


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


def test_pipes_and_devices_are_no_images(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    os.mkfifo(tmp_path / "b.png")
    (tmp_path / "c.png").symlink_to("/dev/zero")
    (tmp_path / "d.png").symlink_to("nowhere.png")
    assert [path.name for path in list_images(tmp_path)] == ["a.png", "d.png"]


def test_pictures_passed_over_for_their_kind_are_counted_and_named(folder: Path) -> None:
    for name in ("a.heic", "b.HEIC", "sub/c.avif"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    kinds = "2 .heic, 1 .avif"
    sentence = f"Pictures in {folder} are passed over for their kind ({kinds}): convert them to JPEG or PNG."
    assert passed_over(folder) == sentence
    with open_source(str(folder)) as source:
        assert source.problem == sentence


def test_a_folder_of_nothing_else_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.heic").touch()
    with pytest.raises(SourceError, match=r"There is no image .*\(1 \.heic\): convert them to JPEG"):
        open_source(str(tmp_path))


def test_a_folder_source_says_why_an_image_was_left_out(folder: Path) -> None:
    (folder / "b.bmp").write_bytes(b"this is no bitmap")
    with open_source(str(folder)) as source:
        assert [source.read().image.shape[0] for _ in range(2)] == [10, 12]
        assert source.problem == (
            f"The picture {folder / 'b.bmp'} cannot be decoded, as it is not an image: give JPEG or PNG."
        )


def test_an_image_above_the_limit_is_left_out(folder: Path) -> None:
    cv2.imwrite(str(folder / "0.png"), np.zeros((400, 400, 3), np.uint8))
    with open_source(str(folder), images=ImageOptions(max_image_megapixels=0.1)) as source:
        assert source.read().image.shape == (10, 20, 3)
        assert "0.png, a PNG, is 400x400 pixels: more than max_image_megapixels, 0.1" in source.problem


def test_a_file_larger_than_any_image_of_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(2_000_000_000)
    with pytest.raises(FrameError, match=r"huge\.jpg has 2000 MB: more than an image of max_image"):
        read_image(path)


def test_sixteen_bits_of_a_file_fill_the_image(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "infrared.png"), np.full((8, 8), 1023, np.uint16))
    assert (read_image(tmp_path / "infrared.png") == 255).all()
