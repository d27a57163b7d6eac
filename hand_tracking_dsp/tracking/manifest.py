"""bank.json: which networks a bank holds, and the only way to read them from disk.

The schema is described in docs/bank.md. A network is read only through its manifest, and refused when
its sha256 is not the manifest's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hand_tracking_dsp.errors import ModelError

SCHEMA = 1
MANIFEST_NAME = "bank.json"
MAX_LEVELS = 256


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """One network of a bank.

    Attributes:
        name: For example "full".
        file: Name of the ONNX file, in the bank's own folder.
        sha256: Of that file, hexadecimal.
        precision: Of the weights: fp32, fp16, bf16 or int8.
        parameters: Number of trained parameters.
        macs: Multiplications with addition of one run.
    """

    name: str
    file: str
    sha256: str
    precision: str
    parameters: int
    macs: int


@dataclass(frozen=True, slots=True)
class LevelInfo(NetworkInfo):
    """One sparsity level of a bank.

    Attributes:
        index: 0 = dense, higher = sparser.
        sparsity: Share of the dense network's parameters removed, 0 to below 1.
    """

    index: int
    sparsity: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What bank.json says.

    Attributes:
        folder: Where the bank lies.
        name: The bank's name.
        levels: By index, from 0 without a gap.
        detectors: The palm detectors.
    """

    folder: Path
    name: str
    levels: tuple[LevelInfo, ...]
    detectors: tuple[NetworkInfo, ...]

    def detector(self, name: str) -> NetworkInfo:
        """Find a palm detector by name.

        Raises:
            ModelError: The bank has none of that name.
        """
        for info in self.detectors:
            if info.name == name:
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
    return _parsed(path, data)


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


def _parsed(path: Path, data: Any) -> Manifest:  # noqa: ANN401 (JSON of any form)
    try:
        _check_schema(data["schema"])
        levels = tuple(_level(entry) for entry in data["levels"])
        detectors = tuple(NetworkInfo(**_network(entry)) for entry in data["detectors"])
        name = str(data["name"])
        _check_indices(levels)
    except KeyError as error:
        msg = f"The level bank {path} lacks the field {error}: export it again."
        raise ModelError(msg) from error
    except (TypeError, ValueError) as error:
        msg = f"The level bank {path} cannot be used ({error}): export it again."
        raise ModelError(msg) from error
    return Manifest(path.parent, name, levels, detectors)


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


def _network(entry: dict[str, Any]) -> dict[str, Any]:
    file, sha256 = str(entry["file"]), str(entry["sha256"]).lower()
    if Path(file).name != file:
        msg = f"file {file!r} is not in the bank's own folder"
        raise ValueError(msg)
    if len(sha256) != hashlib.sha256().digest_size * 2:
        msg = f"the sha256 of {file} is not 64 hexadecimal digits"
        raise ValueError(msg)
    return {
        "name": str(entry["name"]),
        "file": file,
        "sha256": sha256,
        "precision": str(entry["precision"]),
        "parameters": int(entry["parameters"]),
        "macs": int(entry["macs"]),
    }


def _level(entry: dict[str, Any]) -> LevelInfo:
    sparsity = float(entry["sparsity"])
    if not 0 <= sparsity < 1:
        msg = f"the sparsity {sparsity} of level {entry['index']} is not within 0 and 1"
        raise ValueError(msg)
    return LevelInfo(**_network(entry), index=int(entry["index"]), sparsity=sparsity)
