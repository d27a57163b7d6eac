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

"""Real networks, pictures whose truth is known, and a machine to choose precisions for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.measured_networks import BF16, HERE, OPENVINO, ORT

from hand_tracking_dsp.cameras.camera import Frame, SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking import backends, precision, profiles
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.palm import PalmDetector


@pytest.fixture(scope="session")
def bank_folder() -> Path:
    return share_path("models", "mediapipe")


@pytest.fixture(scope="session")
def bank(bank_folder: Path) -> LevelBank:
    return LevelBank.load(bank_folder)


@pytest.fixture(scope="session")
def detector(bank_folder: Path) -> PalmDetector:
    return PalmDetector.load(bank_folder)


@pytest.fixture(scope="session")
def draw() -> Callable[..., list[Frame]]:
    """Draw frames of the synthetic hand."""

    def frames(count: int, **options: float) -> list[Frame]:
        with open_source("synthetic", SourceOptions(**{"absence_s": 0, **options})) as source:
            found = [source.read(1.0) for _ in range(count)]
        return [frame for frame in found if frame is not None]

    return frames


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with INT8 dot products whose backends, both installed, are those of an x86 processor."""
    monkeypatch.setattr(profiles, "device_name", lambda: HERE)
    monkeypatch.setattr(profiles, "processor_kind", lambda: "Zen 4")
    monkeypatch.setattr(precision, "has_int8_products", lambda: True)
    monkeypatch.setattr(backends, "find_spec", lambda _: True)
    known = {
        "onnxruntime": {"fp32": ORT, "int8": ORT},
        "openvino": {"fp32": OPENVINO, "int8": OPENVINO, "bf16": BF16},
    }
    monkeypatch.setattr(precision, "providers_by_precision", lambda options: known[options.backend])
