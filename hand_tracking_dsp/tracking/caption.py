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

"""Text written into a picture beside its hands: one wording for the overlay and for videos."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caption:
    """Cost of a frame and charge of the battery; NaN: not known.

    Attributes:
        level: Sparsity level that ran; 0 = dense.
        total_ms: From taking the image to the hands, milliseconds.
        end_to_end_ms: From the image's stamp to the publishing of the hands, milliseconds.
        charge: State of charge, 0 to 1.
        battery_simulated: Nobody measured that charge.
        sparsity: Share of the dense network's parameters removed at the level, 0 to 1.
        drift: Distance of the landmarks from the dense level's when it was last known, % of palm size.
        drift_estimated: Whether that is what the level says of itself, not measured.
    """

    level: int
    total_ms: float
    end_to_end_ms: float = math.nan
    charge: float = math.nan
    battery_simulated: bool = False
    sparsity: float = math.nan
    drift: float = math.nan
    drift_estimated: bool = False

    def __str__(self) -> str:
        """Put it into lines of ASCII; a sparsity or drift that is not known is left out."""
        known = not math.isnan(self.sparsity)
        level = f"level {self.level}" + (f"   sparsity {100 * self.sparsity:.0f} %" if known else "")
        latency = f"latency {_shown(self.total_ms, '.1f')} ms"
        lines = [level, f"{latency}   end to end {_shown(self.end_to_end_ms, '.1f')} ms", self._battery()]
        if not math.isnan(self.drift):
            estimated = " (estimated)" if self.drift_estimated else ""
            lines.append(f"drift {self.drift:.1f} % of palm size{estimated}")
        return "\n".join(lines)

    def _battery(self) -> str:
        if math.isnan(self.charge):
            return "battery ?"
        return f"battery {100 * self.charge:.0f} %{' (simulated)' if self.battery_simulated else ''}"


def _shown(value: float, form: str) -> str:
    return "?" if math.isnan(value) else format(value, form)
