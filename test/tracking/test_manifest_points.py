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

"""Operating points in bank.json, and those that a bank without them has."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import manifests
from support.manifests import Bank, write

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.operating_point import NO_POINT, OperatingPoint

# These fixtures, and not the bank of real networks in conftest.py.
bank, folder = manifests.bank, manifests.folder


def point(level: int, cost: float, **more: object) -> dict[str, Any]:
    return {"level": level, "gate": 0.0, "search_interval_s": 0.15, "cost": cost, **more}


def everything(**more: object) -> dict[str, Any]:
    return point(0, 1.0, **{"search_interval_s": 0.0, **more})


def test_operating_points_are_read_and_leave_the_fingerprint(folder: Path, bank: Bank) -> None:
    before = read_manifest(write(folder, bank)).fingerprint
    bank["operating_points"] = [everything(), point(0, 0.7, gate=0.06), point(1, 0.4)]
    manifest = read_manifest(write(folder, bank))
    assert manifest.fingerprint == before
    assert manifest.points == manifest.operating_points
    assert manifest.points[1].point == OperatingPoint(0, 0.06, 0.15)
    written = json.loads(manifest.to_text())["operating_points"]
    assert [{name: one[name] for name in everything()} for one in written] == bank["operating_points"]


def test_a_bank_without_operating_points_has_one_of_each_level(folder: Path, bank: Bank) -> None:
    bank["levels"][1]["macs"] = 5
    manifest = read_manifest(write(folder, bank))
    assert [one.point for one in manifest.points] == [OperatingPoint(0), OperatingPoint(1)]
    assert [one.cost for one in manifest.points] == [1.0, 0.25]
    assert "operating_points" not in json.loads(manifest.to_text())


def test_a_command_finds_its_point_or_the_levels_densest(folder: Path, bank: Bank) -> None:
    bank["operating_points"] = [everything(), point(1, 0.6), point(1, 0.4, gate=0.12)]
    manifest = read_manifest(write(folder, bank))
    assert manifest.point(1, 2) == (2, OperatingPoint(1, 0.12, 0.15))
    assert (
        manifest.point(1) == manifest.point(1, 0) == manifest.point(1, 9) == (1, OperatingPoint(1, 0, 0.15))
    )
    assert manifest.point(7) == (1, OperatingPoint(7, 0, 0.15))  # the sparsest level runs
    bank["operating_points"] = [everything(), point(0, 0.6)]
    assert read_manifest(write(folder, bank)).point(0)[0] == 1, "everything is run by its number alone"
    assert read_manifest(write(folder, bank)).point(0, 0)[0] == 0
    bank["operating_points"] = [everything()]
    assert read_manifest(write(folder, bank)).point(1) == (NO_POINT, OperatingPoint(1))


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([point(2, 1.0)], "operating point 0 is of level 2, of which it has none"),
        ([everything(), point(1, 1.0)], "operating point 1 is not cheaper than the one before"),
        ([point(0, 1.0, gate=-1)], r"operating_points\[0\]\.gate is -1"),
        ([everything() | {"level": 1}], "operating point 0 is level 1, gate 0, search every 0 s, but"),
        ([everything(gate=0.06)], "level 0, gate 0.06, .* compared with level 0, gate 0, search every 0 s"),
        ([everything(search_interval_s=0.5)], "point 0 is level 0, gate 0, search every 0.5 s, but"),
        ([point(0, 2.0 - index / 300) for index in range(256)], "256 operating points, at most 255"),
    ],
)
def test_wrong_operating_points_are_named(folder: Path, bank: Bank, points: list, said: str) -> None:
    bank["operating_points"] = points
    with pytest.raises(ModelError, match=said):
        read_manifest(write(folder, bank))


def test_other_levels_lose_the_points_measured_with_these(folder: Path, bank: Bank) -> None:
    bank["operating_points"] = [everything(), point(1, 0.5)]
    manifest = read_manifest(write(folder, bank))
    assert manifest.with_levels(manifest.levels) == manifest
    fewer = manifest.with_levels(manifest.levels[:1])
    assert fewer.operating_points == ()
    assert [one.point for one in fewer.points] == [OperatingPoint(0)]


def test_what_a_bank_has_lost_is_not_written_as_null() -> None:
    manifest = read_manifest(share_path("models", "dsp"))
    assert manifest.operating_points
    written = json.loads(replace(manifest, operating_points=None).to_text())
    assert "operating_points" not in written
