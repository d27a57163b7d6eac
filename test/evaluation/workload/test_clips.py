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

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.workload.clips import find_clips


def write_video(path: Path, frames: int = 5) -> Path:
    """Write a video of grey pictures, the blue of BGR the strongest, 20 a second."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20.0, (64, 48))
    for _ in range(frames):
        writer.write(np.full((48, 64, 3), (200, 100, 50), np.uint8))
    writer.release()
    return path


def test_a_folder_gives_its_videos_in_order(tmp_path: Path) -> None:
    for name in ("b.avi", "a.avi"):
        write_video(tmp_path / name)
    (tmp_path / "notes.txt").write_text("none")
    assert [clip.name for clip in find_clips([tmp_path])] == ["a.avi", "b.avi"]


def test_clips_called_alike_and_named_twice_have_names_of_their_own(tmp_path: Path) -> None:
    paths = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        paths.append(write_video(tmp_path / folder / "hand.avi"))
    assert [clip.name for clip in find_clips([*paths, paths[0]])] == ["one/hand.avi", "two/hand.avi"]


def test_frames_are_rgb_and_stamped_at_the_rate_of_the_video(tmp_path: Path) -> None:
    (clip,) = find_clips([write_video(tmp_path / "a.avi")])
    frames = list(clip.frames())
    assert [frame.stamp_s for frame in frames] == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])
    red, _, blue = frames[0].image[0, 0]
    assert red < blue


def test_a_folder_of_pictures_is_one_clip(tmp_path: Path) -> None:
    for i in range(3):
        cv2.imwrite(str(tmp_path / f"{i}.png"), np.zeros((48, 64, 3), np.uint8))
    (clip,) = find_clips([tmp_path])
    assert len(list(clip.frames())) == 3


def test_a_bag_is_a_clip(synthetic_bag: Path, synthetic_frames) -> None:
    (clip,) = find_clips([synthetic_bag])
    frames = list(clip.frames())
    assert len(frames) == len(synthetic_frames)
    assert np.array_equal(frames[0].image, synthetic_frames[0].image[:, :, ::-1])


def cut(path: Path, share: float = 0.6) -> Path:
    """Cut a file off."""
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    return path


def test_a_clip_that_ends_early_says_so_once_however_often_it_is_read(tmp_path: Path) -> None:
    (clip,) = find_clips([cut(write_video(tmp_path / "a.avi", 40))])
    for _ in range(2):
        frames = list(clip.frames())
        ((sentence, count),) = clip.problems.items()
        assert f"gave {len(frames)} of the 40 frames that it tells of" in sentence
        assert count == 1


def test_a_bag_that_is_cut_off_and_pictures_that_cannot_be_read_say_so(
    tmp_path: Path, synthetic_bag: Path
) -> None:
    bag = Path(shutil.copytree(synthetic_bag, tmp_path / "bag")) if synthetic_bag.is_dir() else synthetic_bag
    (file,) = (one for one in bag.rglob("*") if one.suffix in {".mcap", ".db3"})
    (clip,) = find_clips([cut(file)])
    list(clip.frames())
    assert any("cut off" in sentence for sentence in clip.problems)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    cv2.imwrite(str(pictures / "0.png"), np.zeros((48, 64, 3), np.uint8))
    (pictures / "1.png").write_bytes(b"no picture")
    (clip,) = find_clips([pictures])
    assert len(list(clip.frames())) == 1
    assert any("1.png" in sentence for sentence in clip.problems)


def test_a_whole_clip_and_one_of_which_less_was_asked_for_have_no_problem(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", 40)
    for most in (None, 5):
        (clip,) = find_clips([path], most)
        list(clip.frames())
        assert not clip.problems


def test_no_more_frames_than_asked_for(tmp_path: Path) -> None:
    (clip,) = find_clips([write_video(tmp_path / "a.avi")], 2)
    assert len(list(clip.frames())) == 2


def test_without_paths_it_is_the_synthetic_hand() -> None:
    (clip,) = find_clips([], 2)
    assert clip.name == "synthetic"
    assert [frame.image.shape for frame in clip.frames()] == [(480, 640, 3)] * 2


def test_a_path_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(SourceError, match=r"/nowhere cannot be read .*name a video"):
        find_clips([Path("/nowhere")])
