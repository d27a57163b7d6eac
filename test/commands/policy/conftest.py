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

"""Devices on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hand_tracking_dsp.rl.simulation.device import QUANTILES, DeviceModel, LoadState


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
