"""bank.json: which networks a bank holds, and the only way to read them from disk.

The schema is described in docs/bank.md. A network is read only through its manifest, and refused when
its sha256 is not the manifest's.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.network_info import (
    PRECISIONS,
    Accuracy,
    LatencyProfile,
    LevelInfo,
    Network,
    NetworkInfo,
)

SCHEMA = 1
MANIFEST_NAME = "bank.json"
MAX_LEVELS = 256


@dataclass(frozen=True, slots=True)
class Manifest:
    """What bank.json says.

    Attributes:
        folder: Where the bank lies.
        name: The bank's name.
        source: Where its networks come from, for people.
        levels: By index, from 0 without a gap.
        detectors: The palm detectors.
    """

    folder: Path
    name: str
    source: str
    levels: tuple[LevelInfo, ...]
    detectors: tuple[NetworkInfo, ...]

    @property
    def fingerprint(self) -> str:
        """Return a sha256 over the levels' networks, 64 hexadecimal digits.

        It tells banks apart whose levels do not compute the same; latencies and accuracies measured anew
        do not change it.
        """
        files = [[network.sha256 for network in (level, *level.variants)] for level in self.levels]
        return hashlib.sha256(json.dumps(files).encode()).hexdigest()

    def detector(self, name: str) -> NetworkInfo:
        """Find a palm detector by name; the first, which is the bank's default, where the name is empty.

        Raises:
            ModelError: The bank has none of that name.
        """
        for info in self.detectors:
            if name in {"", info.name}:
                return info
        known = ", ".join(info.name for info in self.detectors) or "none"
        msg = f"The bank {self.folder} has no palm detector {name!r}: choose one of {known}."
        raise ModelError(msg)


def read_manifest(bank: Path | str) -> Manifest:
    """Read and check a bank's manifest; no network is opened.

    Args:
        bank: Folder with bank.json, or the path of bank.json itself.

    Raises:
        ModelError: It is missing, no JSON, of another schema, or a field is wrong.
    """
    path = Path(bank)
    if path.suffix != ".json":
        path = path / MANIFEST_NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = (
            f"The level bank {path} cannot be read ({error.strerror}): give the folder of a bank, "
            f"or leave the parameter empty for the one that comes with the package."
        )
        raise ModelError(msg) from error
    except ValueError as error:
        msg = f"The level bank {path} is no valid JSON ({error}): restore or export it again."
        raise ModelError(msg) from error
    return parse_manifest(path, data)


def read_network(manifest: Manifest, info: NetworkInfo) -> bytes:
    """Read a network's ONNX file and check its sha256.

    Raises:
        ModelError: The file is missing, or its sha256 is not the manifest's.
    """
    path = manifest.folder / info.file
    try:
        data = path.read_bytes()
    except OSError as error:
        msg = f"The network {path} cannot be read ({error.strerror}): restore the bank's folder."
        raise ModelError(msg) from error
    found = hashlib.sha256(data).hexdigest()
    if found != info.sha256:
        msg = (
            f"The network {path} is not the one that {MANIFEST_NAME} names (sha256 {found[:12]}… instead of "
            f"{info.sha256[:12]}…): restore the file or export the bank again."
        )
        raise ModelError(msg)
    return data


def parse_manifest(path: Path, data: Any) -> Manifest:  # noqa: ANN401 (JSON of any form)
    """Check what a manifest says.

    Args:
        path: Where it lies, or will lie.
        data: The JSON value.

    Raises:
        ModelError: It is of another schema, or a field is missing or wrong.
    """
    try:
        _check_schema(data["schema"])
        levels = tuple(_level(entry) for entry in data["levels"])
        detectors = tuple(_detector(entry) for entry in data["detectors"])
        name = str(data["name"])
        _check_indices(levels)
    except KeyError as error:
        msg = f"The level bank {path} lacks the field {error}: export it again."
        raise ModelError(msg) from error
    except (AttributeError, TypeError, ValueError) as error:
        msg = f"The level bank {path} cannot be used ({error}): export it again."
        raise ModelError(msg) from error
    return Manifest(path.parent, name, str(data.get("source", "")), levels, detectors)


def _check_schema(schema: object) -> None:
    if schema != SCHEMA:
        msg = f"its schema is {schema}, this version reads {SCHEMA}"
        raise ValueError(msg)


def _check_indices(levels: tuple[LevelInfo, ...]) -> None:
    if [level.index for level in levels] != list(range(len(levels))):
        msg = "its levels are not numbered 0, 1, 2, …"
        raise ValueError(msg)
    if not 1 <= len(levels) <= MAX_LEVELS:
        msg = f"it has {len(levels)} levels, 1 to {MAX_LEVELS} are possible"
        raise ValueError(msg)


def _file(entry: dict[str, Any]) -> dict[str, Any]:
    """Check the fields that a network and a variant of it have alike."""
    file, sha256, precision = str(entry["file"]), str(entry["sha256"]).lower(), str(entry["precision"])
    if Path(file).name != file or file in ("", ".", ".."):
        msg = f"file {file!r} is not in the bank's own folder"
        raise ValueError(msg)
    if len(sha256) != hashlib.sha256().digest_size * 2:
        msg = f"the sha256 of {file} is not 64 hexadecimal digits"
        raise ValueError(msg)
    if precision not in PRECISIONS:
        msg = f"the precision {precision!r} of {file} is none of {', '.join(PRECISIONS)}"
        raise ValueError(msg)
    return {
        "file": file,
        "sha256": sha256,
        "precision": precision,
        "accuracy": tuple(_accuracy(one, file) for one in entry.get("accuracy", ())),
        "latency": tuple(_profile(one, file) for one in entry.get("latency", ())),
    }


def _network(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": str(entry["name"]),
        "parameters": int(entry["parameters"]),
        "macs": int(entry["macs"]),
        **_file(entry),
    }


def _with_variants(info: Network, entry: dict[str, Any]) -> Network:
    variants = tuple(replace(info, **_file(variant)) for variant in entry.get("variants", ()))
    files = [info.file, *(variant.file for variant in variants)]
    if len(set(files)) < len(files):
        msg = f"a file of the network {info.name} is named twice among its variants"
        raise ValueError(msg)
    return replace(info, variants=variants)


def _detector(entry: dict[str, Any]) -> NetworkInfo:
    return _with_variants(NetworkInfo(**_network(entry)), entry)


def _level(entry: dict[str, Any]) -> LevelInfo:
    sparsity = float(entry["sparsity"])
    if not 0 <= sparsity < 1:
        msg = f"the sparsity {sparsity} of level {entry['index']} is not within 0 and 1"
        raise ValueError(msg)
    # The first banks had an empty list where nothing was pruned.
    keep = {str(block): float(share) for block, share in dict(entry.get("keep", ())).items()}
    for block, share in keep.items():
        if not 0 <= share <= 1:
            msg = f"the share {share} of {block} that level {entry['index']} keeps is not within 0 and 1"
            raise ValueError(msg)
    level = LevelInfo(**_network(entry), index=int(entry["index"]), sparsity=sparsity, keep=keep)
    return _with_variants(level, entry)


def _accuracy(entry: dict[str, Any], file: str) -> Accuracy:
    value, samples = float(entry["value"]), int(entry["samples"])
    if not math.isfinite(value):
        msg = f"the {entry['metric']} of {file} is {value}, no number"
        raise ValueError(msg)
    return Accuracy(
        metric=str(entry["metric"]),
        data=str(entry["data"]),
        value=value,
        samples=samples,
        provider=str(entry.get("provider", "")),
    )


def _profile(entry: dict[str, Any], file: str) -> LatencyProfile:
    times = {name: float(entry[name]) for name in ("p50_ms", "p95_ms", "p99_ms")}
    if not all(0 < value < math.inf for value in times.values()):
        msg = f"a time of {file} on {entry['provider']} is not above 0"
        raise ValueError(msg)
    return LatencyProfile(
        device=str(entry["device"]),
        provider=str(entry["provider"]),
        threads=int(entry["threads"]),
        runs=int(entry["runs"]),
        **times,
    )
