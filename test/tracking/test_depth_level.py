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

"""Levels that see depth, in a bank and in the tracker."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.depth_maps import CAMERA, ExactNetwork, disc_view
from support.networks import write_depth_bank

from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.depth_crop import Cube
from hand_tracking_dsp.tracking.depth_info import DepthInfo
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo
from hand_tracking_dsp.tracking.precision import Choice
from hand_tracking_dsp.tracking.types import Region

REGION = Region(150, 110, 150, 0.5)
IMAGE = np.zeros((240, 320, 3), np.uint8)


def joints_in_cube() -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.4, 0.4, (21, 3)).astype(np.float32)


def bank_of(network: ExactNetwork) -> LevelBank:
    info = LevelInfo(
        index=0,
        sparsity=0.0,
        name="stack1_l4",
        file="a.onnx",
        sha256="0" * 64,
        precision="fp32",
        parameters=1,
        macs=1,
        depth=DepthInfo(cube_m=0.24, map_side=network.side),
    )
    return LevelBank([Choice(info, RuntimeOptions(), "test")], [network])


def test_joints_come_out_in_pixels_and_in_metres() -> None:
    joints = joints_in_cube()
    found = bank_of(ExactNetwork(joints)).landmarks(IMAGE, REGION, depth=disc_view(0.5))
    cube = Cube.around(REGION, 0.52, 0.24, CAMERA)
    metres = cube.to_metres(joints)
    assert np.allclose(found.world_landmarks, metres - metres.mean(0), atol=1e-3)
    assert np.allclose(found.landmarks[:, :2], CAMERA.project(metres), atol=0.5)
    assert found.landmarks[0, 2] == 0
    depths = (metres[:, 2] - metres[0, 2]) * CAMERA.fx / 0.52
    assert np.allclose(found.landmarks[:, 2], depths, atol=0.5)
    assert (found.presence, found.right) == pytest.approx((0.9, 0.2))
    assert found.region is REGION


def test_the_network_sees_the_same_of_a_hand_that_is_turned_in_the_image() -> None:
    seen = []
    for rotation in (0.0, 1.0):
        network = ExactNetwork(joints_in_cube())
        centre = (160 + 30 * np.sin(rotation), 120 - 30 * np.cos(rotation))
        view = disc_view(0.5, radius_px=20, centre=centre)
        bank_of(network).landmarks(IMAGE, Region(160, 120, 100, rotation), depth=view)
        seen.append(network.seen)
    assert np.mean(seen[0] != seen[1]) < 0.01


def test_without_depth_in_a_region_there_is_no_hand() -> None:
    view = DepthView(np.zeros((240, 320), np.float32), CAMERA)
    found = bank_of(ExactNetwork(joints_in_cube())).landmarks(IMAGE, REGION, depth=view)
    assert found.presence == 0
    assert np.isnan(found.landmarks).all()


def test_without_a_depth_image_the_level_says_what_it_needs() -> None:
    bank = bank_of(ExactNetwork(joints_in_cube()))
    assert bank.sees_depth
    with pytest.raises(
        ConfigurationError, match=r"Level 0 \(stack1_l4\) sees depth, but there is no depth image"
    ):
        bank.landmarks(IMAGE, REGION)


def test_a_bank_of_images_does_not_see_depth(bank: LevelBank) -> None:
    assert not bank.sees_depth
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    with_depth, without = (bank.landmarks(image, REGION, depth=depth) for depth in (disc_view(), None))
    assert np.array_equal(with_depth.landmarks, without.landmarks)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a bank of two levels that see depth."""
    pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    write_depth_bank(tmp_path / "bank")
    return tmp_path / "bank"


def change(folder: Path, **fields: object) -> None:
    path = folder / "bank.json"
    bank = json.loads(path.read_text())
    bank["levels"][0] |= fields
    path.write_text(json.dumps(bank | {"schema": fields.get("schema", bank["schema"])}))


def test_a_bank_of_files_runs_at_each_level(folder: Path) -> None:
    bank = LevelBank.load(folder)
    for level in (0, 1):
        found = bank.landmarks(IMAGE, REGION, level, depth=disc_view(0.5))
        assert found.presence > 0.5
        assert np.isfinite(found.landmarks).all()


def test_a_bank_of_schema_2_cannot_have_levels_that_see_depth(folder: Path) -> None:
    change(folder, schema=2)
    with pytest.raises(ModelError, match="its schema is 2, but levels that see depth need schema 3"):
        read_manifest(folder)


def test_maps_of_another_size_than_the_bank_says_are_refused(folder: Path) -> None:
    change(folder, depth={"cube_m": 0.24, "map_side": 32})
    with pytest.raises(ModelError, match=r"gives cells float32 \[1, 1, 16, 16\].* where cells .* is needed"):
        LevelBank.load(folder)


@pytest.mark.parametrize("depth", [{"cube_m": 0.24, "map_side": 24}, {"cube_m": 0, "map_side": 16}, {}, 3])
def test_what_bank_json_says_of_depth_is_checked(folder: Path, depth: object) -> None:
    change(folder, depth=depth)
    with pytest.raises(ModelError, match=r"levels\[0\]|map_side is 24"):
        read_manifest(folder)
