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

"""Tests of palm detectors that take images of any size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.bank.files import read_float_network, read_manifest, write_bank
from hand_tracking_dsp.compression.bank.free_size import has_free_size, with_fixed_size, with_free_size
from hand_tracking_dsp.compression.bank.sessions import EXACT
from hand_tracking_dsp.resources import default_bank, original_bank
from hand_tracking_dsp.tracking.backends import open_session
from hand_tracking_dsp.tracking.contract import check_session, palm_contract
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.network_info import FileInfo, files_of


def palm_files() -> list[tuple[Manifest, FileInfo]]:
    """List the files of the palm detectors of both banks."""
    banks = [read_manifest(folder) for folder in (original_bank(), default_bank())]
    return [(bank, info) for bank in banks for one in bank.detectors for info in files_of(one)]


@pytest.fixture(scope="module")
def fixed() -> bytes:
    """Return a palm detector of 192 pixels."""
    bank = read_manifest(original_bank())
    return read_float_network(bank, bank.detector("lite"))


@pytest.mark.parametrize(("bank", "info"), palm_files(), ids=lambda value: getattr(value, "file", ""))
def test_the_palm_detectors_of_the_banks_have_free_sides_and_lose_them_again(
    bank: Manifest, info: FileInfo
) -> None:
    data = read_network(bank, info)
    assert has_free_size(data)
    known = with_fixed_size(data)
    assert not has_free_size(known)
    sizes = onnx.load_from_string(known).graph.input[0].type.tensor_type.shape.dim
    assert sorted(size.dim_value for size in sizes) == [1, 3, 192, 192]
    assert with_free_size(known) == data


@pytest.mark.parametrize("sides", [(192, 192), (160, 192), (192, 128), (96, 320)])
def test_an_image_of_any_size_gives_the_boxes_of_its_grids(fixed: bytes, sides: tuple[int, int]) -> None:
    session = open_session(with_free_size(fixed), "palm", EXACT, sides)
    check_session(session, palm_contract(*sides), "palm")


def test_at_the_old_size_the_results_are_the_same(fixed: bytes) -> None:
    image = np.random.default_rng(0).random((1, 3, 192, 192), np.float32)
    free = open_session(with_free_size(fixed), "palm", EXACT, (192, 192))
    for found, expected in zip(free.run(image), open_session(fixed, "palm", EXACT).run(image), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_landmark_networks_stay_as_they_are() -> None:
    bank = read_manifest(default_bank())
    data = read_float_network(bank, bank.levels[-1])
    assert with_free_size(data) == with_fixed_size(data) == data


def test_a_bank_says_so_of_detectors_whose_files_all_take_any_size_alone(tmp_path: Path) -> None:
    bank = read_manifest(original_bank())
    lite, full = bank.detector("lite"), bank.detector("full")
    files = {info.file: read_float_network(bank, info) for info in (lite, full)}
    old = replace(bank, detectors=(replace(lite, any_size=False), full))
    written = write_bank(tmp_path / "bank", old, files, keep_floats={full.file})
    assert [info.any_size for info in read_manifest(tmp_path / "bank").detectors] == [True, False]
    assert read_float_network(written, written.detector("lite")) == files[lite.file]
