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

"""Hands cut out of pictures as the tracker cuts them."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.compression.data.crops import (
    MIN_CROPS,
    SIZE,
    Crops,
    HandFinder,
    Jitter,
    collect_crops,
    cut,
    split,
    to_crop,
)
from hand_tracking_dsp.errors import ConfigurationError, SourceError
from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.tracking.geometry import region_from_landmarks, to_image
from hand_tracking_dsp.tracking.types import Region

NONE = Jitter(0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def crops(two_sets: tuple[Path, Path], finder: HandFinder) -> Crops:
    return collect_crops(two_sets, 36, finder=finder)


def numbered(groups: list[str]) -> Crops:
    """Crops that tell their own place."""
    images = np.arange(len(groups), dtype=np.uint8).reshape(-1, 1, 1, 1) * np.ones((1, 2, 2, 3), np.uint8)
    return Crops(images, ("set",) * len(groups), tuple(groups))


def test_crops_are_upright_squares_of_both_sets(crops: Crops) -> None:
    assert crops.images.shape == (36, SIZE, SIZE, 3)
    assert crops.images.dtype == np.uint8
    assert {name: crops.sources.count(name) for name in crops.sources} == {"many": 24, "few": 12}
    assert all(
        group.startswith(f"{source}/") for source, group in zip(crops.sources, crops.groups, strict=True)
    )


def test_the_same_seed_gives_the_same_crops_and_another_others(
    two_sets: tuple[Path, Path], finder: HandFinder, crops: Crops
) -> None:
    again, other = (collect_crops(two_sets, 36, seed, finder=finder) for seed in (0, 1))
    assert np.array_equal(again.images, crops.images)
    assert again.groups == crops.groups
    assert not np.array_equal(other.images, crops.images)


def test_progress_is_told_and_the_count_is_kept(two_sets: tuple[Path, Path], finder: HandFinder) -> None:
    steps: list[tuple[int, int]] = []
    found = collect_crops(two_sets, 33, finder=finder, on_progress=lambda *step: steps.append(step))
    assert len(found) == 33
    assert steps == [(i, 33) for i in range(1, 34)]


def test_the_hand_stands_upright_in_the_middle(finder: HandFinder, frames) -> None:
    """The tracker's regions put the wrist below the middle finger's knuckle."""
    for frame in frames(4, seed=5, hands=1):
        (region,) = finder.regions(frame.image)
        joints = to_crop(frame.truth[0].joints_px, region)
        wrist, knuckle = joints[Joint.WRIST], joints[Joint.MIDDLE_MCP]
        angle = math.degrees(math.atan2(knuckle[0] - wrist[0], wrist[1] - knuckle[1]))
        assert abs(angle) < 25
        assert np.abs(joints.mean(axis=0) - SIZE / 2).max() < SIZE / 4
        assert joints.min() > -0.1 * SIZE
        assert joints.max() < 1.1 * SIZE


def test_unreadable_pictures_and_such_without_hands_are_counted(
    two_sets: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(two_sets[0], tmp_path / "mixed"))
    shutil.copytree(two_sets[1], folder / "more")
    (folder / "000a.png").write_bytes(b"cut off")
    cv2.imwrite(str(folder / "000b.png"), np.full((240, 320, 3), 90, np.uint8))
    finder = HandFinder.load()
    found = collect_crops([folder], 1000, finder=finder)
    assert len(found) >= MIN_CROPS
    assert (finder.unreadable, finder.empty) == (1, 1)


def test_too_few_hands_are_refused_with_what_was_seen(tmp_path: Path, write_frames) -> None:
    folder = write_frames(tmp_path / "set", 2, seed=3)
    (folder / "bad.jpg").write_bytes(b"")
    cv2.imwrite(str(folder / "tiny.png"), np.zeros((1, 1, 3), np.uint8))
    with pytest.raises(
        ConfigurationError,
        match=r"Only 4 usable hands were found in 4 pictures of .*set \(1 unreadable, 1 without a hand .*"
        r"give pictures with at least 32 hands",
    ):
        collect_crops([folder], 100)


def test_hands_of_few_pixels_are_left_out(finder: HandFinder, frames) -> None:
    (frame,) = frames(1, seed=5, hands=1)
    small = cv2.resize(frame.image, None, fx=0.12, fy=0.12, interpolation=cv2.INTER_AREA)
    assert finder.regions(frame.image)
    assert not finder.regions(np.asarray(small, np.uint8))


def test_a_missing_folder_is_named(finder: HandFinder, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no folder .*nowhere"):
        collect_crops([tmp_path / "nowhere"], 40, finder=finder)


def test_a_subset_keeps_what_belongs_together() -> None:
    crops = numbered(["a", "b", "c"])
    assert crops.subset([2, 0]).groups == ("c", "a")
    assert crops.subset([2, 0]).images[:, 0, 0, 0].tolist() == [2, 0]


@given(
    sizes=st.lists(st.integers(1, 9), min_size=2, max_size=12),
    share=st.floats(0.05, 0.9),
    seed=st.integers(0, 9),
)
def test_split_loses_nothing_and_splits_no_group(sizes: list[int], share: float, seed: int) -> None:
    groups = [f"g{i}" for i, size in enumerate(sizes) for _ in range(size)]
    learn, back = split(numbered(groups), share, seed)
    assert len(learn) > 0
    assert len(back) > 0
    assert sorted([*learn.images[:, 0, 0, 0], *back.images[:, 0, 0, 0]]) == list(range(len(groups)))
    assert not set(learn.groups) & set(back.groups)
    assert len(back) < share * len(groups) + max(sizes)


def test_split_depends_on_its_seed_alone() -> None:
    crops = numbered([f"g{i}" for i in range(40)])
    assert split(crops, 0.25, 3)[1].groups == split(crops, 0.25, 3)[1].groups
    assert split(crops, 0.25, 3)[1].groups != split(crops, 0.25, 4)[1].groups


def test_one_scene_cannot_be_split() -> None:
    with pytest.raises(ConfigurationError, match="one picture or scene; give more pictures"):
        split(numbered(["a"] * 50), 0.25)


@given(
    x=st.floats(-500, 500),
    y=st.floats(-500, 500),
    size=st.floats(20, 2000),
    turn=st.floats(-math.pi, math.pi),
)
def test_to_crop_is_the_inverse_of_to_image(x: float, y: float, size: float, turn: float) -> None:
    region = Region(x, y, size, turn)
    points = np.random.default_rng(0).uniform(0, SIZE, (21, 3)).astype(np.float32)
    back = to_crop(to_image(points / np.float32(SIZE), region), region)
    assert np.abs(back - points[:, :2]).max() < 0.05


def test_a_jitter_of_nothing_changes_nothing() -> None:
    region = Region(10.0, 20.0, 30.0, 0.5)
    assert NONE.applied(region, np.random.default_rng(0)) == region


def test_a_jitter_spreads_as_it_says() -> None:
    region, random = Region(0.0, 0.0, 100.0, 0.0), np.random.default_rng(0)
    many = [Jitter(0.02, 0.05, 4.0).applied(region, random) for _ in range(2000)]
    assert np.std([one.x for one in many]) == pytest.approx(2.0, rel=0.1)
    assert np.std([math.log(one.size / 100) for one in many]) == pytest.approx(0.05, rel=0.1)
    assert np.std([math.degrees(one.rotation) for one in many]) == pytest.approx(4.0, rel=0.1)


def test_a_cut_is_rgb_of_the_region() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[:, :, 0] = 200
    image[:, 50:, 2] = 100
    patch = cut(image, Region(50.0, 50.0, 40.0, 0.0))
    assert patch.shape == (SIZE, SIZE, 3)
    assert patch[112, 20].tolist() == [0, 0, 200]
    assert patch[112, 200].tolist() == [100, 0, 200]


def test_a_region_found_lies_around_the_hand(finder: HandFinder, frames) -> None:
    (frame,) = frames(1, seed=6, hands=1)
    (region,) = finder.regions(frame.image)
    best = region_from_landmarks(frame.truth[0].joints_px)
    assert math.hypot(region.x - best.x, region.y - best.y) < 0.15 * best.size
    assert region.size == pytest.approx(best.size, rel=0.25)
