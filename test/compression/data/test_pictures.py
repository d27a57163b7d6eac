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

"""Pictures of data sets and their groups."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hand_tracking_dsp.compression.data.pictures import Picture, generator_of, list_pictures, spread
from hand_tracking_dsp.images.options import ImageOptions


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def a_picture(number: int, source: str = "s") -> Picture:
    return Picture(Path(f"{source}{number}.png"), source, source)


def test_each_name_and_seed_has_a_generator_of_its_own() -> None:
    drawn = {generator_of(seed, *names).random() for seed in (0, 1) for names in (("a",), ("b",), ("a", "b"))}
    assert len(drawn) == 6
    assert generator_of(1, "a").random() in drawn


def test_pictures_are_found_in_subfolders_by_name_whatever_the_case(tmp_path: Path) -> None:
    touch(tmp_path / "set", "b.JPG", "sub/a.png", "a.jpeg", "notes.txt", "boxes.csv")
    found = list_pictures(tmp_path / "set")
    assert [one.path.relative_to(tmp_path / "set").as_posix() for one in found] == [
        "a.jpeg",
        "b.JPG",
        "sub/a.png",
    ]
    assert {one.source for one in found} == {"set"}


def test_neighbours_by_name_are_one_group_and_groups_are_about_equal(tmp_path: Path) -> None:
    touch(tmp_path / "set", *(f"{i:03}.png" for i in range(100)))
    groups = [one.group for one in list_pictures(tmp_path / "set")]
    assert len(set(groups)) == 20
    assert all(groups.count(group) == 5 for group in groups)
    changes = sum(before != after for before, after in pairwise(groups))
    assert changes == 19


def test_variants_of_one_original_are_one_group(tmp_path: Path) -> None:
    touch(tmp_path / "set", *(f"{i:02}_jpg.rf.{variant}.jpg" for i in range(30) for variant in "abc"))
    by_original: dict[str, set[str]] = {}
    for one in list_pictures(tmp_path / "set"):
        by_original.setdefault(one.path.name[:2], set()).add(one.group)
    assert len(by_original) == 30
    assert all(len(groups) == 1 for groups in by_original.values())


def test_an_unreadable_picture_is_none(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "good.png"), np.full((4, 6, 3), 9, np.uint8))
    bad, good = list_pictures(tmp_path)
    assert bad.read() is None
    image = good.read()
    assert image is not None
    assert image.shape == (4, 6, 3)


@given(sizes=st.lists(st.integers(0, 60), max_size=4))
def test_spread_loses_and_repeats_nothing(sizes: list[int]) -> None:
    folders = [[a_picture(i, f"f{j}-") for i in range(size)] for j, size in enumerate(sizes)]
    order = spread(folders)
    assert len(order) == sum(sizes)
    assert set(order) == {one for folder in folders for one in folder}


@given(size=st.integers(8, 200), share=st.floats(0.2, 1))
def test_any_beginning_is_spread_over_the_whole_folder(size: int, share: float) -> None:
    folder = [a_picture(i) for i in range(size)]
    count = max(4, int(share * size))
    places = sorted(folder.index(one) for one in spread([folder])[:count])
    gaps = [b - a for a, b in zip([-1, *places], [*places, size], strict=True)]
    assert max(gaps) <= 4 * size / count + 1


def test_folders_take_turns() -> None:
    order = spread([[a_picture(i, "a") for i in range(10)], [a_picture(i, "b") for i in range(3)]])
    assert [one.source for one in order[:8]] == ["a", "b", "a", "b", "a", "b", "a", "a"]


def test_a_picture_above_the_limit_is_none(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "large.png"), np.zeros((400, 400, 3), np.uint8))
    assert list_pictures(tmp_path)[0].read() is not None
    assert list_pictures(tmp_path, ImageOptions(max_image_megapixels=0.1))[0].read() is None
