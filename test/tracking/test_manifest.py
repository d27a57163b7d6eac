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

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support import manifests
from support.manifests import NETWORK, Bank, measured, profile, variant, write

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.network_info import files_of

# These fixtures, and not the bank of real networks in conftest.py.
bank, folder = manifests.bank, manifests.folder


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


def test_a_number_that_is_too_large_is_told_the_limit(folder: Path, bank: Bank) -> None:
    bank["operating_points"] = [{"level": 0, "gate": 0, "search_interval_s": 0, "cost": 1e308}]
    with pytest.raises(ModelError, match=r"cost.*a number of at most 3\.4e\+38"):
        read_manifest(write(folder, bank))


def test_a_missing_network_is_named(folder: Path, bank: Bank) -> None:
    manifest = read_manifest(write(folder, bank))
    (folder / "full.onnx").unlink()
    with pytest.raises(ModelError, match=r"full.onnx cannot be read.*restore the bank's folder"):
        read_network(manifest, manifest.levels[0])
