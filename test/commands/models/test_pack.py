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

"""The command pack, from folders to a file of packed pictures."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack


def noise(seed, height=240, width=320):
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 20, width // 20, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    for name in ("hands", "empty", "more"):
        (root / name).mkdir()
    for number in range(12):
        scene = SyntheticScene(SourceOptions(seed=number, absence_s=0.0))
        cv2.imwrite(str(root / "hands" / f"{number:03d}.jpg"), scene.frame(20).image)
        cv2.imwrite(str(root / "empty" / f"{number:03d}.jpg"), noise(number))
    for number in range(3):
        scene = SyntheticScene(SourceOptions(seed=50 + number, absence_s=0.0))
        cv2.imwrite(str(root / "more" / f"{number}.jpg"), scene.frame(20).image)
    (root / "hands" / "004.jpg").write_bytes(b"no picture")
    video = cv2.VideoWriter(str(root / "walk.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10, (320, 240))
    for number in range(12):
        video.write(noise(100 + number))
    video.release()
    return root


def test_folders_and_videos_are_packed_and_their_ends_held_out(folders, tmp_path, capsys):
    out = tmp_path / "pack.npz"
    words = ["--hands", folders / "hands", "--empty", folders / "empty", "--videos", folders / "walk.avi"]
    words += ["--validation", f"other people={folders / 'more'}", "--held-out", "0.25", "--out", out]
    assert main(["models", "pack", *map(str, words)]) == 0
    found = Counter((one.kind, one.source) for one in read_pack(out))
    assert found[PictureKind.HAND, "hands"] >= 5
    assert found[PictureKind.BESIDE, "hands"] >= 1
    assert found[PictureKind.EMPTY, "empty"] >= 4
    assert found[PictureKind.EMPTY, "walk"] == 6, "three frames, two squares each"
    assert found[PictureKind.CROP, "hands held out"] >= 2
    assert found[PictureKind.CROP, "other people"] >= 2
    assert found[PictureKind.EMPTY_CROP, "empty held out"] == 9
    printed = " ".join(capsys.readouterr().out.split())
    assert "hands/004.jpg cannot be read, and is left out." in printed
    assert f"{sum(found.values())} pictures" in printed


def test_sets_are_cut_alike_whatever_else_is_packed(folders, tmp_path):
    def packed(*more):
        out = tmp_path / f"{len(more)}.npz"
        words = ["--hands", folders / "hands", "--validation", f"people={folders / 'more'}", *more]
        words += ["--empty-validation", f"rooms={folders / 'empty'}", "--held-out", "0", "--out", out]
        assert main(["models", "pack", *map(str, words)]) == 0
        return [one for one in read_pack(out) if one.source in ("people", "rooms", "hands")]

    alone, beside = packed(), packed("--empty", folders / "empty", "--videos", folders / "walk.avi")
    assert {one.source for one in alone} == {"people", "rooms", "hands"}
    assert beside == alone


def test_no_more_is_kept_than_asked_for(folders, tmp_path):
    out = tmp_path / "pack.npz"
    words = ["--hands", folders / "hands", "--most", "3", "--beside", "0", "--held-out", "0", "--out", out]
    assert main(["models", "pack", *map(str, words)]) == 0
    assert [one.kind for one in read_pack(out)] == [PictureKind.HAND] * 3


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "give folders of pictures of hands with --hands"),
        (["--hands", "HANDS", "--validation", "letters"], "'letters' names no set"),
        (["--hands", "nowhere"], "nowhere"),
        (["--hands", "HANDS", "--held-out", "0.9"], "--held-out is 0.9"),
        (["--hands", "HANDS", "--videos", "HANDS/000.txt"], "000.txt"),
    ],
)
def test_what_cannot_be_packed_is_refused(folders, tmp_path, capsys, words, sentence):
    words = [word.replace("HANDS", str(folders / "hands")) for word in words]
    assert main(["models", "pack", *words, "--out", str(tmp_path / "pack.npz")]) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "pack.npz").exists()
