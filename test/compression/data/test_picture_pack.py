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

"""Packed pictures: what is cut, what is kept apart, and files that are no pack."""

from __future__ import annotations

import errno
import math
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.compression.data.picture_pack import (
    CONTEXT,
    SIDE_PX,
    PackedPicture,
    PictureKind,
    hold_out_end,
    pack_hand,
    pack_square,
    read_pack,
    thinned,
    write_pack,
)
from hand_tracking_dsp.compression.data.pictures import Picture
from hand_tracking_dsp.errors import ConfigurationError, OutputError
from hand_tracking_dsp.tracking.geometry import crop
from hand_tracking_dsp.tracking.types import Image, Region

ORIGIN = Picture(Path("a.png"), "set", "set/1")


def smooth(seed: int, height: int = 300, width: int = 400) -> Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 20, width // 20, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("region", [Region(200, 150, 90, 0.5), Region(180, 140, 300, -2.0)])
def test_the_region_of_a_packed_hand_shows_what_it_showed_in_the_picture(region: Region) -> None:
    image = smooth(1)
    packed = pack_hand(image, region, ORIGIN, 95)
    assert packed.region is not None
    assert packed.region.rotation == 0.0
    read = packed.read()
    assert len(read) == min(round(CONTEXT * region.size), SIDE_PX)
    found, expected = crop(read, packed.region, 64)[..., :3], crop(image, region, 64)[..., :3]
    assert np.abs(found.astype(int) - expected).mean() < 4


def test_a_region_in_a_packed_square_shows_what_it_showed_in_the_picture() -> None:
    image, inner = smooth(2), Region(230, 120, 60, 1.0)
    packed = pack_square(image, Region(200, 150, 290, 0.4), PictureKind.EMPTY, ORIGIN, 95, inner)
    assert packed.region is not None
    found, expected = crop(packed.read(), packed.region, 64)[..., :3], crop(image, inner, 64)[..., :3]
    assert np.abs(found.astype(int) - expected).mean() < 6


def test_a_pack_keeps_pictures_regions_and_groups(tmp_path: Path) -> None:
    image = smooth(3)
    pictures = [
        pack_hand(image, Region(200, 150, 90, 0.5), ORIGIN, 80),
        pack_square(image, Region(100, 100, 120, 0.0), PictureKind.BESIDE, ORIGIN, 80),
    ]
    write_pack(tmp_path / "pack.npz", pictures)
    hand, beside = read_pack(tmp_path / "pack.npz")
    assert (hand.data, hand.kind, hand.source, hand.group) == (
        pictures[0].data,
        PictureKind.HAND,
        "set",
        "set/1",
    )
    assert hand.region is not None
    assert pictures[0].region is not None
    assert math.isclose(hand.region.size, pictures[0].region.size, rel_tol=1e-6)
    assert beside.region is None
    assert read_pack(tmp_path / "pack.npz", [PictureKind.BESIDE]) == [beside]


@pytest.mark.parametrize("data", [b"", b"no pack", b"PK\x03\x04 cut off", b"\xff\xd8\xff\xe0 a picture"])
def test_a_file_that_is_no_pack_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "pack.npz").write_bytes(data)
    with pytest.raises(ConfigurationError, match=r"\(it is damaged, or no pack of 'models pack'\)"):
        read_pack(tmp_path / "pack.npz")


def test_a_pack_that_cannot_be_written_or_is_missing_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"pack\.npz"):
        write_pack(tmp_path / "file" / "pack.npz", [])
    with pytest.raises(ConfigurationError, match=r"pack\.npz"):
        read_pack(tmp_path / "pack.npz")


@pytest.mark.parametrize("there", [True, False])
def test_a_full_disk_leaves_the_old_pack_or_none(tmp_path: Path, monkeypatch, there: bool) -> None:
    path = tmp_path / "pack.npz"
    old = [pack_hand(smooth(4), Region(200, 150, 90, 0.0), ORIGIN, 90)]
    if there:
        write_pack(path, old)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match=r"pack\.npz cannot be written \(No space left on device\)"):
            write_pack(path, [*old, *old])
    assert [one.name for one in tmp_path.iterdir()] == ["pack.npz"] * there
    assert not there or read_pack(path) == old


def test_a_damaged_picture_is_said_to_be() -> None:
    with pytest.raises(ConfigurationError, match="set is damaged"):
        PackedPicture(b"no picture", PictureKind.HAND, None, "set", "set/1").read()


def test_pictures_that_look_alike_are_thinned_and_those_that_differ_are_kept() -> None:
    def packed(seed: int, quality: int) -> PackedPicture:
        return pack_square(smooth(seed), Region(200, 150, 290, 0.0), PictureKind.EMPTY, ORIGIN, quality)

    different = [packed(seed, 90) for seed in range(6)]
    twins = [packed(seed, 60) for seed in range(6)]
    kept = thinned([*different, *twins], 12)
    assert len(kept) == 6
    assert len(thinned(different, 4)) == 4
    assert thinned([], 4) == []


def test_the_end_of_a_set_is_held_out_and_its_neighbours_are_in_neither_part() -> None:
    pictures = [Picture(Path(f"{i:03}.png"), "set", "set/1") for i in range(100)]
    train, held = hold_out_end(pictures)
    assert held == pictures[75:]
    assert train == pictures[:69]
