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

"""The pictures of the comparison, made once and kept."""

from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.compression.baselines import data
from hand_tracking_dsp.compression.baselines.data import (
    BaselineDataOptions,
    calibration_crops,
    pack_path,
    prepare_pack,
)
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind, read_pack
from hand_tracking_dsp.errors import ConfigurationError


class Packer:
    """Stands for the packer, which finds hands: a hand and a place beside it for each picture."""

    @classmethod
    def load(cls, options, on_progress):
        assert on_progress
        packer = cls()
        packer.options, packer.pictures = options, []
        return packer

    def add_hands(self, pictures):
        for picture in pictures:
            kinds = (PictureKind.HAND, PictureKind.BESIDE)
            self.pictures += [PackedPicture(b"1", kind, None, picture.source, "1") for kind in kinds]

    def measure_hands(self, pictures):
        chosen = pictures[: self.options.measured]
        self.pictures += [PackedPicture(b"2", PictureKind.CROP, None, one.source, "1") for one in chosen]


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Pictures to train on and to measure on, in which hands are found at once."""
    for name in ("train", "val"):
        (tmp_path / name).mkdir()
        for number in range(4):
            cv2.imwrite(str(tmp_path / name / f"{number}.png"), np.zeros((40, 40, 3), np.uint8))
    monkeypatch.setattr(data, "PicturePacker", Packer)
    found = Crops(np.zeros((2, 224, 224, 3), np.uint8), ("val", "val"), ("val/1", "val/2"))
    monkeypatch.setattr(data, "collect_crops", lambda *_, **__: found)
    return BaselineDataOptions((tmp_path / "train",), (tmp_path / "val",), exam=3)


def quiet(*_):
    pass


def test_hands_places_beside_them_and_hands_to_measure_on_are_packed_once(folders, tmp_path, monkeypatch):
    prepare_pack(folders, tmp_path / "work", quiet)
    pictures = read_pack(pack_path(tmp_path / "work"))
    counts = Counter((one.source, one.kind) for one in pictures)
    assert counts == {
        ("train", PictureKind.HAND): 4,
        ("train", PictureKind.BESIDE): 4,
        ("val", PictureKind.CROP): 3,
    }
    monkeypatch.setattr(data, "PicturePacker", None)
    prepare_pack(folders, tmp_path / "work", quiet)


def test_a_given_pack_is_taken_instead(folders, tmp_path):
    prepare_pack(folders, tmp_path / "first", quiet)
    given = pack_path(tmp_path / "first")
    other = replace(folders, pack=given)
    prepare_pack(other, tmp_path / "second", quiet)
    assert read_pack(pack_path(tmp_path / "second")) == read_pack(given)


def test_a_work_folder_of_other_pictures_is_refused_but_others_may_be_measured_on(folders, tmp_path):
    calibration_crops(folders, tmp_path / "work", quiet)
    fewer = replace(folders, validation=())
    assert len(calibration_crops(fewer, tmp_path / "work", quiet)) == 2
    for other in (
        BaselineDataOptions(folders.validation, ()),
        BaselineDataOptions(folders.images, (), seed=1),
    ):
        with pytest.raises(ConfigurationError, match="was begun with other options"):
            calibration_crops(other, tmp_path / "work", quiet)
