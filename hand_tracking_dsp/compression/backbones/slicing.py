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

"""Channels taken out of a network's layers; which belong together says compression.backbones.layers."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

Indices = NDArray[np.int64]


def without_channels(
    network: nn.Module, outputs: Mapping[str, Sequence[Indices]], inputs: Mapping[str, Sequence[Indices]]
) -> nn.Module:
    """Return a copy of a network without some channels.

    Torch-Pruning does it, too, but traces the network again for each, which takes ten times as long.

    Args:
        network: The network.
        outputs: Numbers of the outputs that layers lose, by their names: int64 [n] each.
        inputs: Numbers of the inputs that they lose.
    """
    found = copy.deepcopy(network)
    for name, module in found.named_modules():
        if name in outputs:
            _remove_outputs(module, np.concatenate(outputs[name]))
        if name in inputs:
            _remove_inputs(module, np.concatenate(inputs[name]))
    return found


def _remove_outputs(module: nn.Module, removed: Indices) -> None:
    """Take outputs out of a layer, in place; channels of a depthwise convolution, or of a normalisation."""
    kept = _others(module.weight.shape[0], removed)
    if isinstance(module, nn.BatchNorm2d):
        module.num_features = len(kept)
        _select(module, "running_mean", kept, 0)
        _select(module, "running_var", kept, 0)
    elif isinstance(module, nn.Linear):
        module.out_features = len(kept)
    else:
        if module.groups > 1:
            module.in_channels = module.groups = len(kept)
        module.out_channels = len(kept)
    _select(module, "weight", kept, 0)
    _select(module, "bias", kept, 0)


def _remove_inputs(module: nn.Module, removed: Indices) -> None:
    """Take inputs out of a convolution or dense layer, in place."""
    kept = _others(module.weight.shape[1], removed)
    if isinstance(module, nn.Linear):
        module.in_features = len(kept)
    else:
        module.in_channels = len(kept)
    _select(module, "weight", kept, 1)


def _others(count: int, removed: Indices) -> torch.Tensor:
    return torch.from_numpy(np.setdiff1d(np.arange(count), removed))


def _select(module: nn.Module, name: str, kept: torch.Tensor, axis: int) -> None:
    """Keep some entries of a parameter or buffer, where the module has it."""
    values = getattr(module, name)
    if values is None:
        return
    found = values.detach().index_select(axis, kept.to(values.device))
    setattr(module, name, nn.Parameter(found) if isinstance(values, nn.Parameter) else found)
