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

"""Stacks of a trained hourglass weighed by the L1 norms of their blocks, taken out, narrowed and added."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from hand_tracking_dsp.compression.hourglass.network import (
    ConvNorm,
    Hourglass,
    HourglassNetwork,
    HourglassOptions,
    ResidualBlock,
)
from hand_tracking_dsp.errors import ConfigurationError


def block_norms(network: HourglassNetwork) -> list[dict[str, float]]:
    """Return the L1 norm of the weights of each block of each stack.

    A block's last normalisation scales what it adds, and its norm with it: blocks that do nothing have none.
    """
    return [{name: _norm(block) for name, block in stack.blocks()} for stack in network.stacks]


@torch.no_grad()
def _norm(block: ResidualBlock) -> float:
    if not block.inner:
        return 0.0
    folded = (_folded(layer.conv.weight, layer.norm) for layer in (block.reduce, block.spatial))
    weights = (*folded, _folded(block.expand.weight, block.norm))
    return float(sum(weight.abs().sum() for weight in weights))


def _folded(weight: Tensor, norm: nn.BatchNorm2d) -> Tensor:
    return weight * (norm.weight / (norm.running_var + norm.eps).sqrt())[:, None, None, None]


def weakest_stack(network: HourglassNetwork) -> int:
    """Return the number, from 0, of the stack whose blocks have the smallest L1 norm."""
    totals = [sum(norms.values()) for norms in block_norms(network)]
    return totals.index(min(totals))


def without_stack(network: HourglassNetwork, number: int) -> HourglassNetwork:
    """Return a network without one of its stacks, from 0; what lies around it keeps its weights.

    Raises:
        ConfigurationError: It has one stack alone.
    """
    options = network.options
    if options.stacks < 2:
        msg = "The network has one stack alone: it has none that can be taken out."
        raise ConfigurationError(msg)
    # The way back from a stack goes with it; that from the last one is the way to it.
    back = min(number, options.stacks - 2)
    inner = tuple(
        (f"{int(stack) - (int(stack) > number)}.{block}", width)
        for (stack, _, block), width in ((name.partition("."), width) for name, width in options.inner)
        if int(stack) != number
    )
    result = HourglassNetwork(replace(options, stacks=options.stacks - 1, inner=inner))
    kept = {}
    for name, value in network.state_dict().items():
        room, _, rest = name.partition(".")
        if room in ("stacks", "features_back", "maps_back"):
            index, _, rest = rest.partition(".")
            gone = number if room == "stacks" else back
            if int(index) == gone:
                continue
            name = f"{room}.{int(index) - (int(index) > gone)}.{rest}"  # noqa: PLW2901 (its new name)
        kept[name] = value
    result.load_state_dict(kept)
    return result


def with_stacks(network: HourglassNetwork, stacks: int) -> HourglassNetwork:
    """Return a network with further stacks, which are not trained yet and begin with its own result.

    Raises:
        ConfigurationError: It has more already.
    """
    if stacks < network.options.stacks:
        msg = (
            f"The network has {network.options.stacks} stacks, more than {stacks}: take some out with prune."
        )
        raise ConfigurationError(msg)
    result = HourglassNetwork(replace(network.options, stacks=stacks))
    result.load_state_dict(network.state_dict(), strict=False)
    return result


@torch.no_grad()
def narrowed(network: HourglassNetwork, keep: float) -> HourglassNetwork:
    """Return a network whose blocks have a share of their inner channels, those of the largest L1 norm.

    All blocks of all stacks are ranked together, relative to the mean of their own block's channels.

    Args:
        network: The network.
        keep: Share of all inner channels, above 0 to 1.

    Raises:
        ConfigurationError: The share is out of range.
    """
    if not 0 < keep <= 1:
        msg = f"keep is {keep}: it must be above 0 and at most 1."
        raise ConfigurationError(msg)
    scores = {
        f"{number}.{name}": _channel_norms(block)
        for number, stack in enumerate(network.stacks)
        for name, block in stack.blocks()
        if block.inner
    }
    ranked = torch.cat([score / score.mean() for score in scores.values()]).sort(descending=True).values
    lowest = ranked[max(int(keep * len(ranked)) - 1, 0)]
    chosen = {name: (score / score.mean() >= lowest).nonzero()[:, 0] for name, score in scores.items()}
    widths = tuple((name, len(channels)) for name, channels in chosen.items())
    result = HourglassNetwork(replace(network.options, inner=widths))
    for number, (old, new) in enumerate(zip(network.stacks, result.stacks, strict=True)):
        _copy(old, new, {name: chosen.get(f"{number}.{name}") for name, _ in old.blocks()})
    outside = {name: v for name, v in network.state_dict().items() if not name.startswith("stacks.")}
    result.load_state_dict(outside, strict=False)
    return result


def _channel_norms(block: ResidualBlock) -> Tensor:
    """Return the L1 norm of each inner channel: of the filters that make it, and of those that read it."""
    spatial = _folded(block.spatial.conv.weight, block.spatial.norm).abs().sum((1, 2, 3))
    read = _folded(block.expand.weight, block.norm).abs().sum((0, 2, 3))
    return spatial * read


def _copy(old: Hourglass, new: Hourglass, chosen: dict[str, Tensor | None]) -> None:
    """Copy the weights of a stack into one with narrower blocks."""
    blocks = dict(new.blocks())
    for name, block in old.blocks():
        channels = chosen[name]
        if channels is None or not len(channels):
            continue
        target = blocks[name]
        _copy_layer(block.reduce, target.reduce, channels, None)
        _copy_layer(block.spatial, target.spatial, channels, channels)
        target.expand.weight.copy_(block.expand.weight[:, channels])
        target.norm.load_state_dict(block.norm.state_dict())
    inside = tuple(f"{name}." for name, _ in old.blocks())
    others = {name: value for name, value in old.state_dict().items() if not name.startswith(inside)}
    new.load_state_dict(others, strict=False)


def _copy_layer(old: ConvNorm, new: ConvNorm, out: Tensor, into: Tensor | None) -> None:
    weight = old.conv.weight[out]
    new.conv.weight.copy_(weight if into is None else weight[:, into])
    for name in ("weight", "bias", "running_mean", "running_var"):
        getattr(new.norm, name).copy_(getattr(old.norm, name)[out])


def small_options(features: int, stacks: int) -> HourglassOptions:
    """Return the size of a network of so many features, fewer at its finest resolution."""
    return HourglassOptions((max(features // 4, 8), features, features, features, features), stacks)
