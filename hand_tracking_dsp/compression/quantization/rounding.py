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

"""Rounds weights so that a layer's outputs change least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LARGEST = 127
"""Of a weight's integers; -128 is left out, so that 0 lies in the middle."""

# Shares of the largest weight that the largest integer may stand for.
_SHARES = (1.0, 0.9, 0.8)
# Added to the moments' diagonal, as a share of its mean: other pictures move the inputs a little otherwise.
_DAMPING = 0.01
# Weights whose errors are spread over the later ones together: products of matrices are faster.
_CHUNK = 32


def largest_steps(weights: Doubles, smallest: Doubles) -> Doubles:
    """Return the step of each row whose largest integer stands for its largest weight.

    Weights are float64 [groups, rows, k]; the steps and the smallest allowed, above 0, [groups, rows].
    """
    steps: Doubles = np.maximum(np.abs(weights).max(axis=2) / LARGEST, smallest)
    return steps


def round_to_nearest(weights: Doubles, steps: Doubles) -> Doubles:
    """Round weights [groups, rows, k] to whole numbers of their row's step [groups, rows]."""
    rounded: Doubles = np.clip(np.round(weights / steps[..., None]), -LARGEST, LARGEST)
    return rounded


def round_by_moments(weights: Doubles, moments: Doubles, smallest: Doubles) -> tuple[Doubles, Doubles]:
    """Round weights one by one, each error made good by the weights that still wait.

    Frantar et al., GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers, 2022:
    for the squared error (w - q)ᵀ H (w - q), a rounded weight's error is spread over the others through the
    inverse of H. The steps too are chosen by that error.

    Args:
        weights: float64 [groups, rows, k].
        moments: H, float64 [groups, k, k].
        smallest: Steps allowed, float64 [groups, rows], above 0.

    Returns:
        (whole numbers [groups, rows, k], steps [groups, rows])
    """
    k = weights.shape[2]
    diagonal = np.einsum("gkk->gk", moments).mean(axis=1)
    damping = _DAMPING * np.where(diagonal > 0, diagonal, 1.0)
    damped = moments + damping[:, None, None] * np.eye(k)
    factor = _upper_factor(damped)
    largest = largest_steps(weights, smallest)
    best = np.zeros_like(weights)
    best_steps, best_error = largest, np.full(weights.shape[:2], np.inf)
    for share in _SHARES:
        steps = np.maximum(largest * share, smallest)
        rounded = _spread(weights, steps, factor)
        missing = weights - rounded * steps[..., None]
        error = np.einsum("grk,gkl,grl->gr", missing, damped, missing, optimize=True)
        better = error < best_error
        best = np.where(better[..., None], rounded, best)
        best_steps = np.where(better, steps, best_steps)
        best_error = np.where(better, error, best_error)
    return best, best_steps


def _spread(weights: Doubles, steps: Doubles, factor: Doubles) -> Doubles:
    left = weights.copy()
    rounded = np.zeros_like(weights)
    k = weights.shape[2]
    for start in range(0, k, _CHUNK):
        end = min(start + _CHUNK, k)
        errors = np.zeros((*weights.shape[:2], end - start))
        for i in range(start, end):
            rounded[..., i] = round_to_nearest(left[..., i : i + 1], steps)[..., 0]
            error = (left[..., i] - rounded[..., i] * steps) / factor[:, None, i, i]
            left[..., i + 1 : end] -= error[..., None] * factor[:, None, i, i + 1 : end]
            errors[..., i - start] = error
        left[..., end:] -= errors @ factor[:, start:end, end:]
    return rounded


def _upper_factor(moments: Doubles) -> Doubles:
    """Return U with Uᵀ U = H⁻¹."""
    factor: Doubles = np.linalg.cholesky(np.linalg.inv(moments)).transpose(0, 2, 1)
    return factor
