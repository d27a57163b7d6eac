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

"""Stacked hourglasses that see depth and give three maps of each joint, with an exit at every level.

The network is that of dense 3D regression (Wan et al., "Dense 3D Regression for Hand Pose Estimation",
CVPR 2018; melonwan/denseReg), smaller, with deep supervision: each stack has an exit at each resolution of
its upward path, L1 at the coarsest to L4 at the finest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from hand_tracking_dsp.hand import JOINT_COUNT
from hand_tracking_dsp.tracking.depth_info import DEPTH_SIZE

LEVELS = 4
"""Exits of each stack."""

MAPS = 5
"""Channels of a joint: its 2D heat map, its 3D heat map, and x, y, z of its unit vectors."""


class Exit(NamedTuple):
    """An exit, where the network may end.

    Attributes:
        stack: Its stack, from 1.
        level: Its level in the stack, 1 (coarsest) to LEVELS (finest).
    """

    stack: int
    level: int

    def __str__(self) -> str:
        """Name it as bank.json does."""
        return f"stack{self.stack}_l{self.level}"


@dataclass(frozen=True, slots=True)
class HourglassOptions:
    """Size of a network.

    Attributes:
        channels: Channels of each resolution of the hourglass, the finest (a quarter of the image) first;
            one more than LEVELS.
        stacks: Number of hourglasses.
        inner: For each stack and block the channels within the block, where it was pruned; by name.
        joints: Number of joints.
        skeleton: Data set whose joints these are; None: the package's own.
    """

    channels: tuple[int, ...] = (48, 96, 128, 128, 128)
    stacks: int = 2
    inner: tuple[tuple[str, int], ...] = ()
    joints: int = JOINT_COUNT
    skeleton: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> HourglassOptions:  # noqa: ANN401 (JSON of any form)
        """Read what to_json gave, or what it gave before there were other joints than the package's."""
        inner = tuple((str(name), int(width)) for name, width in value["inner"])
        joints = int(value.get("joints", JOINT_COUNT))
        return cls(tuple(value["channels"]), int(value["stacks"]), inner, joints, value.get("skeleton"))

    @property
    def exits(self) -> tuple[Exit, ...]:
        """All exits in the order in which the network reaches them."""
        return tuple(
            Exit(stack, level) for stack in range(1, self.stacks + 1) for level in range(1, LEVELS + 1)
        )


class Maps(NamedTuple):
    """Result of one exit for a batch of n.

    Attributes:
        cells: float [n, 1, side, side], depth of each cell, that of its nearest pixel.
        heat: float [n, joints, side, side], 2D heat maps.
        closeness: float [n, joints, side, side], 3D heat maps.
        directions: float [n, 3 * joints, side, side], unit vectors, x, y and z of each joint together.
        logits: float [n, 2], of presence and of a right hand.
    """

    cells: Tensor
    heat: Tensor
    closeness: Tensor
    directions: Tensor
    logits: Tensor


class ResidualBlock(nn.Module):
    """Residual bottleneck, which does nothing before it is trained (its last scale is 0)."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.inner = inner
        if inner:
            self.reduce = ConvNorm(channels, inner, 1)
            self.spatial = ConvNorm(inner, inner, 3)
            self.expand = nn.Conv2d(inner, channels, 1, bias=False)
            self.norm = nn.BatchNorm2d(channels)
            nn.init.zeros_(self.norm.weight)

    def forward(self, data: Tensor) -> Tensor:
        """Add what the block found."""
        if not self.inner:
            return data
        return data + self.norm(self.expand(self.spatial(self.reduce(data))))


class ConvNorm(nn.Module):
    """Convolution, batch normalisation and ReLU."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(out)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, data: Tensor) -> Tensor:
        """Run it."""
        return functional.relu(self.norm(self.conv(data)), inplace=True)


