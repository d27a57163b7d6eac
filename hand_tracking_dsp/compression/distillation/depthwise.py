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

"""Depthwise convolution with a gradient that is fast on a CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

_QUICK = 3
"""Side of the kernels whose gradient is quick in bfloat16."""


class Depthwise(torch.autograd.Function):
    """Depthwise convolution with stride 1 and an odd kernel, zero-padded.

    PyTorch's own gradient takes about ten times as long as its forward pass. Here the gradient with respect
    to the input is another depthwise convolution, with the kernel rotated by 180 degrees, as fast as the
    forward pass; with respect to the kernel it is PyTorch's own, and not computed where the kernel is
    frozen.
    """

    @staticmethod
    def forward(ctx: Any, data: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:  # noqa: ANN401
        """Convolve data, [n, c, h, w], with weight, [c, 1, k, k]."""
        ctx.save_for_backward(data, weight)
        return functional.conv2d(data, weight, bias, 1, weight.shape[2] // 2, 1, len(weight))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:  # noqa: ANN401
        """Return the gradients with respect to data, weight and bias, where they are needed."""
        data, weight = ctx.saved_tensors
        by_data, by_weight, by_bias = ctx.needs_input_grad
        half, channels = weight.shape[2] // 2, len(weight)
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        return (
            functional.conv2d(gradient, weight.flip((2, 3)), None, 1, half, 1, channels) if by_data else None,
            _by_weight(gradient, data, weight) if by_weight else None,
            gradient.sum((0, 2, 3)).to(weight.dtype) if by_bias else None,
        )


def _by_weight(gradient: Tensor, data: Tensor, weight: Tensor) -> Tensor:
    """Return the gradient with respect to the kernel, [c, 1, k, k].

    In bfloat16 PyTorch is quick at kernels of 3 by 3 alone, so that larger ones are put together from such:
    on a CPU with AVX512-BF16 that takes a fifth of the time for 5 by 5.
    """
    size = weight.shape[2]
    if weight.dtype != torch.bfloat16 or size <= _QUICK:
        return _part_by_weight(gradient, data, weight, size // 2)
    data = functional.pad(data, (size // 2,) * 4)
    height, width = (side + _QUICK - 1 for side in gradient.shape[2:])
    result = torch.empty_like(weight)
    starts = [*range(0, size - _QUICK, _QUICK - 1), size - _QUICK]
    for top in starts:
        for left in starts:
            taps = (slice(None), slice(None), slice(top, top + _QUICK), slice(left, left + _QUICK))
            part = data[:, :, top : top + height, left : left + width]
            result[taps] = _part_by_weight(gradient, part, weight[taps], 0)
    return result


def _part_by_weight(gradient: Tensor, data: Tensor, weight: Tensor, padding: int) -> Tensor:
    result: Tensor = torch.ops.aten.convolution_backward(
        gradient, data, weight, None, [1, 1], [padding, padding], [1, 1], False, [0, 0], len(weight),
        [False, True, False],
    )[1]  # fmt: skip
    return result
