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

"""The files of an exported policy: a manifest, and an ONNX network that says what it was made for.

The manifest (policy.json) names the network's file and its sha256; a network is opened only through it.
The network's metadata holds the contract: names, units and ranges of the observation, the meaning of the
actions, the bank's fingerprint, the settings of the training. docs/policy.md describes both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hand_tracking_dsp.control.observation import OBSERVATION, POINT_OBSERVATION, ObservationField
from hand_tracking_dsp.documents import parse_json, read_bytes, read_json, sha256_of
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.file_set import FileSet
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.onnx_file import check_not_empty, check_self_contained
from hand_tracking_dsp.tracking.record import (
    Reader,
    as_is,
    as_name,
    as_text,
    list_of,
    number,
    object_of,
    read_field,
    whole,
)

SCHEMA = 3
FORECAST_KIND = "forecast"
"""Kind of a policy that forecasts what each point brings in the next seconds."""

VALUES_KIND = "dqn"
"""Kind of a policy that forecasts what each point brings in the long run."""

ACTIONS_KIND = "ppo"
"""Kind of a policy that takes actions; it sees the points by their number, and so fits one bank alone."""

LAYERS_KIND = "akperl"
"""Kind of a policy that composes networks, see control.layers; its observation is another."""

METADATA_KEY = "hand_tracking_dsp"
"""Under this key the network's metadata holds the contract, as JSON."""