class Head(nn.Module):
    """Exit: the maps of each joint, and whether there is a hand and which.

    The finest level, whose channels are few, has no own word on the hand: that of the level before counts.
    """

    def __init__(self, channels: int, joints: int, *, knows_side: bool) -> None:
        super().__init__()
        self.features = ConvNorm(channels, channels, 1)
        self.maps = nn.Conv2d(channels, joints * MAPS, 1)
        self.side = nn.Linear(channels, 2) if knows_side else None
        nn.init.normal_(self.maps.weight, std=0.01)
        nn.init.zeros_(self.maps.bias)

    def forward(self, data: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the maps in one tensor, and the two logits if it has them."""
        features = self.features(data)
        return self.maps(features), None if self.side is None else self.side(features.mean((2, 3)))


class Hourglass(nn.Module):
    """One stack: down to a thirty-second of its input's resolution and up again, with heads on the way up."""

    def __init__(self, channels: tuple[int, ...], inner: dict[str, int], joints: int) -> None:
        super().__init__()

        def block(name: str, width: int) -> ResidualBlock:
            return ResidualBlock(width, inner.get(name, width // 2))

        pairs = list(pairwise(channels))
        self.skips = nn.ModuleList(block(f"skips.{i}", width) for i, width in enumerate(channels[:-1]))
        self.widen = nn.ModuleList(ConvNorm(a, b, 1) if a != b else nn.Identity() for a, b in pairs)
        self.narrow = nn.ModuleList(ConvNorm(b, a, 1) if a != b else nn.Identity() for a, b in pairs)
        self.down = nn.ModuleList(block(f"down.{i}", width) for i, width in enumerate(channels[1:]))
        self.bottom = block("bottom", channels[-1])
        self.up = nn.ModuleList(block(f"up.{i}", width) for i, width in enumerate(channels[:-1]))
        self.heads = nn.ModuleList(
            Head(width, joints, knows_side=i > 0) for i, width in enumerate(channels[:-1])
        )

    def forward(self, data: Tensor, last: int = LEVELS) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield features, maps and logits from L1 to the last level asked for."""
        kept = []
        for widen, down in zip(self.widen, self.down, strict=True):
            kept.append(data)
            data = down(widen(functional.max_pool2d(data, 2)))
        data = self.bottom(data)
        logits = data.new_zeros(len(data), 2)
        for level in range(1, last + 1):
            i = len(kept) - level
            side = functional.interpolate(self.narrow[i](data), scale_factor=2.0, mode="nearest")
            data = self.up[i](side + self.skips[i](kept[i]))
            maps, word = self.heads[i](data)
            logits = logits if word is None else word
            yield data, maps, logits

    def blocks(self) -> Iterator[tuple[str, ResidualBlock]]:
        """Yield its blocks with their names."""
        for name, module in self.named_modules():
            if isinstance(module, ResidualBlock):
                yield name, module


class HourglassNetwork(nn.Module):
    """The whole network."""

    def __init__(self, options: HourglassOptions) -> None:
        super().__init__()
        self.options = options
        first = options.channels[0]
        inner: list[dict[str, int]] = [{} for _ in range(options.stacks)]
        for name, width in options.inner:
            stack, _, block = name.partition(".")
            inner[int(stack)][block] = width
        # Two by two pixels become channels at once, which halves the work of the first layer.
        self.stem = nn.Sequential(
            ConvNorm(4, 32, 3, 2), ConvNorm(32, first, 3), ResidualBlock(first, first // 2)
        )
        self.stacks = nn.ModuleList(Hourglass(options.channels, widths, options.joints) for widths in inner)
        between = range(options.stacks - 1)
        self.features_back = nn.ModuleList(nn.Conv2d(first, first, 1) for _ in between)
        self.maps_back = nn.ModuleList(nn.Conv2d(options.joints * MAPS, first, 1) for _ in between)
        for layer in (*self.features_back, *self.maps_back):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, depth: Tensor, last: Exit | None = None) -> dict[Exit, Maps]:
        """Run the network on depth, float [n, 1, DEPTH_SIZE, DEPTH_SIZE], as far as an exit.

        Returns:
            The maps of each exit on the way, in order.
        """
        last = last or self.options.exits[-1]
        data = self.stem(functional.pixel_unshuffle(depth, 2))
        result = {}
        for index, stack in enumerate(self.stacks, 1):
            to = last.level if index == last.stack else LEVELS
            outputs = list(stack(data, to))
            for level, (_, maps, logits) in enumerate(outputs, 1):
                result[Exit(index, level)] = split_maps(depth, maps, logits)
            if index == last.stack:
                break
            features, maps, _ = outputs[-1]
            data = data + self.features_back[index - 1](features) + self.maps_back[index - 1](maps)
        return result


def split_maps(depth: Tensor, maps: Tensor, logits: Tensor) -> Maps:
    """Take the tensor of a head apart."""
    cells = functional.max_pool2d(depth, DEPTH_SIZE // maps.shape[-1])
    joints = maps.shape[1] // MAPS
    heat, closeness, directions = maps.split((joints, joints, 3 * joints), dim=1)
    return Maps(cells, heat, closeness, directions, logits)


def count_parameters(network: nn.Module) -> int:
    """Count trained numbers."""
    return sum(parameter.numel() for parameter in network.parameters())


@torch.no_grad()
def exit_parameters(network: HourglassNetwork) -> dict[Exit, int]:
    """Count the trained numbers that each exit needs: those of all that lies before it."""
    result = {}
    for exit_ in network.options.exits:
        network.zero_grad(set_to_none=True)
        with torch.enable_grad():
            depth = torch.zeros(2, 1, DEPTH_SIZE, DEPTH_SIZE)
            maps = network(depth, exit_)[exit_]
            sum(part.sum() for part in (maps.heat, maps.closeness, maps.directions, maps.logits)).backward()
        result[exit_] = sum(p.numel() for p in network.parameters() if p.grad is not None)
    network.zero_grad(set_to_none=True)
    return result
