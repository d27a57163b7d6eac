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

"""The computer's power, estimated from what the networks multiply; labelled so wherever it is seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.power.power_source import PowerReading
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.manifest import read_manifest


@dataclass(frozen=True, slots=True)
class MacEstimateOptions:
    """Inputs of the estimate.

    The energy is an order of magnitude, to be set from a meter: watts with tracking minus watts without,
    by the multiply-accumulates a second. The default is 10 billion of them a second and watt: a survey of
    processors sees their limit at 10 to 30 GMAC/W, which is 100 to 33 pJ (Degnan, Marr and Hasler, "Assessing
    Trends in Performance per Watt for Signal Processing Applications", IEEE Transactions on VLSI Systems).
    Of that the arithmetic is some 5 pJ in 32-bit floats at 45 nm (Horowitz, "Computing's Energy Problem",
    ISSCC 2014), the rest instructions and memory traffic; a small computer may well need more.

    Attributes:
        bank_folder: Folder of the tracker's level bank; the package's own if None.
    """

    base_w: float = option(2.0, "Power of the computer while no network runs.", "W", 0, 1e4)
    picojoules_per_mac: float = option(
        100.0,
        "Energy of one multiply-accumulate with its memory traffic, an order of magnitude: set it from a "
        "meter.",
        "pJ",
        0,
        1e6,
    )
    detector: str = option("", "The tracker's palm detector, by name; empty: the bank's first.")
    bank_folder: Path | None = None

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class MacEstimate:
    """Computes the mean power since the reading before from the frames that were counted.

    Raises:
        ConfigurationError: The package's own bank is meant and not installed.
        ModelError: The bank cannot be read, or has no such detector.
    """

    def __init__(self, options: MacEstimateOptions, clock: Callable[[], float] = time.monotonic) -> None:
        manifest = read_manifest(options.bank_folder or default_bank())
        self.name = f"estimate from MACs (bank {manifest.name})"
        self.simulated = True
        self.bad_values = 0
        self._level_macs = tuple(level.macs for level in manifest.levels)
        self._detector_macs = manifest.detector(options.detector).macs
        self._options = options
        self._clock = clock
        self._last_s = clock()
        self._macs = 0
        self._power_w = options.base_w

    def count_frame(self, level: int, hands: int, *, detector_ran: bool) -> None:
        """Add what the tracker computed for a frame.

        Args:
            level: That it ran at, at least 0; beyond the bank's levels the sparsest counts.
            hands: That were measured, at least 0: the landmark network ran once for each.
            detector_ran: Whether the palm detector ran, too.
        """
        self._macs += hands * self._level_macs[min(level, len(self._level_macs) - 1)]
        self._macs += self._detector_macs if detector_ran else 0

    def read(self) -> PowerReading:
        """Compute the mean power since the reading before; there is no battery."""
        now_s = self._clock()
        if (elapsed_s := now_s - self._last_s) > 0.0:
            joules = self._macs * self._options.picojoules_per_mac * 1e-12
            self._power_w = self._options.base_w + joules / elapsed_s
            self._macs = 0
            self._last_s = now_s
        return PowerReading(self.name, simulated=True, power_w=self._power_w)
