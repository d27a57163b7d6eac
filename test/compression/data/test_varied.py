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

"""The endless supply of varied hands."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.compression.data import varied
from hand_tracking_dsp.compression.data.augment import Augmentation
from hand_tracking_dsp.compression.data.crops import SIZE
from hand_tracking_dsp.compression.data.pictures import Picture, list_pictures
from hand_tracking_dsp.compression.data.varied import LocatedHands, VariedHands, locate_hands, truth_or_nan
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.types import Floats, Image, Region

STILL = Augmentation(**dict.fromkeys((field.name for field in fields(Augmentation)), 0.0))


class Finder:
    """Finds two hands in every picture that is not black."""

    def __init__(self) -> None:
        self.looked = 0

    def regions(self, image: Image | None) -> list[Region]:
        self.looked += 1
        if image is None or not image.any():
            return []
        return [Region(20.0, 20.0, 16.0, 0.0), Region(50.0, 20.0, 16.0, 0.0)]


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> Finder:
    one = Finder()
    monkeypatch.setattr(varied.HandFinder, "load", lambda: one)
    return one


@pytest.fixture
def pictures(tmp_path: Path) -> list[Picture]:
    """20 pictures, each of a grey of its own, a black one, and a broken one."""
    folder = tmp_path / "set"
    folder.mkdir()
    for i in range(20):
        cv2.imwrite(str(folder / f"{i:02}.png"), np.full((40, 70, 3), 10 + 10 * i, np.uint8))
    cv2.imwrite(str(folder / "black.png"), np.zeros((40, 70, 3), np.uint8))
    (folder / "broken.png").write_bytes(b"broken")
    return list_pictures(folder)


def middle(_: Image) -> Floats:
    return np.full((21, 3), SIZE / 2, np.float32)


def test_hands_are_looked_for_once(pictures: list[Picture], tmp_path: Path, finder: Finder) -> None:
    first = locate_hands(pictures, tmp_path / "index.json")
    assert finder.looked == 22
    again = locate_hands(pictures, tmp_path / "index.json")
    assert finder.looked == 22
    assert again == first


@pytest.mark.usefixtures("finder")
def test_pictures_without_hands_stay_and_broken_ones_go(pictures: list[Picture], tmp_path: Path) -> None:
    located = {one.picture.path.name: one.regions for one in locate_hands(pictures, tmp_path / "index.json")}
    assert located["black.png"] == ()
    assert "broken.png" not in located
    assert located["00.png"][1] == Region(50.0, 20.0, 16.0, 0.0)


def test_an_interrupted_search_goes_on(pictures: list[Picture], tmp_path: Path, finder: Finder) -> None:
    locate_hands(pictures[:18], tmp_path / "index.json")
    locate_hands(pictures, tmp_path / "index.json")
    assert finder.looked == 22


@pytest.mark.usefixtures("finder")
def test_too_few_hands_are_refused(pictures: list[Picture], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Only 6 hands were found in 4 pictures \(1 of them unread"):
        locate_hands([*pictures[:3], pictures[-1]], tmp_path / "index.json")


@pytest.mark.usefixtures("finder")
def test_a_list_of_hands_that_is_none_is_named(pictures: list[Picture], tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"index.json cannot be read .*delete it"):
        locate_hands(pictures, tmp_path / "index.json")


def source(pictures: list[Picture], **options: object) -> VariedHands:
    located = [LocatedHands(one, (Region(35.0, 20.0, 30.0, 0.0),)) for one in pictures[:20]]
    return VariedHands(located, middle, **options)  # type: ignore[arg-type]


def test_crop_i_depends_on_its_number_and_the_seed_alone(pictures: list[Picture]) -> None:
    one, other = source(pictures, synthetic=0.3), source(pictures, synthetic=0.3)
    some = [one.make(i) for i in range(12)]
    for i in reversed(range(12)):
        again = other.make(i)
        assert np.array_equal(again.image, some[i].image)
        assert np.array_equal(truth_or_nan(again.truth), truth_or_nan(some[i].truth), equal_nan=True)
    assert not np.array_equal(source(pictures, seed=1).make(0).image, source(pictures).make(0).image)


def test_photos_have_no_truth_and_are_cut_from_the_sets(pictures: list[Picture]) -> None:
    hands = source(pictures, options=STILL, synthetic=0.0, empty=0.0)
    greys = set()
    for i in range(40):
        hand = hands.make(i)
        assert hand.truth is None
        assert hand.image.shape == (SIZE, SIZE, 3)
        assert hand.image.min() == hand.image.max()
        greys.add(int(hand.image[0, 0, 0]))
    assert greys <= {10 + 10 * i for i in range(20)}
    assert len(greys) > 10


def test_synthetic_hands_know_their_joints(pictures: list[Picture]) -> None:
    hands = source(pictures, options=STILL, synthetic=1.0)
    for i in range(5):
        hand = hands.make(i)
        assert hand.truth is not None
        assert hand.truth.shape == (21, 2)
        assert 0.1 * SIZE < hand.truth.mean() < 0.9 * SIZE


def test_a_mirrored_hand_has_mirrored_joints(pictures: list[Picture]) -> None:
    still = source(pictures, options=STILL, synthetic=1.0).make(3)
    mirror = replace(STILL, mirrored=1.0)
    turned = source(pictures, options=mirror, synthetic=1.0).make(3)
    assert still.truth is not None
    assert turned.truth is not None
    assert np.array_equal(turned.image, still.image[:, ::-1])
    assert np.allclose(turned.truth[:, 0], SIZE - 1 - still.truth[:, 0])
    assert np.allclose(turned.truth[:, 1], still.truth[:, 1])


def test_a_large_set_does_not_drown_a_small_one(pictures: list[Picture]) -> None:
    located = [
        LocatedHands(Picture(one.path, "large" if i < 18 else "small", "g"), (Region(35.0, 20.0, 30.0, 0.0),))
        for i, one in enumerate(pictures[:20])
    ]
    hands = VariedHands(located, middle, STILL, synthetic=0.0, empty=0.0)
    small = sum(hands.make(i).image[0, 0, 0] >= 190 for i in range(200)) / 200
    assert small == pytest.approx(0.25, abs=0.1)  # roots of 18 and 2 are as 3 to 1


def test_a_picture_that_disappears_is_named(pictures: list[Picture]) -> None:
    hands = source(pictures, synthetic=0.0)
    for one in pictures:
        one.path.unlink()
    with pytest.raises(ConfigurationError, match="can no longer be read"):
        hands.make(0)


def test_the_list_of_hands_is_plain_json(pictures: list[Picture], tmp_path: Path, finder: Finder) -> None:
    locate_hands(pictures, tmp_path / "index.json")
    assert finder.looked
    stored = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    assert stored[str(pictures[-1].path)] is None


def test_unknown_joints_are_nan() -> None:
    assert np.isnan(truth_or_nan(None)).all()
    assert truth_or_nan(None).shape == (21, 2)
