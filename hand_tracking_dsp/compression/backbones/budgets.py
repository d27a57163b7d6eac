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

"""Budgets of a network's parameters and operations, and uniform pruning that meets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.compression.backbones.layers import WIDTH_STEP, PrunableNetwork

_SHARES_TRIED = 201


@dataclass(frozen=True, slots=True)
class PruningBudgets:
    """Sizes that a pruned network has to meet, the same for every method.

    Attributes:
        sparsity: Share of the parameters that leaves at least, above 0 and below 1.
        macs: Share of the multiply-accumulate operations that is left at most, above 0; 1: any.
    """

    sparsity: float
    macs: float = 1.0

    def met(self, network: PrunableNetwork, shares: Sequence[float]) -> float:
        """Return how far pruning gets by the budget that is met least: 0: nothing is pruned; 1: both are met.

        Args:
            network: The dense network.
            shares: Share of each layer's channels that is pruned, 0 to 1.
        """
        left = network.size_of(shares)
        sparsity = (1 - left.parameters / network.size.parameters) / self.sparsity
        if self.macs == 1:
            return sparsity
        return min(sparsity, (1 - left.macs / network.size.macs) / (1 - self.macs))


def uniform_shares(network: PrunableNetwork, budgets: PruningBudgets) -> tuple[float, ...]:
    """Return shares that prune all layers alike, but for the rounding of widths, as far as budgets ask.

    What rounding adds to a layer is taken from the next ones, so that budgets are nearly met.

    Args:
        network: The network.
        budgets: Budgets; the one that asks for more counts.
    """
    plans = [_alike(network, share) for share in np.linspace(0, 1, _SHARES_TRIED)]
    return min(plans, key=lambda plan: abs(budgets.met(network, plan) - 1))


def _alike(network: PrunableNetwork, share: float) -> tuple[float, ...]:
    """Give every layer a share that rounding does not change, and the whole about the share asked for."""
    found, carried = [], 0.0
    for layer in network.layers:
        channels = len(layer.order)
        removed = layer.removed(min(max(share + carried / channels, 0.0), 1.0))
        # A layer that cannot lose a step passes nothing on.
        if channels > WIDTH_STEP:
            carried += share * channels - removed
        found.append(removed / channels)
    return tuple(found)