@dataclass(frozen=True, slots=True)
class PolicyContract:
    """Bank, observation and actions that a policy network was made for.

    Attributes:
        schema: Version of this contract.
        kind: What was learned: "forecast", "ppo", "dqn" or "akperl".
        observation: Name, unit, low and high of each entry, in order; see observation.OBSERVATION.
        point_observation: The same of each entry by point; see observation.POINT_OBSERVATION.
        bank: Name of the bank that it was trained for.
        bank_fingerprint: See tracking.manifest.Manifest.fingerprint; "": any bank will do, as the network
            sees what is said of each point.
        points: Operating points of that bank, in order, as str(PointInfo) describes them; none likewise.
        interval_s: Time from one action to the next that it was trained with, seconds.
        training: Settings and provenance, for people.
    """

    schema: int
    kind: str
    observation: tuple[dict[str, Any], ...]
    point_observation: tuple[dict[str, Any], ...]
    bank: str
    bank_fingerprint: str
    points: tuple[str, ...]
    interval_s: float
    training: dict[str, Any]

    @classmethod
    def of(cls, bank: Manifest, kind: str, interval_s: float, training: dict[str, Any]) -> PolicyContract:
        """Return the contract that this version of the package makes; of actions, bound to its bank."""
        bound = kind == ACTIONS_KIND
        return cls(
            schema=SCHEMA,
            kind=kind,
            observation=_entries(OBSERVATION),
            point_observation=_entries(POINT_OBSERVATION),
            bank=bank.name,
            bank_fingerprint=bank.fingerprint if bound else "",
            points=tuple(map(str, bank.points)) if bound else (),
            interval_s=interval_s,
            training=training,
        )

    @classmethod
    def of_layers(
        cls, bank: Manifest, fields: Sequence[ObservationField], interval_s: float, training: dict[str, Any]
    ) -> PolicyContract:
        """Return the contract of a policy that composes networks of a bank's blocks, with its observation."""
        made = cls.of(bank, LAYERS_KIND, interval_s, training)
        return replace(made, observation=_entries(fields), point_observation=())

    def to_json(self) -> str:
        """Return the contract as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> PolicyContract:
        """Read a contract.

        Raises:
            ModelError: A field is missing or wrong.
            ValueError: It is not JSON.
        """
        data = parse_json(text)
        return cls(**{name: read_field(data, name, read) for name, read in _CONTRACT.items()})

    def differences(
        self,
        bank: Manifest,
        fields: Sequence[ObservationField] = OBSERVATION,
        point_fields: Sequence[ObservationField] = POINT_OBSERVATION,
    ) -> list[str]:
        """Say in what the policy does not fit this package and a bank; empty: it fits.

        Args:
            bank: The bank.
            fields: Observation that it is given.
            point_fields: Observation by operating point that it is given; none: it is to compose networks.
        """
        composes = self.kind == LAYERS_KIND
        if composes and point_fields:
            return ["it composes networks, and does not choose operating points"]
        if not (composes or point_fields):
            return ["it chooses operating points, and does not compose networks"]
        found = []
        if self.schema != SCHEMA:
            found.append(f"its schema is {self.schema}, this version reads {SCHEMA}")
        found += _differences(self.observation, fields)
        found += _differences(self.point_observation, point_fields)
        if self.bank_fingerprint:
            found += self._bank_differences(bank)
        if not 0.05 <= self.interval_s <= 60:
            found.append(f"its interval is {self.interval_s:g} s, not 0.05 to 60")
        return found

    def _bank_differences(self, bank: Manifest) -> list[str]:
        found = []
        differing = [
            (old, str(new)) for old, new in zip(self.points, bank.points, strict=False) if old != str(new)
        ]
        if len(self.points) != len(bank.points):
            found.append(
                f"it knows {len(self.points)} operating points, the bank {bank.name} has {len(bank.points)}"
            )
        elif self.bank_fingerprint != bank.fingerprint:
            trained, given = self.bank_fingerprint[:12], bank.fingerprint[:12]
            found.append(
                f"it was trained for other networks (bank {self.bank} {trained}…, not {bank.name} {given}…)"
            )
        elif differing:
            old, new = differing[0]
            found.append(f"it was trained for other operating points ({old} instead of {new})")
        return found


def read_policy(path: Path) -> bytes:
    """Read a policy's network through its manifest, and check its sha256.

    Args:
        path: The manifest policy.json, or the network beside it whose name ends in .onnx instead.

    Raises:
        ModelError: a file is missing or damaged, the sha256 is not the manifest's, or the network names
            further files.
    """
    # A folder such as "/" has no name to put a suffix on.
    manifest = path.with_suffix(".json") if path.name else path
    try:
        file, sha256 = _network_of(read_json(manifest))
        network = read_bytes(manifest.parent / file)
    except OSError as error:
        message = (
            f"The policy {manifest} cannot be read ({error.filename}: {error.strerror}): give a manifest "
            f"that policy train wrote (policy akperl, where networks are composed), or choose the policy "
            f"index."
        )
        raise ModelError(message) from error
    except (ModelError, ValueError) as error:
        message = f"The policy manifest {manifest} cannot be used ({error}): export the policy again."
        raise ModelError(message) from error
    check_not_empty(network, str(manifest.parent / file))
    found = sha256_of(network)
    if found != sha256:
        message = (
            f"The policy {manifest.parent / file} is not the one that {manifest.name} names (sha256 "
            f"{found[:12]}… instead of {sha256[:12]}…): restore the file or export the policy again."
        )
        raise ModelError(message)
    check_self_contained(network, str(manifest.parent / file))
    return network


def write_policy(manifest: Path, network: bytes) -> None:
    """Write a policy's network, named as the manifest but for the suffix, and its manifest.

    The old policy or the new one is whole at any time: where another network has the name, the new one gets
    a name with the beginning of its sha256.

    Args:
        manifest: Path of the manifest, for example policy.json.
        network: The ONNX file.

    Raises:
        OutputError: A file cannot be written.
    """
    written = FileSet(manifest, _old_network(manifest))
    file = written.add(manifest.with_suffix(".onnx").name, network)
    written.write(manifest_text(file, network))


def _old_network(manifest: Path) -> set[str]:
    """Name the network of the policy that lies there; none if there is none that can be read."""
    try:
        return {_network_of(read_json(manifest))[0]}
    except (ModelError, OSError, ValueError):
        return set()


def _network_of(data: Any) -> tuple[str, str]:  # noqa: ANN401 (JSON of any form)
    """Return the file and the sha256 that a manifest names.

    Raises:
        ModelError: It is of another schema, or a field is missing or wrong.
    """
    schema = read_field(data, "schema", whole())
    if schema != SCHEMA:
        message = f"its schema is {schema}, this version reads {SCHEMA}"
        raise ModelError(message)
    file: str = read_field(data, "file", as_name)
    if Path(file).name != file or file in (".", ".."):
        message = f"its file is {file!r}, but must lie beside it"
        raise ModelError(message)
    return file, read_field(data, "sha256", as_name)


def manifest_text(file: str, network: bytes) -> str:
    """Return the manifest of a network's file as JSON."""
    return json.dumps({"schema": SCHEMA, "file": file, "sha256": sha256_of(network)}) + "\n"


_CONTRACT: Mapping[str, Reader] = {
    "schema": whole(),
    "kind": as_name,
    "observation": list_of(object_of(as_is)),
    "point_observation": list_of(object_of(as_is)),
    "bank": as_name,
    "bank_fingerprint": as_text,
    "points": list_of(as_text),
    "interval_s": number(0),
    "training": object_of(as_is),
}


def _entries(fields: Sequence[ObservationField]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"name": field.name, "unit": field.unit, "low": float(field.low), "high": float(field.high)}
        for field in fields
    )


def _differences(theirs: tuple[dict[str, Any], ...], fields: Sequence[ObservationField]) -> list[str]:
    ours = _entries(fields)
    names, known = [str(entry.get("name")) for entry in theirs], [entry["name"] for entry in ours]
    found = [
        f"it needs the observation {name!r}, which does not exist" for name in names if name not in known
    ]
    found += [f"it does not know the observation {name!r}" for name in known if name not in names]
    if not found and names != known:
        found.append("its observations come in another order")
    if not found:
        for entry, own in zip(theirs, ours, strict=True):
            found += [
                f"the {key} of its observation {own['name']!r} is {entry.get(key)!r} instead of {own[key]!r}"
                for key in ("unit", "low", "high")
                if entry.get(key) != own[key]
            ]
    return found
