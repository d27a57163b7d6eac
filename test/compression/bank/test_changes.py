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

"""Commands that change one bank at the same time."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from hand_tracking_dsp.compression.bank.changes import only_writer, update_manifest
from hand_tracking_dsp.compression.bank.entries import new_accuracy, with_accuracy
from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.network_info import File
from hand_tracking_dsp.tracking.operating_point import PointInfo

POINTS = (PointInfo(level=0, gate=0.0, search_interval_s=0.0, cost=1.0),)


def measured(bank: Manifest) -> Manifest:
    """Add a figure to every file."""

    def added(info: File) -> File:
        return with_accuracy(info, new_accuracy("here", 1.0, 9, "onnxruntime/CPUExecutionProvider"))

    return bank.with_each_file(added)


def exchanged(bank: Manifest) -> Manifest:
    """Write a bank in its own folder whose levels change places."""
    first, second = bank.levels
    levels = (replace(second, index=0, variants=()), replace(first, index=1))
    return write_bank(bank.folder, bank.with_levels(levels), read_files(bank))


def test_what_another_command_measured_meanwhile_stays(tiny_bank: Path) -> None:
    bank = read_manifest(tiny_bank)
    update_manifest(bank, lambda now: replace(now, operating_points=POINTS))
    update_manifest(bank, measured)
    found = read_manifest(tiny_bank)
    assert found.operating_points == POINTS
    assert all(info.accuracy for info in found.files)


@pytest.mark.parametrize("other", ["networks", "thresholds"])
def test_figures_of_what_is_no_longer_there_are_not_written(tiny_bank: Path, other: str) -> None:
    bank = read_manifest(tiny_bank)
    if other == "networks":
        exchanged(bank)
    else:
        levels = (bank.levels[0], replace(bank.levels[1], presence_threshold=0.7))
        write_bank(tiny_bank, bank.with_levels(levels), {})
    before = (tiny_bank / "bank.json").read_bytes()
    with pytest.raises(ModelError, match=r"The bank .*tiny was changed meanwhile: run this again\."):
        update_manifest(bank, measured)
    assert (tiny_bank / "bank.json").read_bytes() == before


def test_networks_do_not_take_the_place_of_those_written_meanwhile(tiny_bank: Path, tmp_path: Path) -> None:
    bank = read_manifest(tiny_bank)
    update_manifest(bank, measured)
    with pytest.raises(ModelError, match="was changed meanwhile"):
        write_bank(tiny_bank, bank, {}, since=bank)
    assert all(info.accuracy for info in read_manifest(tiny_bank).files)
    write_bank(tmp_path / "other", bank, {}, since=bank)


def test_a_network_that_was_replaced_meanwhile_is_not_called_damaged(tiny_bank: Path) -> None:
    bank = read_manifest(tiny_bank)
    exchanged(bank)
    assert not (tiny_bank / "int8.onnx").exists()
    with pytest.raises(ModelError, match="was changed meanwhile"):
        read_network(bank, bank.levels[1].variants[0])


def test_writers_of_one_bank_wait_for_each_other(tiny_bank: Path) -> None:
    bank = read_manifest(tiny_bank)
    other = threading.Thread(target=update_manifest, args=(bank, measured))
    with only_writer(tiny_bank):
        other.start()
        other.join(0.2)
        assert other.is_alive()
        assert not any(info.accuracy for info in read_manifest(tiny_bank).files)
    other.join(10)
    assert all(info.accuracy for info in read_manifest(tiny_bank).files)
