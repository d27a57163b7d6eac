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

"""Devices and traces on disk."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from pathlib import Path

import pytest
from support.traces import write_loaded_trace

from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.rl.simulation.device import QUANTILES, DeviceModel, LoadState
from hand_tracking_dsp.tracking.manifest import read_manifest


@pytest.fixture
def write_device() -> Callable[[Path, int], Path]:
    """Give a writer of a device with so many levels and one load state."""

    def write(path: Path, levels: int) -> Path:
        DeviceModel(
            name="desk",
            source="a test",
            overhead_ms=6.0,
            detector_ms=5.0,
            level_ms=(8.0, 4.0, 3.0)[:levels],
            states=(LoadState("quiet", 10.0, (0.0,), tuple(1 + share for share in QUANTILES)),),
            easy_percent=(0.0, 2.0, 3.0)[:levels],
            hard_percent=(0.0, 9.0, 12.0)[:levels],
            difficulty_mean=0.3,
            difficulty_std=0.2,
            difficulty_mean_s=10.0,
        ).write(path)
        return path

    return write


@pytest.fixture
def write_swept_trace() -> Callable[..., Path]:
    """Give a writer of a trace as a sweep over the points of the package's bank under a load leaves it."""

    def write(path: Path, seconds: float = 80.0, loaded: float = 2.0, skip: int | None = None) -> Path:
        bank = read_manifest(default_bank())
        levels = [point.level for point in bank.points if point.level != skip]
        return write_loaded_trace(
            path,
            seconds,
            level_at=lambda stamp_s: levels[int(stamp_s / 3) % len(levels)],
            network_ms=lambda level: 5 - level,
            loaded=loaded,
            sparsities=[level.sparsity for level in bank.levels],
        )

    return write


@pytest.fixture
def without_training_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the import of what trains fail, as it does where PyTorch is not installed."""
    whole = builtins.__import__

    def without(name, *more, **others):
        if name == "hand_tracking_dsp.rl.training.train":
            msg = "No module named 'torch'"
            raise ImportError(msg)
        return whole(name, *more, **others)

    monkeypatch.setattr(builtins, "__import__", without)
