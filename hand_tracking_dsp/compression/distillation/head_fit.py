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

"""Linear maps fitted to a teacher: near those that there are, and not led by the samples that fit worst."""

from __future__ import annotations

import torch
from torch import Tensor

_RIDGES = (0.003, 0.03, 0.3)
"""Weights of the distance from the prior, in shares of the mean variance of the inputs."""

_ROUNDS = 4
_ALIKE = 0.02
"""Error below which samples count alike, in units of their scales."""


def robust_map(
    x: Tensor, y: Tensor, prior: Tensor, scale: Tensor | None = None, weight: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Fit a linear map with the least sum of distances, by least squares weighted again and again.

    Least squares alone would be led by the few hands that the teacher itself hardly recognizes. How near the
    map stays to the prior is chosen on a fifth of the samples. (Holland, Welsch: Robust regression using
    iteratively reweighted least-squares, 1977.)

    Args:
        x: float [n, k], in random order.
        y: float [n, m].
        prior: float [m, k], weights of the other map.
        scale: float [n], what a distance of 1 is, in units of y; None: the root mean square of y.
        weight: float [n], counts of the samples, 0 to 1; None: all count alike.

    Returns:
        (float32 [m, k], weights; float32 [m], bias).
    """
    inputs, targets, near = x.double(), y.double(), prior.detach().double().T
    scale = targets.square().mean().sqrt().expand(len(x)) if scale is None else scale.double()
    counts = torch.ones_like(scale) if weight is None else weight.double()
    check = torch.arange(len(x), device=x.device) < max(len(x) // 5, 1)

    def error(ridge: float) -> float:
        fit = _fitted(inputs, targets, near, scale, counts * ~check, ridge)
        return float((counts * _distances(inputs, targets, scale, fit))[check].sum())

    kernel, bias = _fitted(inputs, targets, near, scale, counts, min(_RIDGES, key=error))
    return kernel.T.float(), bias.float()


def _fitted(
    x: Tensor, y: Tensor, near: Tensor, scale: Tensor, counts: Tensor, ridge: float
) -> tuple[Tensor, Tensor]:
    weight = counts / scale.square()
    for _ in range(_ROUNDS):
        fit = _weighted(x, y, near, weight, ridge)
        weight = counts / scale.square() / _distances(x, y, scale, fit).clamp(min=_ALIKE)
    return _weighted(x, y, near, weight, ridge)


def _distances(x: Tensor, y: Tensor, scale: Tensor, fit: tuple[Tensor, Tensor]) -> Tensor:
    """Measure how far a map is off, root mean square over its outputs, in units of the scale: [n]."""
    return (x @ fit[0] + fit[1] - y).square().mean(1).sqrt() / scale


def _weighted(x: Tensor, y: Tensor, near: Tensor, weight: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    share = (weight / weight.sum())[:, None]
    mean_x, mean_y = (share * x).sum(0), (share * y).sum(0)
    away = x - mean_x
    rest = (y - mean_y) - away @ near
    moments = (share * away).T @ away
    ridges = ridge * moments.diagonal().mean().clamp(min=1e-12)
    square = moments + ridges * torch.eye(len(moments), dtype=x.dtype, device=x.device)
    kernel = near + torch.linalg.solve(square, (share * away).T @ rest)
    return kernel, mean_y - mean_x @ kernel
