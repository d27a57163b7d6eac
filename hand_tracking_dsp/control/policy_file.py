"""The files of an exported policy: a manifest, and an ONNX network that says what it was made for.

The manifest (policy.json) names the network's file and its sha256; a network is opened only through it.
The network's metadata holds the contract: names, units and ranges of the observation, the meaning of the
actions, the bank's fingerprint, the settings of the training. docs/policy.md describes both.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hand_tracking_dsp.control.actions import ACTION_NAMES
from hand_tracking_dsp.control.observation import OBSERVATION
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.files import read_json
from hand_tracking_dsp.tracking.manifest import Manifest

SCHEMA = 1
METADATA_KEY = "hand_tracking_dsp"
"""Under this key the network's metadata holds the contract, as JSON."""


@dataclass(frozen=True, slots=True)
class PolicyContract:
    """Bank, observation and actions that a policy network was made for.

    Attributes:
        schema: Version of this contract.
        observation: Name, unit, low and high of each entry, in order; see observation.OBSERVATION.
        actions: Names of the actions, in the order of the scores.
        bank: Name of the bank.
        bank_fingerprint: See tracking.manifest.Manifest.fingerprint.
        levels: Levels of that bank.
        interval_s: Time from one action to the next that it was trained with, seconds.
        training: Settings and provenance, for people.
    """

    schema: int
    observation: tuple[dict[str, Any], ...]
    actions: tuple[str, ...]
    bank: str
    bank_fingerprint: str
    levels: int
    interval_s: float
    training: dict[str, Any]

    @classmethod
    def of(cls, bank: Manifest, interval_s: float, training: dict[str, Any]) -> PolicyContract:
        """Return the contract that this version of the package makes for a bank."""
        return cls(
            schema=SCHEMA,
            observation=_observation(),
            actions=ACTION_NAMES,
            bank=bank.name,
            bank_fingerprint=bank.fingerprint,
            levels=len(bank.levels),
            interval_s=interval_s,
            training=training,
        )

    def to_json(self) -> str:
        """Return the contract as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> PolicyContract:
        """Read a contract.

        Raises:
            KeyError: a field is missing.
            TypeError: a field is of another type.
            ValueError: it is not JSON, or a field is wrong.
        """
        data = json.loads(text)
        return cls(
            schema=int(data["schema"]),
            observation=tuple(dict(entry) for entry in data["observation"]),
            actions=tuple(map(str, data["actions"])),
            bank=str(data["bank"]),
            bank_fingerprint=str(data["bank_fingerprint"]),
            levels=int(data["levels"]),
            interval_s=float(data["interval_s"]),
            training=dict(data["training"]),
        )

    def differences(self, bank: Manifest) -> list[str]:
        """Say in what the policy does not fit this package and a bank; empty: it fits."""
        found = []
        if self.schema != SCHEMA:
            found.append(f"its schema is {self.schema}, this version reads {SCHEMA}")
        if self.actions != ACTION_NAMES:
            found.append(f"its actions are {', '.join(self.actions)} instead of {', '.join(ACTION_NAMES)}")
        found += _observation_differences(self.observation)
        if self.levels != len(bank.levels):
            found.append(f"it knows {self.levels} levels, the bank {bank.name} has {len(bank.levels)}")
        elif self.bank_fingerprint != bank.fingerprint:
            trained, given = self.bank_fingerprint[:12], bank.fingerprint[:12]
            found.append(
                f"it was trained for other networks (bank {self.bank} {trained}…, not {bank.name} {given}…)"
            )
        if not 0.05 <= self.interval_s <= 60:
            found.append(f"its interval is {self.interval_s:g} s, not 0.05 to 60")
        return found


def read_policy(path: Path) -> bytes:
    """Read a policy's network through its manifest, and check its sha256.

    Args:
        path: The manifest policy.json, or the network beside it whose name ends in .onnx instead.

    Raises:
        ModelError: a file is missing or damaged, or the sha256 is not the manifest's.
    """
    # A folder such as "/" has no name to put a suffix on.
    manifest = path.with_suffix(".json") if path.name else path
    try:
        data = read_json(manifest)
        if data["schema"] != SCHEMA:
            message = (
                f"The policy manifest {manifest} has schema {data['schema']}, this version reads {SCHEMA}: "
                f"export the policy again."
            )
            raise ModelError(message)
        file, sha256 = str(data["file"]), str(data["sha256"])
        if Path(file).name != file or file in ("", ".", ".."):
            message = f"The policy manifest {manifest} names {file!r}: its file must lie beside it."
            raise ModelError(message)
        network = (manifest.parent / file).read_bytes()
    except OSError as error:
        message = (
            f"The policy {manifest} cannot be read ({error.filename}: {error.strerror}): give the manifest "
            f"that policy train wrote, or set policy to threshold."
        )
        raise ModelError(message) from error
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        message = f"The policy manifest {manifest} is damaged ({error}): export the policy again."
        raise ModelError(message) from error
    found = hashlib.sha256(network).hexdigest()
    if found != sha256:
        message = (
            f"The policy {manifest.parent / file} is not the one that {manifest.name} names (sha256 "
            f"{found[:12]}… instead of {sha256[:12]}…): restore the file or export the policy again."
        )
        raise ModelError(message)
    return network


def manifest_text(file: str, network: bytes) -> str:
    """Return the manifest of a network's file as JSON."""
    return json.dumps({"schema": SCHEMA, "file": file, "sha256": hashlib.sha256(network).hexdigest()}) + "\n"


def _observation() -> tuple[dict[str, Any], ...]:
    return tuple(
        {"name": field.name, "unit": field.unit, "low": float(field.low), "high": float(field.high)}
        for field in OBSERVATION
    )


def _observation_differences(observation: tuple[dict[str, Any], ...]) -> list[str]:
    ours, theirs = _observation(), observation
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
