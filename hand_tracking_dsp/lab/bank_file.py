"""All of bank.json, also what the tracker does not need."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.tracking.manifest import MANIFEST_NAME, read_manifest


def write_bank(folder: Path, bank: dict[str, Any]) -> None:
    """Write bank.json and read it back.

    Raises:
        OutputError: It cannot be written.
        ModelError: A reader would refuse it.
    """
    write_text(folder / MANIFEST_NAME, json.dumps(bank, indent=2, ensure_ascii=False) + "\n")
    read_manifest(folder)


def read_bank(folder: Path) -> dict[str, Any]:
    """Read bank.json.

    Raises:
        ModelError: It is missing or wrong.
    """
    read_manifest(folder)
    bank: dict[str, Any] = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
    return bank
