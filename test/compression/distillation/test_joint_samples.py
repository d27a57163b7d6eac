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

"""Crops of a joint training: what is measured on, and rendered hands that come while it trains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind, encoded
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_maker import BatchOptions
from hand_tracking_dsp.compression.distillation.clean_crops import WEIGHT, CleanCrops, EmptyCutter
from hand_tracking_dsp.compression.distillation.joint_samples import (
    SamplesInBackground,
    changed_set,
    cut_all,
    validation_sets,
)
from hand_tracking_dsp.compression.distillation.network import FEATURES
from hand_tracking_dsp.errors import ConfigurationError


class FixedTeacher:
    """Sees the same hand, or none, in every crop."""

    device = "cpu"

    def __init__(self, presence: float) -> None:
        self._presence = presence

    def label(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        count = len(images)
        landmarks = torch.linspace(40, 180, 63).expand(count, -1).clone()
        return {
            "landmarks": landmarks,
            "world_landmarks": landmarks / 1000,
            "presence": torch.full((count,), self._presence),
            "handedness": torch.full((count,), 0.9),
            FEATURES: torch.zeros(count, 4, dtype=torch.float16),
        }


def picture(kind: PictureKind, source: str, side: int = 100) -> PackedPicture:
    image = np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)
    return PackedPicture(encoded(image, 90), kind, None, source, f"{source}/0")


def test_what_is_measured_on_is_grouped_by_source_and_empty_places_have_no_hand() -> None:
    crop, empty = PictureKind.CROP, PictureKind.EMPTY_CROP
    pack = [
        picture(crop, "b"),
        picture(empty, "a", 300),
        picture(crop, "b", 224),
        picture(PictureKind.EMPTY, "c"),
    ]
    sets = validation_sets(pack, FixedTeacher(0.98))
    assert [(name, len(images)) for name, (images, _) in sets.items()] == [("b", 2), ("a", 1)]
    assert sets["a"][1]["presence"].tolist() == [0.0]
    assert sets["b"][1]["presence"].tolist() == pytest.approx([0.98, 0.98])
    assert sets["b"][1][WEIGHT].tolist() == [1, 1]
    assert sets["b"][0].shape[1:] == (3, 224, 224)


def test_hands_to_measure_on_are_changed_always_alike_and_keep_their_labels() -> None:
    sets = validation_sets(
        [picture(PictureKind.CROP, "b", side) for side in range(90, 98)], FixedTeacher(0.98)
    )
    empty = CleanCrops(torch.zeros(3, 3, 224, 224, dtype=torch.uint8), {})
    first, again = (changed_set(sets, empty, BatchOptions(), "cpu") for _ in range(2))
    assert first is not None
    assert again is not None
    assert torch.equal(first[0], again[0])
    assert len(first[0]) == 8
    assert first[0].shape == sets["b"][0].shape
    assert not torch.equal(first[0].sort(0).values, sets["b"][0].sort(0).values)
    assert torch.equal(first[1]["landmarks"], sets["b"][1]["landmarks"])
    assert changed_set({}, empty, BatchOptions(), "cpu") is None


def test_places_that_all_look_like_hands_end_it_with_a_sentence() -> None:
    cutter = EmptyCutter([picture(PictureKind.BESIDE, "a")], FixedTeacher(0.9))
    with pytest.raises(ConfigurationError, match="takes every place without a hand for one"):
        cut_all(cutter, 4, Draw(0, "cpu"), "cpu", lambda *_: None)


@dataclass(frozen=True)
class GreyRecipe:
    """Grey crops whose number is their brightness."""

    shard: int = 4

    def maker(self):
        return make_grey


def make_grey(number):
    if number == 99:
        msg = "cannot be drawn"
        raise ValueError(msg)
    joints = np.linspace(40, 180, 63).astype(np.float32)
    labels = {"landmarks": joints, "world_landmarks": joints / 1000}
    return np.full((224, 224, 3), number, np.uint8), {
        **labels,
        "presence": np.float32(1).reshape(()),
        "handedness": np.float32(1).reshape(()),
        "truth": np.full((21, 2), np.nan, np.float32),
    }


@pytest.mark.usefixtures("in_this_process")
def test_each_rendered_hand_is_handed_on_once(tmp_path: Path) -> None:
    with SamplesInBackground(GreyRecipe(), 8, tmp_path / "drawn", 1) as samples:
        assert samples.waiting == 8
        found = samples.new(FixedTeacher(0.9))
        assert found is not None
        assert found.images[:, 0, 0, 0].tolist() == list(range(8))
        assert samples.waiting == 0
        assert samples.new(FixedTeacher(0.9)) is None
    with SamplesInBackground(GreyRecipe(), 12, tmp_path / "drawn", 1) as samples:
        assert samples.waiting == 12, "what lies there is used again"


@pytest.mark.usefixtures("in_this_process")
def test_what_ends_a_process_is_not_silent(tmp_path: Path) -> None:
    with (
        SamplesInBackground(GreyRecipe(100), 100, tmp_path, 1) as samples,
        pytest.raises(ValueError, match="drawn"),
    ):
        samples.new(FixedTeacher(0.9))
