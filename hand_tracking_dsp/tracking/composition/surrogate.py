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

"""Estimate of how far a composed network is off, by kind of scene, without composing it.

The logarithm of the deviation is a linear function of which intensity each block has reached, plus a Gaussian
kernel over the compositions that were measured, in which a block counts by what it does (kernel ridge
regression, Saunders et al., ICML 1998).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, Array

SCENES = ("plain", "blurred", "dark", "occluded")
"""Kinds of scenes that deviations are known of."""

LEAST_PERCENT = 0.3
"""Deviation below which nothing counts, % of palm size; added before the logarithm is taken."""

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

# Which intensities a block has reached at each of them.
_BITS = np.arange(len(INTENSITIES))[:, None] >= np.arange(1, len(INTENSITIES))


def reached(choices: Sequence[Sequence[int]] | Array) -> Doubles:
    """Return which intensities the blocks have reached, 0 or 1: [n, blocks * 4] of choices [n, blocks]."""
    bits: Doubles = _BITS[np.asarray(choices)].reshape(len(choices), -1).astype(np.float64)
    return bits


@dataclass(frozen=True, slots=True, eq=False)
class Surrogate:
    """The estimate; shapes are by n measured compositions, b blocks and s SCENES.

    Attributes:
        offset: float64 [s].
        linear: float64 [4 b, s]: effect of each intensity that a block has reached.
        scales: float64 [4 b]: how much each counts in the kernel.
        centres: uint8 [n, b]: choices that were measured.
        coefficients: float64 [n, s]: their coefficients.
    """

    offset: Doubles
    linear: Doubles
    scales: Doubles
    centres: NDArray[np.uint8]
    coefficients: Doubles
    _squares: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the squared distance of a block at each intensity from that of the centres, [b, 5, n]."""
        bits = _BITS[:, None, :] != _BITS[self.centres.T[:, None]]
        scales = self.scales.reshape(-1, 1, 1, _BITS.shape[1])
        squares = np.square(bits * scales).sum(axis=3).astype(np.float32)
        object.__setattr__(self, "_squares", squares)

    def deviation_percent(self, choices: Sequence[Sequence[int]] | Array) -> Doubles:
        """Estimate the mean deviation from the dense network, % of palm size: [n, s] of choices [n, b]."""
        # Not by BLAS, which would wake a thread on every core of the robot.
        effects = np.einsum("nb,bs->ns", reached(choices), self.linear)
        corrections = np.einsum("mn,ns->ms", self.kernel(choices), self.coefficients.astype(np.float32))
        found: Doubles = np.maximum(np.exp(self.offset + effects + corrections) - LEAST_PERCENT, 0.0)
        return found

    def kernel(self, choices: Sequence[Sequence[int]] | Array) -> Floats:
        """Return the kernel between choices [m, b] and the centres, [m, n]."""
        places = np.asarray(choices)
        squares = self._squares[0, places[:, 0]]
        for block in range(1, places.shape[1]):
            squares += self._squares[block, places[:, block]]
        kernel: Floats = np.exp(-squares)
        return kernel

    def arrays(self) -> dict[str, Array]:
        """Return what a file holds of it, by name."""
        return {
            "offset": self.offset.astype(np.float32),
            "linear": self.linear.astype(np.float32),
            "scales": self.scales.astype(np.float32),
            "centres": self.centres,
            "coefficients": self.coefficients.astype(np.float32),
        }

    @classmethod
    def of(cls, arrays: Mapping[str, Array], blocks: int) -> Surrogate:
        """Read it from what a file holds, for so many blocks.

        Raises:
            ModelError: Something is missing, or does not fit.
        """
        bits, scenes = blocks * (len(INTENSITIES) - 1), len(SCENES)
        try:
            centres = arrays["centres"]
            count = len(centres) if centres.ndim else 0
            shapes = {
                "offset": (scenes,),
                "linear": (bits, scenes),
                "scales": (bits,),
                "centres": (count, blocks),
                "coefficients": (count, scenes),
            }
            for name, shape in shapes.items():
                if arrays[name].shape != shape:
                    msg = (
                        f"The estimate's {name} in the blocks' file have the shape {arrays[name].shape}, not "
                        f"{shape}: run models compositions."
                    )
                    raise ModelError(msg)
        except KeyError as error:
            msg = f"The blocks' file lacks {error} of the estimate: run models compositions."
            raise ModelError(msg) from error
        if not np.isin(centres, np.arange(len(INTENSITIES))).all():
            msg = (
                f"The estimate's centres in the blocks' file are not all places from 0 to "
                f"{len(INTENSITIES) - 1}: run models compositions."
            )
            raise ModelError(msg)
        numbers = {name: arrays[name].astype(np.float64) for name in shapes if name != "centres"}
        return cls(centres=centres.astype(np.uint8), **numbers)
