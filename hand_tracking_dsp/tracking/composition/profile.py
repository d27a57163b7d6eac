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

"""Costs and deviations of all networks that can be composed, known without composing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.block_set import Array, BlockSet
from hand_tracking_dsp.tracking.composition.surrogate import SCENES, Doubles, Surrogate
from hand_tracking_dsp.tracking.network_info import NetworkInfo

BLOCK_PRECISIONS = ("fp32", "int8")
"""Precisions that blocks can be made in."""


@dataclass(frozen=True, slots=True, eq=False)
class CompositionProfile:
    """Costs of each block at each intensity, and deviations of compositions; [b, 5] is by block, INTENSITIES.

    Attributes:
        names: Names of the blocks.
        macs: float64 [b, 5]: share of the dense network's multiplications that the network is spared.
        parameters: float64 [b, 5]: share of its parameters likewise.
        time: float64 [b, 5]: share of its time likewise, measured on some device.
        surrogate: Estimate of deviations.
        levels: float64 [levels, SCENES]: deviations of the bank's levels on the same hands, % of palm size.
    """

    names: tuple[str, ...]
    macs: Doubles
    parameters: Doubles
    time: Doubles
    surrogate: Surrogate
    levels: Doubles

    @classmethod
    def of(cls, blocks: BlockSet, dense: NetworkInfo) -> CompositionProfile:
        """Take the profile that a blocks file of a dense network holds.

        Raises:
            ModelError: The file holds none.
        """
        measured = blocks.measured()
        if not measured:
            msg = "Nothing was measured of these blocks' compositions: run models compositions."
            raise ModelError(msg)
        spared = np.array(
            [[(width.macs, width.parameters) for width in block.widths] for block in blocks.blocks]
        )
        shares = spared / np.array([dense.macs, dense.parameters])
        names = tuple(block.name for block in blocks.blocks)
        time = measured.get("time", np.empty(0)).astype(np.float64)
        if time.shape != shares.shape[:2]:
            msg = f"The times of the blocks have the shape {time.shape}, not {shares.shape[:2]}."
            raise ModelError(msg)
        levels = measured.get("levels", np.empty(0)).astype(np.float64)
        if levels.ndim != 2 or levels.shape[1] != len(SCENES):
            msg = "Nothing was measured of the bank's levels with these blocks: run models compositions."
            raise ModelError(msg)
        costs = np.stack([shares[..., 0], shares[..., 1], time])
        if not np.isfinite(costs).all() or (costs.max(axis=2).sum(axis=1) >= 1.0).any() or costs.min() < -1:
            msg = (
                "Multiplications, parameters or times of the blocks are more than their network's, or far "
                "below 0: make them again, with models blocks and models compositions."
            )
            raise ModelError(msg)
        surrogate = Surrogate.of(measured, len(names))
        return cls(names, shares[..., 0], shares[..., 1], time, surrogate, levels)

    def left(self, spared: Doubles, choices: Sequence[Sequence[int]] | Array) -> Doubles:
        """Return the share of a cost, such as `macs`, that is left, [n], of choices [n, b]."""
        places = np.asarray(choices)
        found: Doubles = 1.0 - spared[np.arange(len(self.names)), places].sum(axis=1)
        return found
