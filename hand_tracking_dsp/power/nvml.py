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

"""Power and load of NVIDIA's cards, reported by the driver's library through NVIDIA's binding (nvidia-ml-py).

Jetsons have no NVML power reading: their rails are read from the INA3221.
"""

from __future__ import annotations

import math

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.power.power_source import NAN, PowerReading


class NvmlSource:
    """Reads every card; power_w is their sum.

    Raises:
        SourceError: The binding or the driver is missing, or there is no card.
    """

    def __init__(self) -> None:
        try:
            import pynvml
        except ImportError as error:
            msg = "NVIDIA's cards cannot be read without nvidia-ml-py: run pip install nvidia-ml-py."
            raise SourceError(msg) from error
        self._nvml = pynvml
        try:
            pynvml.nvmlInit()
            self._cards = [
                pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())
            ]
            names = [_text(pynvml.nvmlDeviceGetName(card)) for card in self._cards]
        except pynvml.NVMLError as error:
            msg = f"NVIDIA's driver gives no access to a card ({error}): choose another power source."
            raise SourceError(msg) from error
        if not names:
            msg = "NVIDIA's driver knows no card: choose another power source."
            raise SourceError(msg)
        self._labels = [f"{name} #{index}" for index, name in enumerate(names)]
        self.name = f"NVML {' + '.join(self._labels)}"
        self.simulated = False
        self.bad_values = 0

    def read(self) -> PowerReading:
        """Read all cards; there is no battery.

        Raises:
            SourceError: A card is gone.
        """
        watts = [self._watts(card) for card in self._cards]
        self.bad_values += sum(map(math.isnan, watts))
        return PowerReading(
            self.name, power_w=sum(watts), rails_w=dict(zip(self._labels, watts, strict=True))
        )

    def busy(self) -> list[float]:
        """Read how busy each card is, 0 to 1; NaN where it reports none or is gone."""
        return [self._busy(card) for card in self._cards]

    def _busy(self, card: object) -> float:
        try:
            return float(self._nvml.nvmlDeviceGetUtilizationRates(card).gpu) * 1e-2
        except self._nvml.NVMLError:
            return NAN

    def _watts(self, card: object) -> float:
        """Read a card; NaN where its model reports none."""
        try:
            return float(self._nvml.nvmlDeviceGetPowerUsage(card)) * 1e-3
        except self._nvml.NVMLError_NotSupported:
            return NAN
        except self._nvml.NVMLError as error:
            msg = f"{self.name} cannot be read any more ({error}): open it again when it is back."
            raise SourceError(msg) from error


def _text(name: str | bytes) -> str:
    """Older versions of the binding give bytes."""
    return name.decode() if isinstance(name, bytes) else name
