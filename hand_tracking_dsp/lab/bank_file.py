"""Writing a bank's files so that a crash leaves the old ones whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file under a temporary name, then rename it; its folder is made if missing.

    Raises:
        ModelError: It cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        msg = f"{path} cannot be written ({error.strerror}): choose another folder or make room."
        raise ModelError(msg) from error


def write_bank(folder: Path, bank: dict[str, Any]) -> None:
    """Write bank.json and read it back.

    Raises:
        ModelError: It cannot be written, or a reader would refuse it.
    """
    text = json.dumps(bank, indent=2, ensure_ascii=False) + "\n"
    write_bytes(folder / MANIFEST_NAME, text.encode())
    read_manifest(folder)


def read_bank(folder: Path) -> dict[str, Any]:
    """Read all of bank.json, also what the tracker does not need.

    Raises:
        ModelError: It is missing or wrong.
    """
    read_manifest(folder)
    bank: dict[str, Any] = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    return bank
