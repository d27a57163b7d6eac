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

"""Fits the estimate of how far composed networks are off to compositions that were measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.tracking.composition.surrogate import LEAST_PERCENT, Doubles, Surrogate, reached

_LINEAR_RIDGE = 1.0
_RIDGES = (1e-4, 1e-3, 1e-2, 1e-1)
_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
_FOLDS = 5


def fit_surrogate(choices: Sequence[Sequence[int]], deviations: Doubles, seed: int = 0) -> Surrogate:
    """Fit the estimate.

    The kernel's width and the ridge are those that do best on a fifth of the compositions at a time.

    Args:
        choices: Compositions [n, b], each a place in INTENSITIES for each block.
        deviations: float64 [n, s]: measured, % of palm size.
        seed: Seed of the folds.
    """
    centres, values = np.asarray(choices, np.uint8), np.log(deviations + LEAST_PERCENT)
    folds = np.random.default_rng(seed).permutation(len(values)) % _FOLDS

    def squared_error(width: float, ridge: float) -> float:
        total = 0.0
        for fold in range(_FOLDS):
            fitted = _fitted(centres[folds != fold], values[folds != fold], width, ridge)
            found = np.log(fitted.deviation_percent(centres[folds == fold]) + LEAST_PERCENT)
            total += float(((found - values[folds == fold]) ** 2).sum())
        return total

    tried = {(width, ridge): squared_error(width, ridge) for width in _WIDTHS for ridge in _RIDGES}
    width, ridge = min(tried, key=tried.__getitem__)
    return _fitted(centres, values, width, ridge)


def r_squared(found: Doubles, expected: Doubles) -> Doubles:
    """Return the share of the variance of log-deviations that estimates explain, by scene: [s] of [n, s]."""
    ours, theirs = np.log(found + LEAST_PERCENT), np.log(expected + LEAST_PERCENT)
    missing = ((ours - theirs) ** 2).sum(axis=0)
    explained: Doubles = 1.0 - missing / ((theirs - theirs.mean(axis=0)) ** 2).sum(axis=0)
    return explained


def _fitted(centres: NDArray[np.uint8], values: Doubles, width: float, ridge: float) -> Surrogate:
    bits = reached(centres)
    means, offset = bits.mean(axis=0), values.mean(axis=0)
    centred = bits - means
    products = centred.T @ centred + _LINEAR_RIDGE * np.eye(bits.shape[1])
    linear: Doubles = np.linalg.solve(products, centred.T @ (values - offset))
    # A block counts by what it does on average over the scenes.
    scales: Doubles = width * np.sqrt(np.abs(linear).mean(axis=1))
    empty = np.zeros((len(centres), values.shape[1]))
    found = Surrogate(offset - means @ linear, linear, scales, centres, empty)
    kernel = found.kernel(centres).astype(np.float64)
    rest: Doubles = values - found.offset - bits @ linear
    coefficients = np.linalg.solve(kernel + ridge * np.eye(len(kernel)), rest).astype(np.float64)
    return Surrogate(found.offset, linear, scales, centres, coefficients)
