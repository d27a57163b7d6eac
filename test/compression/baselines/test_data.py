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
from hand_tracking_dsp.compression.data.picture_pack import PictureKind, read_pack
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.geometry import overlap
from hand_tracking_dsp.tracking.types import Region

HAND = Region(60.0, 60.0, 70.0, 0.2)


class Finder:
    """Finds the same hand in every picture."""

    def regions(self, image):
        return [] if image is None else [HAND]


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Pictures to train on and to measure on, in which hands are found at once."""
    for name in ("train", "val"):
        (tmp_path / name).mkdir()
        for number in range(4):
            noise = np.random.default_rng(number).integers(0, 256, (300, 400, 3), np.uint8)
            cv2.imwrite(str(tmp_path / name / f"{number}.png"), noise)
    monkeypatch.setattr(data.HandFinder, "load", Finder)
    images = np.zeros((2, 224, 224, 3), np.uint8)
    images[..., 0] = 255
    found = Crops(images, ("val", "val"), ("val/1", "val/2"))
    monkeypatch.setattr(data, "collect_crops", lambda *_, **__: found)
    return BaselineDataOptions((tmp_path / "train",), (tmp_path / "val",))


def quiet(*_):
    pass


def test_hands_squares_beside_them_and_crops_to_measure_on_are_packed(folders, tmp_path):
    work = tmp_path / "work"
    prepare_pack(folders, work, quiet)
    pictures = read_pack(pack_path(work))
    kinds = [one.kind for one in pictures]
    assert kinds.count(PictureKind.HAND) == 4
    assert kinds.count(PictureKind.BESIDE) == 4
    crops = [one for one in pictures if one.kind is PictureKind.CROP]
    assert [one.source for one in crops] == ["val", "val"]
    blue, green, red = crops[0].read().reshape(-1, 3).mean(0)
    assert red > 10 * max(blue, green), "crops are RGB, packed pictures BGR"


def test_squares_beside_hands_lie_inside_and_touch_none():
    random = np.random.default_rng(1)
    found = [one for _ in range(20) for one in data._beside((300, 400), [HAND], random)]
    assert len(found) > 15
    for one in found:
        assert one.size / 2 <= one.x <= 400 - one.size / 2
        assert one.size / 2 <= one.y <= 300 - one.size / 2
        assert overlap(one, HAND) < 0.03
    assert data._beside((70, 70), [Region(35, 35, 70, 0.0)], random) == [], "there is no room"


def test_a_given_pack_is_taken_instead(folders, tmp_path):
    prepare_pack(folders, tmp_path / "first", quiet)
    given = pack_path(tmp_path / "first")
    other = BaselineDataOptions(folders.images, folders.validation, given)
    prepare_pack(other, tmp_path / "second", quiet)
    assert read_pack(pack_path(tmp_path / "second")) == read_pack(given)


def test_a_work_folder_of_other_pictures_is_refused_but_others_may_be_measured_on(folders, tmp_path):
    calibration_crops(folders, tmp_path / "work", quiet)
    fewer = BaselineDataOptions(folders.images, ())
    assert len(calibration_crops(fewer, tmp_path / "work", quiet)) == 2
    for other in (
        BaselineDataOptions(folders.validation, ()),
        BaselineDataOptions(folders.images, (), seed=1),
    ):
        with pytest.raises(ConfigurationError, match="was begun with other options"):
            calibration_crops(other, tmp_path / "work", quiet)
