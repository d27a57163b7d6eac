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

"""Reading bank.json: every way in which it can be wrong has its sentence."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.manifest import read_manifest, read_network
from hand_tracking_dsp.tracking.network_info import files_of
from hand_tracking_dsp.tracking.operating_point import NO_POINT, OperatingPoint

NETWORK = b"\x08\x08"  # an ONNX file with a version and nothing else

Bank = dict[str, Any]


def entry(**more: object) -> dict[str, Any]:
    return {
        "name": "full",
        "file": "full.onnx",
        "sha256": hashlib.sha256(NETWORK).hexdigest(),
        "precision": "fp32",
        "parameters": 10,
        "macs": 20,
        **more,
    }


def variant(file: str) -> dict[str, Any]:
    return {"file": file, "sha256": "0" * 64, "precision": "int8"}


def measured(value: float) -> dict[str, Any]:
    return {"metric": "m", "data": "d", "value": value, "samples": 1}


def profile(**more: object) -> dict[str, Any]:
    times = {"p50_ms": 1.0, "p95_ms": 2.0, "p99_ms": 3.0}
    return {"device": "a", "provider": "p", "threads": 1, "runs": 5, **times, **more}


@pytest.fixture
def bank() -> Bank:
    return {
        "schema": 1,
        "name": "test",
        "levels": [entry(index=0, sparsity=0.0), entry(index=1, sparsity=0.4, name="lite")],
        "detectors": [entry()],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "full.onnx").write_bytes(NETWORK)
    return tmp_path


def write(folder: Path, bank: Bank) -> Path:
    (folder / "bank.json").write_text(json.dumps(bank))
    return folder


def test_reads_levels_and_detectors(folder: Path, bank: Bank) -> None:
    manifest = read_manifest(write(folder, bank))
    assert [level.name for level in manifest.levels] == ["full", "lite"]
    assert manifest.levels[1].sparsity == 0.4
    assert manifest.detector("full").macs == 20
    assert manifest.detector("") is manifest.detectors[0]
    assert read_network(manifest, manifest.levels[0]) == NETWORK


def test_reads_variants_and_what_was_measured(folder: Path, bank: Bank) -> None:
    bank["levels"][1] |= {"variants": [variant("b.onnx")], "latency": [profile()], "accuracy": [measured(2)]}
    bank["detectors"][0]["variants"] = [{**variant("c.onnx"), "latency": [profile(p50_ms=0.5)]}]
    manifest = read_manifest(write(folder, bank))
    level = manifest.levels[1]
    assert (level.latency[0].p95_ms, level.accuracy[0].value) == (2.0, 2.0)
    assert [(one.file, one.precision, one.index) for one in files_of(level)] == [
        ("full.onnx", "fp32", 1),
        ("b.onnx", "int8", 1),
    ]
    # What was measured of one file says nothing of another one.
    assert level.variants[0].latency == level.variants[0].accuracy == ()
    assert manifest.detectors[0].variants[0].latency[0].p50_ms == 0.5


def test_reads_the_presence_threshold_of_a_level(folder: Path, bank: Bank) -> None:
    bank["levels"][1] |= {"presence_threshold": 0.75, "variants": [variant("b.onnx")]}
    manifest = read_manifest(write(folder, bank))
    assert [level.presence_threshold for level in manifest.levels] == [None, 0.75]
    assert [one.presence_threshold for one in files_of(manifest.levels[1])] == [0.75, 0.75]
    assert json.loads(manifest.to_text()) == bank
    without = replace(manifest.levels[1], presence_threshold=None)
    assert "presence_threshold" not in without.to_json()


@pytest.mark.parametrize("value", [-0.1, 1.01, "0.5", None, True, [0.5]])
def test_an_impossible_presence_threshold_is_refused_with_its_place(
    folder: Path, bank: Bank, value: object
) -> None:
    bank["levels"][1]["presence_threshold"] = value
    with pytest.raises(
        ModelError, match=r"levels\[1\].presence_threshold is .*, but must be a number, 0 to 1"
    ):
        read_manifest(write(folder, bank))


def test_a_level_of_any_size_is_refused(folder: Path, bank: Bank) -> None:
    bank["levels"][1]["any_size"] = True
    with pytest.raises(ModelError, match="level 1 has any_size, which is for palm detectors alone"):
        read_manifest(write(folder, bank))


def test_reads_a_bank_of_the_first_release(folder: Path, bank: Bank) -> None:
    bank["levels"][0]["keep"] = []
    assert read_manifest(write(folder, bank)).levels[0].keep == {}


@pytest.mark.parametrize("name", ["dsp", "mediapipe"])
def test_a_bank_is_written_as_it_was_read_byte_for_byte(name: str) -> None:
    folder = share_path("models", name)
    assert read_manifest(folder).to_text() == (folder / "bank.json").read_text(encoding="utf-8")


def test_fields_keep_their_order_and_unknown_ones_stay(folder: Path, bank: Bank) -> None:
    bank["levels"][1] |= {
        "colour": "red",
        "accuracy": [{**measured(0.5), "mood": [1]}],
        "keep": {"stem": 0.5},
    }
    bank["levels"][1] |= {"variants": [{"note": None, **variant("b.onnx")}], "latency": [profile(p50_ms=0.5)]}
    bank = {"shelf": {"a": 1}, **bank}
    assert json.dumps(read_manifest(write(folder, bank)).to_json()) == json.dumps(bank)


def test_a_field_that_is_set_later_comes_last(folder: Path, bank: Bank) -> None:
    level = read_manifest(write(folder, bank)).levels[1]
    changed = replace(replace(level, keep={"stem": 0.5}), dead_channels=3)
    assert list(changed.to_json()) == [*bank["levels"][1], "keep", "dead_channels"]


def test_a_level_is_found_by_name_or_index(folder: Path, bank: Bank) -> None:
    manifest = read_manifest(write(folder, bank))
    assert [manifest.level(name).index for name in ("", "lite", "1")] == [0, 1, 1]


def test_takes_the_path_of_the_file_itself(folder: Path, bank: Bank) -> None:
    assert read_manifest(write(folder, bank) / "bank.json").folder == folder


def test_a_missing_bank_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"bank.json cannot be read \(No such file.*give the folder"):
        read_manifest(tmp_path)


def test_damaged_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bank.json").write_text("{")
    with pytest.raises(ModelError, match="it is not JSON from line 1, column 2 on"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "3",
        "null",
        '{"schema": 1e999}',
        '{"schema": 1, "name": "a", "levels": [1e999]}',
        '{"schema": 1, "levels": 3}',
        '{"schema": 1, "levels": [3]}',
    ],
)
def test_json_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "bank.json").write_text(text)
    with pytest.raises(ModelError, match="export it again"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda bank: bank.update(schema=99),
            r"its schema is 99, this version reads 1, 2, 3\): update hand_tracking_dsp",
        ),
        (lambda bank: bank.update(schema=0), "its schema is 0, this version reads 1, 2, 3"),
        (
            lambda bank: bank["levels"][1].update(float_sha256="abc"),
            "the float_sha256 of full.onnx is not 64 hexadecimal digits",
        ),
        (lambda bank: bank.pop("levels"), "levels is missing"),
        (lambda bank: bank.update(levels=[]), "it has 0 levels"),
        (lambda bank: bank["levels"][1].update(index=5), "not numbered 0, 1, 2"),
        (lambda bank: bank["levels"][0].pop("sha256"), r"levels\[0\]\.sha256 is missing"),
        (lambda bank: bank["levels"][0].update(sha256="abc"), "not 64 hexadecimal digits"),
        (lambda bank: bank["levels"][0].update(sparsity=1.5), "sparsity 1.5 of level 0"),
        (lambda bank: bank["levels"][0].update(file="../evil.onnx"), "not in the bank's own folder"),
        (lambda bank: bank["levels"][0].update(file=".."), "not in the bank's own folder"),
        (lambda bank: bank["levels"][0].update(file="a\0b.onnx"), "must be of printable characters"),
        (lambda bank: bank["levels"][0].update(parameters="many"), "cannot be used"),
        (lambda bank: bank["levels"][0].update(sparsity=10**400), "cannot be used"),
        (
            lambda bank: bank["levels"][0].update(precision="f8"),
            "precision 'f8' of full.onnx is none of fp32",
        ),
        (
            lambda bank: bank["levels"][0].update(keep={"stem": 1.5}),
            r"levels\[0\]\.keep\.stem is 1\.5, but must be a number, 0 to 1",
        ),
        (lambda bank: bank["levels"][0].update(keep=["stem"]), "cannot be used"),
        (
            lambda bank: bank["levels"][0].update(accuracy=[{"metric": "m"}]),
            r"levels\[0\]\.accuracy\[0\]\.data is missing",
        ),
        (lambda bank: bank["levels"][0].update(accuracy=[measured(math.nan)]), "NaN is not a JSON number"),
        (lambda bank: bank["levels"][0].update(latency=[profile(p99_ms=0)]), "time of full.onnx on p is not"),
        (lambda bank: bank["levels"][0].update(latency=3), "cannot be used"),
        (lambda bank: bank["levels"][0].update(variants=[variant("full.onnx")]), "named twice"),
        (
            lambda bank: bank["detectors"][0].update(variants=[{"file": "a"}]),
            r"detectors\[0\]\.variants\[0\]\.sha256 is missing",
        ),
        (lambda bank: bank.update(schema=True), "schema is true, but must be a whole number"),
        (lambda bank: bank.update(name=None), "name is null, but must be a text"),
        (lambda bank: bank.update(name="\x1b[31mred"), "name is .*, but must be of printable characters"),
        (lambda bank: bank["levels"][0].update(macs=-1), r"macs is -1, but must be a whole number from 0"),
        (lambda bank: bank["levels"][0].update(macs=1.0), r"macs is 1\.0, but must be a whole number"),
        (lambda bank: bank["levels"][0].update(latency=[{**profile(), "runs": 0}]), "runs is 0, but must"),
        (lambda bank: bank["levels"][0].update(latency=[{**profile(), "threads": -2}]), "threads is -2"),
        (lambda bank: bank["levels"][1].update(name="full"), "2 of its networks are called 'full'"),
    ],
)
def test_a_wrong_field_is_named(
    folder: Path, bank: Bank, change: Callable[[Bank], object], message: str
) -> None:
    change(bank)
    with pytest.raises(ModelError, match=message):
        read_manifest(write(folder, bank))


def test_an_unknown_detector_is_answered_with_the_known_ones(folder: Path, bank: Bank) -> None:
    with pytest.raises(ModelError, match="no palm detector 'huge': choose one of full"):
        read_manifest(write(folder, bank)).detector("huge")


def test_a_file_whose_sha256_differs_is_refused(folder: Path, bank: Bank) -> None:
    manifest = read_manifest(write(folder, bank))
    (folder / "full.onnx").write_bytes(NETWORK + b"!")
    with pytest.raises(ModelError, match=r"full.onnx is not the one that bank.json names"):
        read_network(manifest, manifest.levels[0])


def test_a_missing_network_is_named(folder: Path, bank: Bank) -> None:
    manifest = read_manifest(write(folder, bank))
    (folder / "full.onnx").unlink()
    with pytest.raises(ModelError, match=r"full.onnx cannot be read.*restore the bank's folder"):
        read_network(manifest, manifest.levels[0])


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


def point(level: int, cost: float, **more: object) -> dict[str, Any]:
    return {"level": level, "gate": 0.0, "search_interval_s": 0.15, "cost": cost, **more}


def test_operating_points_are_read_and_leave_the_fingerprint(folder: Path, bank: Bank) -> None:
    before = read_manifest(write(folder, bank)).fingerprint
    bank["operating_points"] = [point(0, 1.0), point(0, 0.7, gate=0.06), point(1, 0.4)]
    manifest = read_manifest(write(folder, bank))
    assert manifest.fingerprint == before
    assert manifest.points == manifest.operating_points
    assert manifest.points[1].point == OperatingPoint(0, 0.06, 0.15)
    written = json.loads(manifest.to_text())["operating_points"]
    assert [{name: one[name] for name in point(0, 1.0)} for one in written] == bank["operating_points"]


def test_a_bank_without_operating_points_has_one_of_each_level(folder: Path, bank: Bank) -> None:
    bank["levels"][1]["macs"] = 5
    manifest = read_manifest(write(folder, bank))
    assert [one.point for one in manifest.points] == [OperatingPoint(0), OperatingPoint(1)]
    assert [one.cost for one in manifest.points] == [1.0, 0.25]
    assert "operating_points" not in json.loads(manifest.to_text())


def test_a_command_finds_its_point_or_the_levels_densest(folder: Path, bank: Bank) -> None:
    bank["operating_points"] = [point(0, 1.0), point(1, 0.6), point(1, 0.4, gate=0.12)]
    manifest = read_manifest(write(folder, bank))
    assert manifest.point(1, 2) == (2, OperatingPoint(1, 0.12, 0.15))
    assert (
        manifest.point(1) == manifest.point(1, 0) == manifest.point(1, 9) == (1, OperatingPoint(1, 0, 0.15))
    )
    assert manifest.point(7) == (1, OperatingPoint(7, 0, 0.15))  # the sparsest level runs
    bank["operating_points"] = [point(0, 1.0, search_interval_s=0.0), point(0, 0.6)]
    assert read_manifest(write(folder, bank)).point(0)[0] == 1, "everything is run by its number alone"
    assert read_manifest(write(folder, bank)).point(0, 0)[0] == 0
    bank["operating_points"] = [point(0, 1.0)]
    assert read_manifest(write(folder, bank)).point(1) == (NO_POINT, OperatingPoint(1))


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([point(2, 1.0)], "operating point 0 is of level 2, of which it has none"),
        ([point(0, 1.0), point(1, 1.0)], "operating point 1 is not cheaper than the one before"),
        ([point(0, 1.0, gate=-1)], r"operating_points\[0\]\.gate is -1"),
        ([point(0, 2.0 - index / 300) for index in range(256)], "256 operating points, at most 255"),
    ],
)
def test_wrong_operating_points_are_named(folder: Path, bank: Bank, points: list, said: str) -> None:
    bank["operating_points"] = points
    with pytest.raises(ModelError, match=said):
        read_manifest(write(folder, bank))


def test_other_levels_lose_the_points_measured_with_these(folder: Path, bank: Bank) -> None:
    bank["operating_points"] = [point(0, 1.0), point(1, 0.5)]
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
