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

"""The backbones that AKPERL names, in small variants, without weights.

torchvision and timm have them, too, but their files fit one build of PyTorch, and cannot be imported beside
those for other accelerators. All return scores, float [n, classes], of images, float
[n, 3, size, size], about -1 to 1.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

_WIDTH_STEP = 8
"""Widths are multiples of this, as in MobileNetV2's code."""

# Kernel, hidden width, output width, squeeze and excitation, hard swish, stride: table 2 of the paper.
_V3_SMALL = (
    (3, 16, 16, True, False, 2),
    (3, 72, 24, False, False, 2),
    (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2),
    (5, 240, 40, True, True, 1),
    (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1),
    (5, 144, 48, True, True, 1),
    (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1),
    (5, 576, 96, True, True, 1),
)
# Expansion, output width, blocks, stride, kernel: table 1 of EfficientNet's paper, B0.
_LITE0 = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
# Width of the squeeze and of each half of the expansion; None: a pooling. SqueezeNet 1.1.
_FIRES = ((16, 64), (16, 64), None, (32, 128), (32, 128), None, (48, 192), (48, 192), (64, 256), (64, 256))


class ConvUnit(nn.Sequential):
    """Convolution, batch normalisation and activation.

    Args:
        inputs: Number of input channels.
        outputs: Number of output channels.
        kernel: Side of the kernel, odd.
        stride: Stride.
        groups: Groups of channels; inputs for a depthwise convolution.
        act: Maker of the activation; None: none.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        act: Callable[[], nn.Module] | None = nn.ReLU,
    ) -> None:
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(outputs), *([act()] if act else []))


class SqueezeExcitation(nn.Module):
    """Gates of channels by their means (Hu et al., Squeeze-and-Excitation Networks, CVPR 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.reduce = nn.Conv2d(channels, _width(channels / 4), 1)
        self.expand = nn.Conv2d(self.reduce.out_channels, channels, 1)
        self.act, self.gate = nn.ReLU(), nn.Hardsigmoid()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Scale the channels."""
        gates: torch.Tensor = self.gate(self.expand(self.act(self.reduce(self.pool(inputs)))))
        return inputs * gates


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution and projection (Sandler et al., MobileNetV2, CVPR 2018).

    Args:
        inputs: Number of input channels.
        hidden: Number of channels between; as many as the inputs: no expansion.
        outputs: Number of output channels.
        kernel: Side of the depthwise kernel.
        stride: Stride; with 1 and as many outputs as inputs there is a shortcut.
        act: Maker of the activation.
        gated: With squeeze and excitation.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        kernel: int,
        stride: int,
        act: Callable[[], nn.Module],
        *,
        gated: bool = False,
    ) -> None:
        super().__init__()
        self.shortcut = stride == 1 and inputs == outputs
        self.expand = ConvUnit(inputs, hidden, act=act) if hidden != inputs else nn.Identity()
        self.depthwise = ConvUnit(hidden, hidden, kernel, stride, hidden, act)
        self.gates = SqueezeExcitation(hidden) if gated else nn.Identity()
        self.project = ConvUnit(hidden, outputs, act=None)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Run the block."""
        found: torch.Tensor = self.project(self.gates(self.depthwise(self.expand(inputs))))
        return inputs + found if self.shortcut else found


class Fire(nn.Module):
    """Squeeze, and an expansion by two sizes of kernels; normalised, as training from scratch needs it."""

    def __init__(self, inputs: int, squeezed: int, half: int) -> None:
        super().__init__()
        self.squeeze = ConvUnit(inputs, squeezed)
        self.small, self.large = ConvUnit(squeezed, half), ConvUnit(squeezed, half, 3)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Run the block."""
        squeezed = self.squeeze(inputs)
        return torch.cat([self.small(squeezed), self.large(squeezed)], 1)


def mobilenet_v3_small(classes: int, width: float = 0.5) -> nn.Module:
    """Make a MobileNetV3-Small (Howard et al., Searching for MobileNetV3, ICCV 2019).

    Args:
        classes: Number of classes.
        width: Share of the paper's channels.
    """
    inputs = _width(16 * width)
    layers: list[nn.Module] = [ConvUnit(3, inputs, 3, 2, act=nn.Hardswish)]
    for kernel, hidden, outputs, gated, swish, stride in _V3_SMALL:
        sizes = _width(hidden * width), _width(outputs * width)
        act = nn.Hardswish if swish else nn.ReLU
        layers.append(InvertedResidual(inputs, *sizes, kernel, stride, act, gated=gated))
        inputs = sizes[1]
    last, hidden = _width(576 * width), _width(1024 * width)
    layers += [ConvUnit(inputs, last, act=nn.Hardswish), nn.AdaptiveAvgPool2d(1)]
    return _classifier([*layers, nn.Conv2d(last, hidden, 1), nn.Hardswish()], hidden, classes)


def efficientnet_lite0(classes: int, width: float = 0.35) -> nn.Module:
    """Make an EfficientNet-Lite0.

    It is EfficientNet-B0 (Tan and Le, EfficientNet, ICML 2019) without squeeze and excitation and with ReLU6
    in place of swish (R. Liu, "Higher accuracy on vision models with EfficientNet-Lite", TensorFlow's blog,
    2020).

    Args:
        classes: Number of classes.
        width: Share of the paper's channels.
    """
    inputs = _width(32 * width)
    layers: list[nn.Module] = [ConvUnit(3, inputs, 3, 2, act=nn.ReLU6)]
    for expansion, channels, blocks, first_stride, kernel in _LITE0:
        for number in range(blocks):
            outputs, stride = _width(channels * width), first_stride if number == 0 else 1
            layers.append(InvertedResidual(inputs, expansion * inputs, outputs, kernel, stride, nn.ReLU6))
            inputs = outputs
    last = _width(1280 * width)
    return _classifier(
        [*layers, ConvUnit(inputs, last, act=nn.ReLU6), nn.AdaptiveAvgPool2d(1)], last, classes
    )


def squeezenet(classes: int, width: float = 0.5) -> nn.Module:
    """Make a SqueezeNet 1.1 with batch normalisation (Iandola et al., SqueezeNet, arXiv 1602.07360, 2016).

    Args:
        classes: Number of classes.
        width: Share of the channels of version 1.1.
    """
    inputs = _width(64 * width)
    layers: list[nn.Module] = [ConvUnit(3, inputs, 3, 2), nn.MaxPool2d(3, 2, ceil_mode=True)]
    for fire in _FIRES:
        if fire is None:
            layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            continue
        squeezed, half = (_width(channels * width) for channels in fire)
        layers.append(Fire(inputs, squeezed, half))
        inputs = 2 * half
    return nn.Sequential(
        *layers, nn.Dropout(0.2), nn.Conv2d(inputs, classes, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )


NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "mobilenet-v3": mobilenet_v3_small,
    "efficientnet-lite": efficientnet_lite0,
    "squeezenet": squeezenet,
}
"""Makers of the small variants, by the names that the command has for them."""


def _classifier(layers: list[nn.Module], features: int, classes: int) -> nn.Module:
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2), nn.Linear(features, classes))


def _width(channels: float) -> int:
    """Round a width to a multiple of _WIDTH_STEP."""
    return max(_WIDTH_STEP, round(channels / _WIDTH_STEP) * _WIDTH_STEP)
