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

"""Quantization-aware training: rounding of weights and activations as in the INT8 network.

Jacob et al., Quantization and training of neural networks for efficient integer-arithmetic-only
inference, 2018; the activations' ranges are learned with the weights, as in Bhalgat et al., LSQ+, 2020.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

_LEVELS = 255
_SMALLEST_RANGE = 1e-3


class FakeQuantizer(nn.Module):
    """Rounds activations to 8 bits within learned ranges, and weights to 8 bits by output channel.

    Args:
        ranges: Initial lowest and highest value of each activation, by tensor name; other tensors are not
            rounded.
    """

    def __init__(self, ranges: Mapping[str, tuple[float, float]]) -> None:
        super().__init__()
        self._index = {name: i for i, name in enumerate(ranges)}
        # A range always holds 0, which padding needs to be exact.
        self.low = nn.Parameter(torch.tensor([min(low, 0.0) for low, _ in ranges.values()]))
        self.high = nn.Parameter(torch.tensor([max(high, 0.0) for _, high in ranges.values()]))

    def activation(self, name: str, values: Tensor) -> Tensor:
        """Round a tensor within its range."""
        place = self._index.get(name)
        if place is None:
            return values
        low, high = self.low[place].clamp(max=0.0), self.high[place].clamp(min=0.0)
        step = (high - low).clamp(min=_SMALLEST_RANGE) / _LEVELS
        zero = _rounded(-low / step).detach()
        # Whole numbers up to 256 are exact in bfloat16, so scaled values are rounded only once.
        scaled = (values / step.to(values.dtype) + zero.to(values.dtype)).clamp(0, _LEVELS)
        return (_rounded(scaled) - zero.to(values.dtype)) * step.to(values.dtype)

    def weight(self, name: str, values: Tensor) -> Tensor:  # noqa: ARG002 (the same for every weight)
        """Round a weight symmetrically, each output channel by its own largest value."""
        peak = values.detach().abs().flatten(1).amax(1).clamp(min=1e-8)
        step = (peak / 127).view(-1, *([1] * (values.dim() - 1)))
        return _rounded(values / step).clamp(-127, 127) * step

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Return the learned ranges by tensor name."""
        low, high = self.low.detach().clamp(max=0.0).tolist(), self.high.detach().clamp(min=0.0).tolist()
        return {name: (low[i], high[i]) for name, i in self._index.items()}


class RangeObserver:
    """Records the range of each activation and changes nothing."""

    def __init__(self) -> None:
        self.ranges: dict[str, tuple[float, float]] = {}

    def activation(self, name: str, values: Tensor) -> Tensor:
        """Widen the tensor's range."""
        low, high = self.ranges.get(name, (0.0, 0.0))
        self.ranges[name] = (min(low, float(values.min())), max(high, float(values.max())))
        return values

    def weight(self, name: str, values: Tensor) -> Tensor:  # noqa: ARG002 (weights have no range to learn)
        """Return the weight unchanged."""
        return values


def _rounded(values: Tensor) -> Tensor:
    """Round, with the gradient of the identity (straight-through estimator)."""
    return values + (values.round() - values).detach()
