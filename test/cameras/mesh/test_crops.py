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

"""Crops for training: exact, repeatable, within their split."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hand_tracking_dsp.cameras.mesh.catalogue import split_poses, split_rigs
from hand_tracking_dsp.cameras.mesh.crops import CropOptions, CropStream
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.hand import Handedness


def test_a_crop_depends_on_seed_and_number_alone() -> None:
    one, other = CropStream(5), CropStream(5)
    other.crop(3)
    a, b = one.crop(8), other.crop(8)
    assert np.array_equal(a.metres, b.metres)
    assert np.array_equal(a.joints_m, b.joints_m)
    assert not np.array_equal(a.metres, CropStream(6).crop(8).metres)
    assert not np.array_equal(a.metres, one.crop(9).metres)


def test_the_joints_lie_just_behind_the_surface_that_is_seen() -> None:
    options = CropOptions(views="frontal", held_share=0, second_share=0, gesture_share=1)
    behind_mm = []
    for index in range(12):
        crop = CropStream(1, options).crop(index)
        columns, rows = np.rint(crop.joints_px).astype(int).T
        inside = (columns >= 0) & (rows >= 0) & (columns < 128) & (rows < 128)
        assert inside.mean() > 0.8
        seen = crop.clean[rows[inside], columns[inside]]
        behind_mm.append(1e3 * (crop.joints_m[inside, 2] - seen))
    flat = np.concatenate(behind_mm)
    assert 3 < np.median(flat) < 20
    # The others are hidden behind other fingers, or just beside the outline.
    assert (np.abs(flat) < 60).mean() > 0.9


def test_the_pixels_of_the_joints_are_those_of_the_crops_camera() -> None:
    crop = CropStream(1).crop(0)
    assert np.allclose(crop.camera.project(crop.joints_m), crop.joints_px, atol=1e-3)


def test_a_hand_stands_upright_in_its_crop_and_fills_it_as_the_tracker_cuts() -> None:
    options = CropOptions(views="frontal", turn_deg=0, shift=0, scale_low=1, scale_high=1)
    for index in range(8):
        crop = CropStream(2, options).crop(index)
        x, y = crop.joints_px[[5, 9, 9, 13]].mean(0) - crop.joints_px[0]
        assert abs(math.degrees(math.atan2(x, -y))) < 1
        steady = crop.joints_px[[0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18]]
        assert np.ptp(steady, axis=0).max() == pytest.approx(64, abs=0.1)


@pytest.mark.parametrize("size", [128, 224])
def test_every_kind_of_noise_keeps_the_hand(size: int) -> None:
    for noise in ("none", "structured_light", "stereo", "time_of_flight"):
        crop = CropStream(4, CropOptions(size=size, noise=noise)).crop(1)
        assert (crop.metres.shape, crop.metres.dtype, crop.noise) == ((size, size), np.float32, noise)
        assert np.isfinite(crop.metres).all()
        both = (crop.metres > 0) & (crop.clean > 0)
        assert both.sum() > 0.6 * (crop.clean > 0).sum()
        assert np.median(np.abs(crop.metres - crop.clean)[both]) < 0.01


def test_crops_without_a_hand_say_so() -> None:
    crop = CropStream(0, CropOptions(empty_share=1)).crop(2)
    assert (crop.shape, crop.pose, crop.handedness) == ("", "", Handedness.UNKNOWN)
    assert np.isnan(crop.joints_m).all()
    assert np.isnan(crop.joints_px).all()


def test_splits_share_neither_people_nor_poses() -> None:
    people = [{rig.name for rig in split_rigs(split)} for split in ("train", "val", "test")]
    poses = [set(split_poses(split).tolist()) for split in ("train", "val", "test")]
    assert [len(names) for names in people] == [17, 3, 6]
    for sets in (people, poses):
        assert sum(map(len, sets)) == len(set().union(*sets))
    assert len(set().union(*poses)) == 480
    crops = [CropStream(0, CropOptions(split="test", gesture_share=0)).crop(i) for i in range(6)]
    assert {crop.shape for crop in crops} <= people[2]
    assert {int(crop.pose.split()[1]) for crop in crops} <= poses[2]


def test_options_that_cannot_work_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="scale_low"):
        CropOptions(scale_low=2.0, scale_high=1.0)
    with pytest.raises(ConfigurationError, match="noise"):
        CropOptions(noise="sonar")


def test_people_arms_and_short_range_change_what_is_around_the_hand_alone() -> None:
    plain = {"held_share": 0, "second_share": 0, "gesture_share": 1, "noise": "time_of_flight"}
    shares = {"person_share": 1, "short_range_share": 1}
    changed = 0
    for index in range(6):
        crop = CropStream(3, CropOptions(**plain)).crop(index)
        full = CropStream(3, CropOptions(**plain, **shares)).crop(index)
        assert np.array_equal(crop.joints_m, full.joints_m)
        near = (crop.clean > 0) & (crop.clean < crop.joints_m[:, 2].max())
        assert np.array_equal(crop.clean[near], full.clean[near])
        assert full.metres.max() < full.joints_m[:, 2].mean() + 0.85
        changed += not np.array_equal(crop.clean, full.clean)
    assert changed >= 3
