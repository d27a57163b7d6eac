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

"""Resources that a run uses: processor time, energy where a meter can be read, memory, the accelerator."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.frame_worker import peak_memory_bytes
from hand_tracking_dsp.power.accelerator import Accelerator
from hand_tracking_dsp.power.factory import open_power_source
from hand_tracking_dsp.power.power_source import PowerSource

# Of the processor or the board; a battery's gauge is too slow and too coarse for a run.
_METERS = ("rapl", "ina3221", "nvml")
_PERIOD_S = 0.5


@dataclass(frozen=True, slots=True)
class Usage:
    """Resources used between start and end of a run.

    Attributes:
        wall_s: Time that passed, seconds.
        cpu_s: Processor time of this process, all threads, seconds.
        joules: Energy that the meter counted; NaN without one.
        busy: Mean busy share of the accelerator, 0 to 1; NaN where none reports it.
        meter: Name of the meter; "": none.
        memory_mb: The most memory that this process held since it began, 1e6 bytes.
    """

    wall_s: float
    cpu_s: float
    joules: float
    busy: float
    meter: str
    memory_mb: float


class Meter:
    """Counts what is used from its making on; call sample often, it reads twice a second.

    Args:
        open_source: From a kind of power source to the source; another than open_power_source for tests.
    """

    def __init__(self, open_source: Callable[[str], PowerSource] = open_power_source) -> None:
        self._source: PowerSource | None = None
        for kind in _METERS:
            with suppress(SourceError):
                self._source = open_source(kind)
                self._source.read()  # counters report the mean since the reading before
                break
        self._accelerator = Accelerator()
        self._busy: list[float] = []
        self._joules = 0.0
        self._start_s = self._last_s = time.monotonic()
        self._start_cpu_s = time.process_time()

    def sample(self, *, at_once: bool = False) -> None:
        """Read what is due."""
        now_s = time.monotonic()
        elapsed_s = now_s - self._last_s
        if elapsed_s < _PERIOD_S and not at_once:
            return
        self._last_s = now_s
        self._busy.append(self._accelerator.busy(now_s))
        if self._source is not None:
            try:
                self._joules += self._source.read().power_w * elapsed_s
            except SourceError:
                self._source = None

    def usage(self) -> Usage:
        """Return the resources used so far."""
        self.sample(at_once=True)
        busy = [share for share in self._busy if math.isfinite(share)]
        return Usage(
            wall_s=time.monotonic() - self._start_s,
            cpu_s=time.process_time() - self._start_cpu_s,
            joules=self._joules if self._source is not None else math.nan,
            busy=sum(busy) / len(busy) if busy else math.nan,
            meter=self._source.name if self._source is not None else "",
            memory_mb=peak_memory_bytes() / 1e6,
        )
