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

"""Agreement of networks with the dense one on crops that nothing is learned from."""

from __future__ import annotations

from hand_tracking_dsp.compression.bank.deviation import deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.entries import new_accuracy
from hand_tracking_dsp.compression.data.crops import Crops, data_name
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.network_info import Accuracy


class HeldBackCrops:
    """Crops held back from learning, and the dense network's predictions of them."""

    def __init__(self, crops: Crops, dense: Session, seed: int) -> None:
        """Run the dense network on crops of one data set or more, which were chosen by a seed."""
        self.crops = crops
        self._expected = predict(dense, crops.images)
        by_source = (
            [i for i, name in enumerate(crops.sources) if name == source]
            for source in sorted(set(crops.sources))
        )
        self._data_sets = {
            data_name(crops.subset(indices), seed): indices for indices in [[*range(len(crops))], *by_source]
        }

    def deviations(self, network: Session) -> dict[str, float]:
        """Measure a network's mean deviation from the dense one.

        Returns:
            % of palm size: over all data sets, then of each, by its name in bank.json.
        """
        values = deviation_palm_percent(predict(network, self.crops.images), self._expected)
        return {name: float(values[indices].mean()) for name, indices in self._data_sets.items()}

    def accuracy(self, network: Session) -> tuple[Accuracy, ...]:
        """Measure the same, as bank.json has it."""
        return tuple(
            new_accuracy(name, value, len(self._data_sets[name]), network.provider)
            for name, value in self.deviations(network).items()
        )
