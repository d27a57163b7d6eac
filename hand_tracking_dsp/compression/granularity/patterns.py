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

"""Least squares for linear layers of which single weights are zero, in patterns that a runtime could use.

Which weights go is decided input by input with the Cholesky factor of the inverse covariance of the inputs: a
weight goes where w² / d² is least, and the later inputs make up for it (SparseGPT: Frantar and Alistarh, ICML
2023; the optimal brain surgeon with a fixed order). Weights are compared within an output: what follows may
scale small outputs up (Sun et al., "A simple and effective pruning approach", ICLR 2024, saw the same). The
weights that stay are then solved exactly for each output. Everything follows from the second moments of the
layer's inputs, as in compression.pruning.
"""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.compression.blocks import Mask
from hand_tracking_dsp.compression.pruning.reconstruction import RIDGE, Doubles

CONNECTION, TWO_OF_FOUR, ONE_BY_FOUR = "connection", "2:4", "1x4"

PATTERNS = (CONNECTION, TWO_OF_FOUR, ONE_BY_FOUR)
"""Patterns: any weights; two of every four inputs of an output, as tensor cores take them (Mishra et al.,
2021); the same inputs for four neighbouring outputs (Lin et al., "1xN pattern for pruning CNNs", TPAMI 2023).
"""

_FOUR = 4
# Inputs whose weights are compared with each other.
_BLOCK = 128


def sparse_weights(
    covariance: Doubles, weights: Doubles, pattern: str, share: float, ridge: float = RIDGE
) -> Doubles:
    """Prune a linear layer to a pattern and solve for the weights that stay.

    Args:
        covariance: float64 [n, n] of the layer's inputs.
        weights: float64 [n, m] of the dense layer, which gives the target and what to stay near to.
        pattern: One of PATTERNS.
        share: Share of the weights that go, above 0, below 1; TWO_OF_FOUR is always a half.
        ridge: Strength of the pull towards the dense weights, a share of the inputs' mean variance, above 0.

    Returns:
        float64 [n, m], zero where a weight is gone.
    """
    strength = ridge * float(np.trace(covariance)) / len(covariance) + float(np.finfo(np.float32).tiny)
    # Of inputs that hardly vary, rounding can leave a covariance that none has.
    strength += 2 * max(0.0, -float(np.linalg.eigvalsh(covariance)[0]))
    system = covariance + strength * np.eye(len(covariance))
    kept = _kept(system, weights, pattern, share)
    target, found = system @ weights, np.zeros_like(weights)
    for first in range(0, weights.shape[1], width := _FOUR if pattern == ONE_BY_FOUR else 1):
        outputs = slice(first, first + width)
        inputs = np.flatnonzero(kept[:, first])
        if len(inputs):
            found[inputs, outputs] = np.linalg.solve(system[np.ix_(inputs, inputs)], target[inputs, outputs])
    return found


def _kept(system: Doubles, weights: Doubles, pattern: str, share: float) -> Mask:
    """Choose the weights that stay, bool [n, m]."""
    inputs, outputs = weights.shape
    # Upper factor of the inverse, whose rows are what an input's error moves the later ones by.
    factor = np.linalg.inv(np.linalg.cholesky(system[::-1, ::-1])[::-1, ::-1])
    left, kept = weights.copy(), np.ones((inputs, outputs), dtype=np.bool_)
    counts = 1 / np.maximum(np.einsum("ij,ij->j", weights, system @ weights), np.finfo(np.float32).tiny)
    for first in range(0, inputs, _BLOCK):
        block = slice(first, min(first + _BLOCK, inputs))
        scores = (left[block] / np.diagonal(factor)[block, None]) ** 2
        if pattern != TWO_OF_FOUR:
            kept[block] = _largest(scores * counts, share, _FOUR if pattern == ONE_BY_FOUR else 1)
        for i in range(first, block.stop):
            if pattern == TWO_OF_FOUR and i % _FOUR == 0 and i + _FOUR <= inputs:
                four = slice(i, i + _FOUR)
                ranks = np.argsort(np.argsort((left[four] / np.diagonal(factor)[four, None]) ** 2, 0), 0)
                kept[four] = ranks >= _FOUR // 2
            error = np.where(kept[i], 0.0, left[i]) / factor[i, i]
            left[i:] -= np.outer(factor[i, i:], error)
    return kept


def _largest(scores: Doubles, share: float, width: int) -> Mask:
    """Keep the inputs of the highest scores for each group of so many outputs, bool [n, m] of [n, m]."""
    starts = np.arange(0, scores.shape[1], width)
    ranks = np.argsort(np.argsort(np.add.reduceat(scores, starts, axis=1), axis=0), axis=0)
    kept: Mask = np.repeat(ranks >= round(share * len(scores)), np.diff([*starts, scores.shape[1]]), axis=1)
    return kept
