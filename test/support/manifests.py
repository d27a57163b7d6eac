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

"""A bank.json of two levels and a detector, and its folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

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
