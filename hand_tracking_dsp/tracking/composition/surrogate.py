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


def reached(choices: Sequence[Sequence[int]] | Array) -> Doubles:
    """Return which intensities the blocks have reached, 0 or 1: [n, blocks * 4] of choices [n, blocks]."""
    places = np.arange(1, len(INTENSITIES))
    bits: Doubles = (np.asarray(choices)[:, :, None] >= places).reshape(len(choices), -1).astype(np.float64)
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
    _theirs: Doubles = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the centres for the kernel."""
        object.__setattr__(self, "_theirs", reached(self.centres) * self.scales)

    def deviation_percent(self, choices: Sequence[Sequence[int]] | Array) -> Doubles:
        """Estimate the mean deviation from the dense network, % of palm size: [n, s] of choices [n, b]."""
        bits = reached(choices)
        values = self.offset + bits @ self.linear + self.kernel(bits) @ self.coefficients
        found: Doubles = np.maximum(np.exp(values) - LEAST_PERCENT, 0.0)
        return found

    def kernel(self, bits: Doubles) -> Doubles:
        """Return the kernel between choices, as `reached` has them, and the centres, [m, n]."""
        ours, theirs = bits * self.scales, self._theirs
        squares = (ours**2).sum(axis=1)[:, None] + (theirs**2).sum(axis=1) - 2.0 * ours @ theirs.T
        kernel: Doubles = np.exp(-np.maximum(squares, 0.0))
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
            centres = arrays["centres"].astype(np.uint8)
            count = len(centres)
            shapes = {
                "offset": (scenes,),
                "linear": (bits, scenes),
                "scales": (bits,),
                "centres": (count, blocks),
                "coefficients": (count, scenes),
            }
            for name, shape in shapes.items():
                if arrays[name].shape != shape:
                    msg = f"the estimate's {name} have the shape {arrays[name].shape}, not {shape}"
                    raise ModelError(msg)
        except KeyError as error:
            msg = f"the estimate's {error} are missing"
            raise ModelError(msg) from error
        numbers = {name: arrays[name].astype(np.float64) for name in shapes if name != "centres"}
        return cls(centres=centres, **numbers)
