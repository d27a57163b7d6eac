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

"""Layers of a network that are pruned, each with all that its channels are coupled to (Torch-Pruning).

Torch-Pruning's dependency graph (Fang et al., DepGraph: Towards Any Structural Pruning, CVPR 2023) finds
which layers lose a channel together: the convolutions that add up into one stream count as one layer here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import torch
import torch_pruning
from numpy.typing import NDArray
from torch import nn

from hand_tracking_dsp.compression.backbones.networks import SqueezeExcitation
from hand_tracking_dsp.compression.backbones.slicing import without_channels

INTENSITIES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of a layer's channels that an action removes, as in AKPERL."""

WIDTH_STEP = 16
"""Pruned widths are multiples of this: runtimes compute so many channels at once, and are slow at other
widths. At 100 % so many stay, as without any there would be no path through the network."""

Indices = NDArray[np.int64]

SIDE = 96
"""Height and width of images, pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class PrunableLayer:
    """Channels that leave together.

    Attributes:
        name: Name of the first convolution that writes them.
        order: Its channels, the first to leave first, by the criterion.
        writers: Modules by name that lose outputs: their numbers, int64 [channels, outputs a channel].
        readers: Modules by name that lose inputs: their numbers, int64 [channels, inputs a channel].
    """

    name: str
    order: tuple[int, ...]
    writers: Mapping[str, Indices]
    readers: Mapping[str, Indices]

    def removed(self, share: float) -> int:
        """Return the number of channels that leave at an intensity, 0 to 1."""
        channels = len(self.order)
        if not share:
            return 0
        left = round((1 - share) * channels / WIDTH_STEP) * WIDTH_STEP
        return channels - min(max(left, WIDTH_STEP), channels)


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """Parameters of a network, and its multiply-accumulate operations for one image."""

    parameters: int
    macs: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """Sizes of a layer: weights are outputs x inputs x taps; where it is depthwise, the inputs are 1."""

    outputs: int
    inputs: int
    taps: int
    extra: int
    positions: int


class _Sizes:
    """Sizes of a network whose layers lose channels, without pruning it; agents ask for many."""

    def __init__(self, shapes: Mapping[str, _Shape], layers: Sequence[PrunableLayer]) -> None:
        table = np.array([astuple(shape) for shape in shapes.values()], np.int64)
        self._outputs, self._inputs, self._taps, self._extra, self._positions = table.T
        places = {name: place for place, name in enumerate(shapes)}
        self._outputs_lost = np.zeros((len(layers), len(places)), np.int64)
        self._inputs_lost = np.zeros_like(self._outputs_lost)
        for row, layer in enumerate(layers):
            for name, found in layer.writers.items():
                self._outputs_lost[row, places[name]] = found.shape[1]
            for name, found in layer.readers.items():
                self._inputs_lost[row, places[name]] = found.shape[1]

    def of(self, removed: Indices) -> NetworkSize:
        """Return the size where so many channels leave, int64 [layers]."""
        outputs = self._outputs - removed @ self._outputs_lost
        weights = outputs * (self._inputs - removed @ self._inputs_lost) * self._taps
        parameters = weights + self._extra * outputs
        return NetworkSize(int(parameters.sum()), int((weights * self._positions).sum()))


class PrunableNetwork:
    """Dense network, and what is left of it where each layer is pruned by some share.

    Args:
        dense: Trained network for images of SIDE x SIDE pixels.
        norm: 1: channels with the smallest sums of absolute weights leave first, summed over all that
            writes and reads them; 2: with the smallest sums of squares (magnitude).
    """

    def __init__(self, dense: nn.Module, norm: int = 2) -> None:
        self.dense = dense.eval()
        self._names = {module: name for name, module in dense.named_modules()}
        importance = torch_pruning.importance.GroupMagnitudeImportance(p=norm)
        self._places = {name: place for place, name in enumerate(self._names.values())}
        graph = _graph(dense)
        groups = graph.get_all_groups(ignored_layers=_kept(dense), root_module_types=[nn.Conv2d])
        found = [self._layer(graph, group, importance(group)) for group in groups]
        prunable = [layer for layer in found if layer.removed(1.0)]
        self.layers = sorted(prunable, key=lambda layer: self._places[layer.name])
        self._sizes = _Sizes(_shapes(dense), self.layers)
        self.size = self.size_of([0.0] * len(self.layers))

    def size_of(self, shares: Sequence[float]) -> NetworkSize:
        """Return the size where the layers are pruned by these shares, 0 to 1 each, without pruning."""
        removed = [layer.removed(share) for layer, share in zip(self.layers, shares, strict=True)]
        return self._sizes.of(np.array(removed, np.int64))

    def sparsity(self, shares: Sequence[float]) -> float:
        """Return the share of the dense network's parameters that leave, 0 to 1."""
        return 1 - self.size_of(shares).parameters / self.size.parameters

    def own_sizes(self) -> list[NetworkSize]:
        """Return what each layer loses where it alone is pruned to its least channels."""
        found = []
        for index in range(len(self.layers)):
            shares = [0.0] * len(self.layers)
            shares[index] = 1.0
            left = self.size_of(shares)
            found.append(NetworkSize(self.size.parameters - left.parameters, self.size.macs - left.macs))
        return found

    def prune(self, shares: Sequence[float]) -> nn.Module:
        """Return a pruned copy of the dense network; shares: 0 to 1, one a layer."""
        outputs: defaultdict[str, list[Indices]] = defaultdict(list)
        inputs: defaultdict[str, list[Indices]] = defaultdict(list)
        for layer, share in zip(self.layers, shares, strict=True):
            if removed := list(layer.order[: layer.removed(share)]):
                for into, coupled in ((outputs, layer.writers), (inputs, layer.readers)):
                    for name, found in coupled.items():
                        into[name].append(found[removed].ravel())
        return without_channels(self.dense, outputs, inputs)

    def _layer(self, graph: Any, group: Any, scores: torch.Tensor) -> PrunableLayer:  # noqa: ANN401 (no types)
        """Describe a group; a depthwise convolution writes what it reads."""
        channels = len(scores)
        writers: defaultdict[str, list[Indices]] = defaultdict(list)
        readers: defaultdict[str, list[Indices]] = defaultdict(list)
        for dependency, indices in group:
            name = self._names.get(dependency.target.module)
            if name is None or not isinstance(
                dependency.target.module, (nn.Conv2d, nn.Linear, nn.BatchNorm2d)
            ):
                continue
            wrote = graph.is_out_channel_pruning_fn(dependency.handler)
            found = np.array(indices, np.int64).reshape(channels, -1)
            (writers if wrote else readers)[name].append(found)
        order = torch.argsort(scores, stable=True).tolist()
        modules = dict(self.dense.named_modules())
        convs = [name for name in writers if isinstance(modules[name], nn.Conv2d)]
        return PrunableLayer(
            min(convs, key=self._places.__getitem__),
            tuple(order),
            {name: np.concatenate(found, axis=1) for name, found in writers.items()},
            {name: np.concatenate(found, axis=1) for name, found in readers.items()},
        )


