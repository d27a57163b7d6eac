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
            gradient.sum((0, 2, 3), dtype=torch.float32).to(weight.dtype) if by_bias else None,
        )


def _by_weight(gradient: Tensor, data: Tensor, weight: Tensor) -> Tensor:
    half = weight.shape[2] // 2
    result: Tensor = torch.ops.aten.convolution_backward(
        gradient, data, weight, None, [1, 1], [half, half], [1, 1], False, [0, 0], len(weight),
        [False, True, False],
    )[1]  # fmt: skip
    return result
