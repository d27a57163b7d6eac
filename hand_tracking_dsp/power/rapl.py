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

"""Power of an Intel or AMD processor, from the energy counters that Linux shows as powercap zones.

Linux, Documentation/power/powercap: /sys/class/powercap/intel-rapl:<zone>[:<subzone>] with name, energy_uj
(microjoules since some time, back to 0 beyond max_energy_range_uj). The driver serves AMD processors, too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.power_source import NAN, PowerReading
from hand_tracking_dsp.power.sysfs import SysfsReader, SysfsSource

_GLOB = "sys/class/powercap/intel-rapl:*"
_PLATFORM = "psys"


@dataclass(slots=True)
class _Zone:
    label: str
    energy: Path
    range_j: float
    counts: bool
    last_j: float = NAN


class RaplSource(SysfsSource):
    """Reads every zone; power_w is the whole platform's, else that of the packages and their memory.

    A reading is the mean since the one before, so that the first one has no watts.

    Raises:
        SourceError: The kernel shows no such zone, or this user may not read its counter.
    """

    def __init__(self, root: Path = Path("/"), clock: Callable[[], float] = time.monotonic) -> None:
        reader = SysfsReader()
        self._clock = clock
        self._last_s = NAN
        self._zones = _zones(root, reader)
        counted = [zone.label for zone in self._zones if zone.counts]
        super().__init__(f"RAPL {' + '.join(counted)}", reader)

    def read(self) -> PowerReading:
        """Read all counters; there is no battery.

        Raises:
            SourceError: The zones are gone.
        """
        now_s = self._clock()
        elapsed_s = (now_s - self._last_s) or NAN
        rails_w = {}
        for zone in self._zones:
            if not zone.energy.exists():
                msg = f"The energy counter {zone.energy} has vanished: open it again when it is back."
                raise SourceError(msg)
            energy_j = self._reader.number(zone.energy, 1e-6)
            spent_j = energy_j - zone.last_j
            # The counter wraps around at its range.
            rails_w[zone.label] = (spent_j if not spent_j < 0 else spent_j + zone.range_j) / elapsed_s
            zone.last_j = energy_j
        self._last_s = now_s
        total_w = sum(rails_w[zone.label] for zone in self._zones if zone.counts)
        return PowerReading(self.name, power_w=total_w, rails_w=rails_w)


def _zones(root: Path, reader: SysfsReader) -> list[_Zone]:
    folders = [folder for folder in sorted(root.glob(_GLOB)) if (folder / "energy_uj").exists()]
    if not folders:
        msg = f"There is no energy counter under {root / _GLOB}: choose another power source."
        raise SourceError(msg)
    for folder in folders:
        if not os.access(folder / "energy_uj", os.R_OK):
            msg = (
                f"The energy counter {folder / 'energy_uj'} may only be read by root: let the node's "
                f"user read it, for example by a udev rule, or choose another power source."
            )
            raise SourceError(msg)
    names = {folder: reader.word(folder / "name") or folder.name for folder in folders}
    platform = _PLATFORM in names.values()
    return [_zone(folder, names, reader, platform=platform) for folder in folders]


def _zone(folder: Path, names: dict[Path, str], reader: SysfsReader, *, platform: bool) -> _Zone:
    """Describe a zone; a part of a package is named after it."""
    parent = folder.with_name(folder.name.rpartition(":")[0])
    name, part = names[folder], parent in names
    # Memory is no part of the package's own counter, cores and graphics are.
    counts = name == _PLATFORM if platform else not part or name == "dram"
    return _Zone(
        f"{names[parent]} {name}" if part else name,
        folder / "energy_uj",
        reader.number(folder / "max_energy_range_uj", 1e-6),
        counts,
    )
