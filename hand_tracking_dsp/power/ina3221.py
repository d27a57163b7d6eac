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

"""Power rails of a Jetson, measured by its INA3221 chips, found by label.

Two kernels, two layouts: hwmon (JetPack 5 and later; in<n>_label, in<n>_input in mV, curr<n>_input in mA,
n = 1 to 3) and iio (JetPack 4; rail_name_<n>, in_voltage<n>_input in mV, in_current<n>_input in mA,
in_power<n>_input in mW, n = 0 to 2). A Jetson Thor measures its input by an INA238 beside them (hwmon;
in1_input in mV, curr1_input in mA, power1_input in uW; docs.kernel.org/hwmon/ina238.html).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.power_source import NAN, PowerReading
from hand_tracking_dsp.power.sysfs import SysfsReader, SysfsSource

_HWMON = "sys/class/hwmon/hwmon*"
_IIO = "sys/bus/i2c/drivers/ina3221x/*/iio:device*"

_INPUT = "VIN"

TOTAL_LABELS = (_INPUT, "VDD_IN", "POM_5V_IN")
"""Rails that feed the whole module; boards without one (AGX Orin) are the sum of their rails."""


@dataclass(frozen=True, slots=True)
class _Rail:
    label: str
    millivolts: Path
    milliamperes: Path
    power: Path | None = None
    power_unit_w: float = 1e-3


class Ina3221Source(SysfsSource):
    """Reads every labelled rail of all INA3221 chips; power_w is that of the whole module.

    Raises:
        SourceError: There is no such chip, or none of its rails has a label.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        reader = SysfsReader()
        self._rails = _hwmon_rails(root, reader) or _iio_rails(root, reader)
        if self._rails:
            self._rails += _input_rails(root, reader)
        if not self._rails:
            msg = (
                f"There is no INA3221 with a labelled rail under {root / _HWMON} or {root / _IIO}: "
                f"choose another power source."
            )
            raise SourceError(msg)
        labels = [rail.label for rail in self._rails]
        self._total = next((label for label in TOTAL_LABELS if label in labels), "")
        total = f"{_chip_of(self._total)} rail {self._total}"
        name = total if self._total else f"INA3221 rails {' + '.join(labels)}"
        super().__init__(name, reader)

    def read(self) -> PowerReading:
        """Read all rails; there is no battery.

        Raises:
            SourceError: The chip is gone.
        """
        for rail in self._rails:
            if not rail.millivolts.parent.is_dir():
                chip, place = _chip_of(rail.label), rail.millivolts.parent
                msg = f"The {chip} {place} has vanished: open it again when it is back."
                raise SourceError(msg)
        volts = {rail.label: self._reader.number(rail.millivolts, 1e-3) for rail in self._rails}
        rails_w = {rail.label: self._watts(rail, volts[rail.label]) for rail in self._rails}
        return PowerReading(
            self.name,
            power_w=rails_w[self._total] if self._total else sum(rails_w.values()),
            voltage_v=volts.get(self._total, NAN),
            rails_w=rails_w,
        )

    def _watts(self, rail: _Rail, volts: float) -> float:
        """Read a rail's power, or compute it where the chip's driver does not."""
        watts = self._reader.number(rail.power, rail.power_unit_w) if rail.power else NAN
        return volts * self._reader.number(rail.milliamperes, 1e-3) if math.isnan(watts) else watts


def _chip_of(label: str) -> str:
    return "INA238" if label == _INPUT else "INA3221"


def _hwmon_rails(root: Path, reader: SysfsReader) -> list[_Rail]:
    return [
        _Rail(label, chip / f"in{n}_input", chip / f"curr{n}_input")
        for chip in sorted(root.glob(_HWMON))
        if reader.word(chip / "name") == "ina3221"
        for n in (1, 2, 3)
        if _is_rail(label := reader.word(chip / f"in{n}_label"))
    ]


def _input_rails(root: Path, reader: SysfsReader) -> list[_Rail]:
    """Find the module's input; of several INA238 chips nothing says which one that is."""
    chips = [chip for chip in sorted(root.glob(_HWMON)) if reader.word(chip / "name") == "ina238"]
    return [
        _Rail(_INPUT, chip / "in1_input", chip / "curr1_input", chip / "power1_input", 1e-6)
        for chip in chips
        if len(chips) == 1
    ]


def _iio_rails(root: Path, reader: SysfsReader) -> list[_Rail]:
    return [
        _Rail(
            label,
            chip / f"in_voltage{n}_input",
            chip / f"in_current{n}_input",
            chip / f"in_power{n}_input",
        )
        for chip in sorted(root.glob(_IIO))
        for n in (0, 1, 2)
        if _is_rail(label := reader.word(chip / f"rail_name_{n}"))
    ]


def _is_rail(label: str) -> bool:
    """Tell a rail from a channel that is not connected."""
    return label.upper() not in ("", "NC")
