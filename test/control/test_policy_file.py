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

"""The files of a policy: what is refused, and the sentence that names the difference."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from support.killing import killed_at_each_step

from hand_tracking_dsp.control.observation import OBSERVATION
from hand_tracking_dsp.control.policy_file import (
    FORECAST_KIND,
    VALUES_KIND,
    PolicyContract,
    manifest_text,
    read_policy,
    write_policy,
)
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.operating_point import PointInfo

NETWORK = b"\x08\x08"  # an ONNX file with a version and nothing else

Entries = list[dict[str, Any]]


@pytest.fixture(scope="module")
def bank(make_bank: Callable[..., Manifest]) -> Manifest:
    return make_bank(3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "policy"
    folder.mkdir()
    (folder / "policy.onnx").write_bytes(NETWORK)
    (folder / "policy.json").write_text(manifest_text("policy.onnx", NETWORK))
    return folder


@pytest.mark.parametrize("name", ["policy.json", "policy.onnx"])
def test_a_policy_is_named_by_its_manifest_or_by_the_network_beside_it(folder: Path, name: str) -> None:
    assert read_policy(folder / name) == NETWORK


def test_a_network_that_its_manifest_does_not_name_is_refused(folder: Path) -> None:
    (folder / "policy.onnx").write_bytes(NETWORK + b"!")
    found, named = (hashlib.sha256(data).hexdigest()[:12] for data in (NETWORK + b"!", NETWORK))
    with pytest.raises(ModelError) as caught:
        read_policy(folder / "policy.json")
    assert str(caught.value) == (
        f"The policy {folder / 'policy.onnx'} is not the one that policy.json names (sha256 {found}… instead "
        f"of {named}…): restore the file or export the policy again."
    )


@pytest.mark.parametrize("missing", ["policy.json", "policy.onnx"])
def test_a_missing_file_is_named(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=rf"cannot be read \(.*/{missing}: No such file.*policy train wrote"):
        read_policy(folder / "policy.json")


@pytest.mark.parametrize("path", ["", "/", "."])
def test_a_path_that_names_no_file_is_refused(path: str) -> None:
    with pytest.raises(ModelError, match=r"cannot be read .*Is a directory"):
        read_policy(Path(path))


@pytest.mark.parametrize("file", ["../policy.onnx", "/etc/passwd", "below/policy.onnx", "..", "."])
def test_a_network_outside_the_manifests_folder_is_never_opened(folder: Path, file: str) -> None:
    (folder / "below").mkdir()
    for place in (folder.parent, folder / "below"):
        (place / "policy.onnx").write_bytes(NETWORK)
    (folder / "policy.json").write_text(manifest_text(file, NETWORK))
    with pytest.raises(ModelError, match=rf"its file is {file!r}, but must lie beside it"):
        read_policy(folder / "policy.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        "{}",
        '{"schema": 3}',
        '{"schema": 3, "file": "policy.onnx"}',
        '{"schema": 3, "sha256": "0"}',
        '{"schema": 3, "sha256": "0", "file": "\\u0000"}',
        '{"schema": 3, "sha256": "0", "file": ""}',
    ],
)
def test_a_damaged_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / "policy.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(
        ModelError, match=r"policy manifest .*policy\.json cannot be used .*: export the policy again"
    ):
        read_policy(folder / "policy.json")


def test_a_manifest_of_another_schema_is_refused(folder: Path) -> None:
    manifest = {**json.loads(manifest_text("policy.onnx", NETWORK)), "schema": 2}
    (folder / "policy.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=r"its schema is 2, this version reads 3"):
        read_policy(folder / "policy.json")


def test_a_contract_fits_the_bank_it_was_made_for_and_survives_the_file(bank: Manifest) -> None:
    contract = PolicyContract.of(bank, "ppo", 0.5, {"seed": 3})
    assert PolicyContract.from_json(contract.to_json()) == contract
    assert contract.differences(bank) == []
    assert [entry["name"] for entry in contract.observation] == [field.name for field in OBSERVATION]
    assert all(set(entry) == {"name", "unit", "low", "high"} for entry in contract.observation)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{}", "schema is missing"),
        ("[]", "it is \\[\\], but must be a JSON object"),
        ("", "it is not JSON"),
        ('{"schema": null}', "schema is null, but must be a whole number"),
        ('{"schema": true}', "schema is true, but must be a whole number"),
        (
            '{"schema": 1, "kind": "ppo", "observation": [3]}',
            r"observation\[0\] is 3, but must be a JSON object",
        ),
    ],
)
def test_a_contract_of_another_form_is_no_contract(text: str, reason: str) -> None:
    with pytest.raises((ModelError, ValueError), match=reason):
        PolicyContract.from_json(text)


@pytest.mark.parametrize(
    ("changes", "differences"),
    [
        ({"schema": 7}, ["its schema is 7, this version reads 3"]),
        ({"points": ("a",) * 6}, ["it knows 6 operating points, the bank test has 3"]),
        ({"interval_s": 0.0}, ["its interval is 0 s, not 0.05 to 60"]),
        ({"interval_s": float("nan")}, ["its interval is nan s, not 0.05 to 60"]),
        ({"interval_s": 3600.0}, ["its interval is 3600 s, not 0.05 to 60"]),
        (
            {"schema": 1, "interval_s": 0.0},
            ["its schema is 1, this version reads 3", "its interval is 0 s, not 0.05 to 60"],
        ),
        ({"training": {"algorithm": "another"}, "bank": "renamed"}, []),
    ],
)
def test_every_difference_is_named(bank: Manifest, changes: dict[str, Any], differences: list[str]) -> None:
    assert replace(PolicyContract.of(bank, "ppo", 0.5, {}), **changes).differences(bank) == differences


def test_a_policy_for_other_operating_points_is_no_policy_for_these(bank: Manifest) -> None:
    dense, *others, last = (
        PointInfo(level=level.index, gate=0, search_interval_s=level.index, cost=1 / (1 + level.index))
        for level in bank.levels
    )
    trained, given = (
        replace(bank, operating_points=(dense, *others, replace(last, gate=gate))) for gate in (0.25, 0.5)
    )
    (difference,) = PolicyContract.of(trained, "ppo", 0.5, {}).differences(given)
    assert difference == (
        "it was trained for other operating points (level 2, gate 0.25, search every 2 s instead of level 2, "
        "gate 0.5, search every 2 s)"
    )
    assert PolicyContract.of(given, "ppo", 0.5, {}).differences(given) == []


@pytest.mark.parametrize("kind", [FORECAST_KIND, VALUES_KIND])
def test_a_policy_that_forecasts_fits_any_bank(
    kind: str, bank: Manifest, make_bank: Callable[..., Manifest]
) -> None:
    contract = PolicyContract.of(bank, kind, 0.1, {})
    assert contract.differences(make_bank(5, "other")) == []
    assert PolicyContract.from_json(contract.to_json()) == contract


def test_a_policy_for_other_networks_is_no_policy_for_these(
    bank: Manifest, make_bank: Callable[..., Manifest]
) -> None:
    other = make_bank(3, "other")
    (difference,) = PolicyContract.of(other, "ppo", 0.5, {}).differences(bank)
    trained, given = other.fingerprint[:12], bank.fingerprint[:12]
    assert difference == f"it was trained for other networks (bank other {trained}…, not test {given}…)"


@pytest.mark.parametrize(
    ("change", "differences"),
    [
        (lambda entries: entries.pop(1), ["it does not know the observation 'sparsity'"]),
        (
            lambda entries: entries.append({**entries[0], "name": "humidity"}),
            ["it needs the observation 'humidity', which does not exist"],
        ),
        (
            lambda entries: entries[1].update(name="thickness"),
            [
                "it needs the observation 'thickness', which does not exist",
                "it does not know the observation 'sparsity'",
            ],
        ),
        (lambda entries: entries.reverse(), ["its observations come in another order"]),
        (lambda entries: entries.append(entries[0]), ["its observations come in another order"]),
        (
            lambda entries: entries[1].update(high=100.0, unit="percent"),
            [
                "the unit of its observation 'sparsity' is 'percent' instead of '1'",
                "the high of its observation 'sparsity' is 100.0 instead of 1.0",
            ],
        ),
        (
            lambda entries: entries[1].pop("low"),
            ["the low of its observation 'sparsity' is None instead of 0.0"],
        ),
    ],
)
def test_every_difference_of_the_observation_is_named(
    bank: Manifest, change: Callable[[Entries], object], differences: list[str]
) -> None:
    contract = PolicyContract.of(bank, "ppo", 0.5, {})
    entries = [dict(entry) for entry in contract.observation]
    change(entries)
    assert replace(contract, observation=tuple(entries)).differences(bank) == differences


def test_a_new_policy_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    manifest = tmp_path / "policy.json"
    for network in (NETWORK, NETWORK + NETWORK, NETWORK):
        write_policy(manifest, network)
        assert read_policy(manifest) == network
        assert len(list(tmp_path.iterdir())) == 2


def test_a_training_that_is_killed_at_any_step_leaves_the_old_policy_or_the_new_one(tmp_path: Path) -> None:
    manifest = tmp_path / "policy.json"
    write_policy(manifest, NETWORK)
    new = NETWORK + NETWORK
    found = [read_policy(manifest) for _ in killed_at_each_step(lambda: write_policy(manifest, new))]
    assert [network for network, _ in groupby(found)] == [NETWORK, new]
    assert len(list(tmp_path.iterdir())) == 2
