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

"""Energy of a machine over a while, by the sensors that measure power."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.factory import open_power_source
from hand_tracking_dsp.power.power_source import PowerSource

ENERGY_KINDS = ("auto", "ina3221", "rapl", "nvml", "estimate")
"""Sources of energy; estimate: none is read."""


class EnergyMeter:
    """Integrates a source's power over time; each reading holds for the time since the one before.

    Args:
        source: Source of power readings.
        clock: Function that gives the time in seconds.
    """

    def __init__(self, source: PowerSource, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = source.name
        self._source = source
        self._clock = clock
        self._last_s = math.nan
        self._joules = math.nan

    def start(self) -> None:
        """Begin anew.

        Raises:
            SourceError: The device has vanished.
        """
        self._joules = self._last_s = math.nan
        self.sample()

    def sample(self) -> None:
        """Read the source, some times a second.

        Raises:
            SourceError: The device has vanished.
        """
        watts = self._source.read().power_w
        now_s = self._clock()
        spent_j = watts * (now_s - self._last_s)
        if math.isfinite(spent_j):
            self._joules = spent_j + (0.0 if math.isnan(self._joules) else self._joules)
        self._last_s = now_s

    @property
    def joules(self) -> float:
        """Energy since the start, joules; NaN while nothing was measured."""
        return self._joules


def open_energy_meter(kind: str = "auto", root: Path = Path("/")) -> EnergyMeter | None:
    """Open what measures this machine's energy.

    Args:
        kind: One of ENERGY_KINDS; auto: the module's rails (ina3221), else the processor's counters (rapl). A
            card's power (nvml) says nothing where the networks run on the processor, so that it is never
            chosen by itself.
        root: Where the file system begins; another than / for tests.

    Returns:
        The meter; None: there is none, or an estimate is asked for.

    Raises:
        SourceError: There is no such device on this machine.
    """
    if kind == "estimate":
        return None
    if kind != "auto":
        return EnergyMeter(open_power_source(kind, root=root))
    for name in ("ina3221", "rapl"):
        try:
            return EnergyMeter(open_power_source(name, root=root))
        except SourceError:
            continue
    return None