def _kept(network: nn.Module) -> list[nn.Module]:
    """List what keeps its outputs: the scores, and the squeezes of gates, which hold next to nothing."""
    found: list[nn.Module] = [m.reduce for m in network.modules() if isinstance(m, SqueezeExcitation)]
    last = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))][-1]
    return [*found, last]


def _graph(network: nn.Module) -> Any:  # noqa: ANN401 (Torch-Pruning has no types)
    """Trace a network for Torch-Pruning."""
    device = next(network.parameters()).device
    example = torch.zeros(1, 3, SIDE, SIDE, device=device)
    return torch_pruning.DependencyGraph().build_dependency(network, example)


def _shapes(network: nn.Module) -> dict[str, _Shape]:
    """Run a network once to find the sizes of its layers."""
    found: dict[str, _Shape] = {}
    hooks = []

    def note(name: str, module: nn.Module, outputs: torch.Tensor) -> None:
        positions = outputs[0, 0].numel() if outputs.ndim == 4 else 1
        found[name] = _shape(module, positions)

    for name, module in network.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear, nn.BatchNorm2d)):
            hooks.append(module.register_forward_hook(lambda m, _, out, name=name: note(name, m, out)))
    with torch.inference_mode():
        network(torch.zeros(1, 3, SIDE, SIDE, device=next(network.parameters()).device))
    for hook in hooks:
        hook.remove()
    return found


def _shape(module: nn.Module, positions: int) -> _Shape:
    if isinstance(module, nn.BatchNorm2d):
        # Runtimes fold it into the convolution before it; it holds a factor and an offset.
        return _Shape(module.num_features, 1, 0, 2, positions)
    bias = int(module.bias is not None)
    if isinstance(module, nn.Linear):
        return _Shape(module.out_features, module.in_features, 1, bias, 1)
    taps = module.kernel_size[0] * module.kernel_size[1]
    inputs = 1 if module.groups > 1 else module.in_channels
    return _Shape(module.out_channels, inputs, taps, bias, positions)
