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

"""Regions without a hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.compression.data.crops import HandFinder
from hand_tracking_dsp.compression.data.empty_crops import cut_empty
from hand_tracking_dsp.compression.data.pictures import list_pictures
from hand_tracking_dsp.errors import ConfigurationError


@pytest.fixture(scope="module")
def finder() -> HandFinder:
    return HandFinder.load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    for number in range(3):
        cv2.imwrite(str(rooms / f"{number}.png"), random.integers(0, 255, (90, 120, 3), np.uint8))
    (rooms / "3.png").write_bytes(b"no picture")
    return rooms


def test_every_picture_gives_some_regions_that_are_the_same_each_time(
    folder: Path, finder: HandFinder
) -> None:
    pictures = list_pictures(folder)
    crops = cut_empty(pictures, 100, 0, finder)
    assert crops.images.shape == (12, 224, 224, 3)
    assert set(crops.sources) == {"rooms"}
    assert len(set(crops.groups)) == 3
    assert (cut_empty(pictures, 100, 0, finder).images == crops.images).all()
    assert (cut_empty(pictures, 100, 1, finder).images != crops.images).any()
    assert len(cut_empty(pictures, 5, 0, finder)) == 5


def test_what_looks_like_a_palm_is_cut_out(tmp_path: Path, finder: HandFinder) -> None:
    with open_source("synthetic", SourceOptions(absence_s=0.0)) as source:
        frame = source.read(1.0)
    assert frame is not None
    (tmp_path / "like").mkdir()
    cv2.imwrite(str(tmp_path / "like" / "0.png"), frame.image)
    crops = cut_empty(list_pictures(tmp_path / "like"), 4, 0, finder)
    found = [finder.regions(np.ascontiguousarray(image[:, :, ::-1])) for image in crops.images[:2]]
    assert all(found), "both looks at the place show what looked like a palm"


def test_pictures_that_cannot_be_read_are_named(tmp_path: Path, finder: HandFinder) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ConfigurationError, match=r"None of 1 pictures in .* can be read"):
        cut_empty(list_pictures(tmp_path), 4, 0, finder)
