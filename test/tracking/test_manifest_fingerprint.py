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

"""The fingerprint of a bank: of its networks, and of nothing else in bank.json."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support import manifests
from support.manifests import Bank, entry, measured, profile, variant, write

from hand_tracking_dsp.tracking.manifest import read_manifest

# These fixtures, and not the bank of real networks in conftest.py.
bank, folder = manifests.bank, manifests.folder


def test_networks_that_take_bytes_have_the_fingerprint_of_those_they_were_made_of(
    folder: Path, bank: Bank
) -> None:
    before = read_manifest(write(folder, bank)).fingerprint
    bank["schema"] = 2
    for level in bank["levels"]:
        level |= {"sha256": "1" * 64, "float_sha256": level["sha256"]}
    manifest = read_manifest(write(folder, bank))
    assert manifest.fingerprint == before
    assert manifest.levels[0].sha256 == "1" * 64
    bank["levels"][1]["float_sha256"] = "2" * 64
    assert read_manifest(write(folder, bank)).fingerprint != before


def test_the_fingerprint_is_of_the_networks_and_of_nothing_else(folder: Path, bank: Bank) -> None:
    fingerprint = read_manifest(write(folder, bank)).fingerprint
    assert len(fingerprint) == 64
    bank |= {"name": "renamed", "source": "elsewhere"}
    bank["levels"][1] |= {
        "latency": [profile()],
        "accuracy": [measured(2)],
        "file": "b.onnx",
        "sparsity": 0.5,
    }
    bank["detectors"][0]["sha256"] = "1" * 64
    assert read_manifest(write(folder, bank)).fingerprint == fingerprint


@pytest.mark.parametrize(
    "change",
    [
        lambda levels: levels[1].update(sha256="1" * 64),
        lambda levels: levels[1].update(variants=[variant("b.onnx")]),
        lambda levels: levels.append(entry(index=2, sparsity=0.5, name="third")),
        lambda levels: levels.pop(),
    ],
)
def test_the_fingerprint_changes_with_a_levels_network(
    folder: Path, bank: Bank, change: Callable[[list[Bank]], object]
) -> None:
    fingerprint = read_manifest(write(folder, bank)).fingerprint
    change(bank["levels"])
    assert read_manifest(write(folder, bank)).fingerprint != fingerprint


def test_the_fingerprint_changes_with_the_order_of_the_levels(folder: Path, bank: Bank) -> None:
    bank["levels"][1]["sha256"] = "1" * 64
    fingerprint = read_manifest(write(folder, bank)).fingerprint
    first, second = bank["levels"]
    first["sha256"], second["sha256"] = second["sha256"], first["sha256"]
    assert read_manifest(write(folder, bank)).fingerprint != fingerprint


def test_the_fingerprint_does_not_depend_on_how_a_sha256_is_written(folder: Path, bank: Bank) -> None:
    fingerprint = read_manifest(write(folder, bank)).fingerprint
    bank["levels"][0]["sha256"] = bank["levels"][0]["sha256"].upper()
    assert read_manifest(write(folder, bank)).fingerprint == fingerprint
