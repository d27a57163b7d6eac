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

"""Least squares: the hidden channels that a linear layer can do without, and new weights of the others.

With H the hidden activations and Y what the layer should give, min |Y - H W|^2 + r |W - W0|^2 is solved
from H'H and H'Y alone. Without channel j the smallest error rises by |W_j|^2 / P_jj, P = (H'H + rI)^-1:
the optimal brain surgeon (Hassibi and Stork, 1993) with the layer's own error, exact for a linear layer.
Channels leave one at a time, and P and W follow by a rank-one update.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.blocks import Mask

Doubles = NDArray[np.float64]

RIDGE = 1e-3
"""Strength of the ridge where none was chosen, in shares of the activations' mean variance."""

RIDGES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2)
"""Strengths that are tried."""


@dataclass(slots=True)
class Moments:
    """Sums over samples of hidden activations and of what should come of them.

    Attributes:
        count: Number of samples.
        hidden: Sum of the activations, [n].
        target: Sum of the targets, [m].
        hh: Sum of the products of activations, [n, n].
        hy: Sum of the products of activations and targets, [n, m].
        yy: Sum of the squares of the targets, [m].
    """

    hidden: Doubles
    target: Doubles
    hh: Doubles
    hy: Doubles
    yy: Doubles
    count: int = field(default=0)

    @classmethod
    def empty(cls, channels: int, outputs: int) -> Moments:
        """Begin with no sample."""
        return cls(
            hidden=np.zeros(channels),
            target=np.zeros(outputs),
            hh=np.zeros((channels, channels)),
            hy=np.zeros((channels, outputs)),
            yy=np.zeros(outputs),
        )

    def add(self, hidden: NDArray[np.float32], target: NDArray[np.float32]) -> None:
        """Add samples: activations, float32 [samples, n], and targets, float32 [samples, m]."""
        self.count += len(hidden)
        self.hidden += hidden.sum(axis=0, dtype=np.float64)
        self.target += target.sum(axis=0, dtype=np.float64)
        # A batch is small: single precision costs nothing that the sum in double precision keeps.
        self.hh += hidden.T @ hidden
        self.hy += hidden.T @ target
        self.yy += np.square(target).sum(axis=0, dtype=np.float64)

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.hidden + other.hidden,
            self.target + other.target,
            self.hh + other.hh,
            self.hy + other.hy,
            self.yy + other.yy,
            self.count + other.count,
        )

    def scaled(self, factors: Doubles) -> Moments:
        """Return the moments with each target multiplied by a factor, [m]."""
        return Moments(
            self.hidden,
            self.target * factors,
            self.hh,
            self.hy * factors,
            self.yy * factors**2,
            self.count,
        )

    def centred(self) -> tuple[Doubles, Doubles]:
        """Return the covariances [n, n] and [n, m], which leave the bias out of the equations."""
        means = self.hidden / self.count
        return (
            self.hh / self.count - np.outer(means, means),
            self.hy / self.count - np.outer(means, self.target / self.count),
        )

    def bias(self, matrix: Doubles) -> Doubles:
        """Return the best bias [m] for weights [n, m]."""
        best: Doubles = (self.target - self.hidden @ matrix) / self.count
        return best

    def variance(self) -> Doubles:
        """Return each output's variance [m]."""
        spread: Doubles = self.yy / self.count - (self.target / self.count) ** 2
        return spread

    def error(self, matrix: Doubles, bias: Doubles) -> Doubles:
        """Return each output's mean squared error [m]."""
        fit = np.einsum("ij,ij->j", matrix, self.hh @ matrix)
        cross = np.einsum("ij,ij->j", matrix, self.hy)
        offset = 2 * bias * (self.hidden @ matrix - self.target)
        total: Doubles = (self.yy + fit - 2 * cross + offset) / self.count + bias**2
        return total


def solve(moments: Moments, prior: NDArray[Any], keep: Mask, ridge: float = RIDGE) -> tuple[Doubles, Doubles]:
    """Find the weights with which the kept channels come closest to the target.

    Args:
        moments: Moments of the samples.
        prior: float [n, m], the weights to stay near to.
        keep: bool [n], at least one.
        ridge: Strength of the pull towards prior, a share of the activations' mean variance, above 0.

    Returns:
        (weights float64 [n, m], 0 where a channel is not kept; biases float64 [m]).
    """
    covariance, cross = moments.centred()
    strength = _strength(covariance, ridge)
    kept = np.flatnonzero(keep)
    system = covariance[np.ix_(kept, kept)] + strength * np.eye(len(kept))
    matrix = np.zeros(prior.shape)
    matrix[kept] = np.linalg.solve(system, cross[kept] + strength * prior[kept])
    return matrix, moments.bias(matrix)


def eliminate(
    moments: Moments, prior: NDArray[Any], weights: Doubles, ridge: float = RIDGE
) -> tuple[NDArray[np.int64], Doubles]:
    """Let the channels leave one by one, always the one whose leaving raises the error least.

    Args:
        moments: Moments of the samples.
        prior: float [n, m], as in solve.
        weights: float64 [m], weight of the squared error of each output.
        ridge: Strength as in solve.

    Returns:
        (channels int64 [n], in the order in which they leave; float64 [n], by how much the weighted
        squared error of a sample rose each time).
    """
    covariance, cross = moments.centred()
    strength = _strength(covariance, ridge)
    inverse = np.linalg.inv(covariance + strength * np.eye(len(covariance)))
    matrix = inverse @ (cross + strength * prior)
    left = np.arange(len(covariance))
    order: list[int] = []
    rises: list[float] = []
    while len(left):
        # Rows of channels that left are zero until a sixteenth has; taking each out at once costs more.
        gone = np.zeros(len(left), dtype=bool)
        for _ in range(-(-len(left) // 16)):
            rise = (matrix**2 @ weights) / np.where(gone, 1.0, np.diagonal(inverse))
            j = int(np.argmin(np.where(gone, np.inf, rise)))
            gone[j] = True
            order.append(int(left[j]))
            rises.append(float(rise[j]))
            column = inverse[:, j] / inverse[j, j]
            matrix -= np.outer(column, matrix[j])
            inverse -= np.outer(column, inverse[j])
        left, matrix, inverse = left[~gone], matrix[~gone], inverse[np.ix_(~gone, ~gone)]
    return np.array(order, dtype=np.int64), np.array(rises)


def best_ridge(fit: Moments, check: Moments, prior: NDArray[Any], keep: Mask, weights: Doubles) -> float:
    """Choose the ridge whose weights do best on other samples, check; the others are as in eliminate."""
    errors = [float(check.error(*solve(fit, prior, keep, ridge)) @ weights) for ridge in RIDGES]
    return RIDGES[int(np.argmin(errors))]


def _strength(covariance: Doubles, ridge: float) -> float:
    return float(ridge * np.trace(covariance) / len(covariance) + np.finfo(np.float32).tiny)
