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

"""Load of the machine's GPU, from wherever its driver reports it.

Jetson's GPU (load, per mille, below /sys/devices; the folder's name differs from board to board), amdgpu
(gpu_busy_percent of a graphics card), and NVIDIA's cards through NVML.
"""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.nvml import NvmlSource
from hand_tracking_dsp.power.sysfs import SysfsReader

_JETSON_FOLDERS = ("sys/devices", "sys/devices/platform", "sys/devices/platform/*")
# By name, or by address with "gpu" or the chip: gm20b, gp10b, gv11b, ga10b, gb10b.
_JETSON_NAMES = ("gpu.[0-9]", "*.gpu", "*.g?[12]?b")
_CARDS = "sys/class/drm/card*/device/gpu_busy_percent"


class Accelerator:
    """Reads the busy share of the busiest accelerator, seldom enough to cost next to nothing."""

    def __init__(self, root: Path = Path("/"), period_s: float = 1.0) -> None:
        self._period_s = period_s
        self._reader = SysfsReader()
        loads = {
            path.resolve()
            for folder in _JETSON_FOLDERS
            for name in _JETSON_NAMES
            for path in root.glob(f"{folder}/{name}/load")
        }
        self._files = [(path, 1e-3) for path in sorted(loads)]
        self._files += [(path, 1e-2) for path in sorted(root.glob(_CARDS))]
        self._nvml: NvmlSource | None = None
        # A machine without NVIDIA's cards is nothing to complain about.
        with suppress(SourceError):
            self._nvml = NvmlSource()
        self._busy = math.nan
        self._read_s = -math.inf

    def busy(self, now_s: float) -> float:
        """Return the busy share, 0 to 1, at most a period old; NaN where no driver reports it."""
        if now_s - self._read_s >= self._period_s:
            self._read_s = now_s
            self._busy = self._read()
        return self._busy

    def _read(self) -> float:
        shares = [self._reader.number(path, scale) for path, scale in self._files]
        if self._nvml is not None:
            shares += self._nvml.busy()
        known = [share for share in shares if not math.isnan(share)]
        return min(max(0.0, *known), 1.0) if known else math.nan
