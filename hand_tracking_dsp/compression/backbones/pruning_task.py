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

"""Dense network that an agent prunes, and the feedback that it gets before any fine-tuning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hand_tracking_dsp.compression.backbones.layers import PrunableNetwork
from hand_tracking_dsp.compression.backbones.results import Shares
from hand_tracking_dsp.compression.backbones.sign_sets import SignPart, SignSet
from hand_tracking_dsp.compression.backbones.training import accuracy, renew_statistics, to_tensor

Floats = NDArray[np.float32]

_STATISTICS_ON = 32


@dataclass(frozen=True, slots=True, eq=False)
class PruningFeedback:
    """Figures of a pruned network before fine-tuning.

    Attributes:
        accuracy: Top-1 accuracy on pictures of the validation part, 0 to 1.
        power: Estimate: multiply-accumulate operations relative to the dense network's.
        inputs: Mean and variance of each layer's input, float32 [layers, 2].
    """

    accuracy: float
    power: float
    inputs: Floats


class PruningTask:
    """Dense network that an agent prunes; what it has evaluated it does not evaluate again.

    Args:
        network: The dense network and its layers.
        signs: Data set, of which pictures to train on renew the statistics of batch normalisation, and those
            of the validation part give the accuracy.
        feedback: Number of these, at most.
    """

    def __init__(self, network: PrunableNetwork, signs: SignSet, feedback: int) -> None:
        self.network = network
        images, labels = signs.parts["validation"].images, signs.parts["validation"].labels
        self._judged = SignPart(
            images[_evenly(len(images), feedback)], labels[_evenly(len(images), feedback)]
        )
        self._known = images_for_statistics(signs)
        self._found: dict[Shares, PruningFeedback] = {}

    def figures(self) -> Floats:
        """Return each layer's share of the MACs and of the parameters that can leave, float32 [layers, 2]."""
        sizes = np.array([(one.macs, one.parameters) for one in self.network.own_sizes()], np.float32)
        shares: Floats = (sizes / sizes.sum(axis=0)).astype(np.float32)
        return shares

    def evaluate(self, shares: Shares) -> PruningFeedback:
        """Prune, renew the statistics of batch normalisation, and measure."""
        if shares not in self._found:
            pruned = self.network.prune(shares)
            pruned.to(memory_format=torch.channels_last)
            renew_statistics(pruned, self._known)
            inputs = np.zeros((len(self.network.layers), 2), np.float32)
            self._note_inputs(pruned, inputs)
            power = self.network.size_of(shares).macs / self.network.size.macs
            self._found[shares] = PruningFeedback(accuracy(pruned, self._judged), power, inputs)
        return self._found[shares]

    def _note_inputs(self, pruned: nn.Module, into: Floats) -> None:
        """Let a network write the mean and variance of its layers' inputs, of the batch that it sees last."""
        modules = dict(pruned.named_modules())
        for index, layer in enumerate(self.network.layers):

            def note(_: nn.Module, inputs: tuple[torch.Tensor], index: int = index) -> None:
                variance, mean = torch.var_mean(inputs[0])
                into[index] = float(mean), float(variance)

            modules[layer.name].register_forward_pre_hook(note)


def images_for_statistics(signs: SignSet) -> torch.Tensor:
    """Return the images that statistics of batch normalisation are renewed on, uint8 [n, side, side, 3]."""
    known = signs.parts["train"].images
    return to_tensor(known[_evenly(len(known), _STATISTICS_ON)])


def _evenly(total: int, count: int) -> NDArray[np.int64]:
    """Return indices of at most count of total things, spread evenly."""
    found: NDArray[np.int64] = np.linspace(0, total - 1, min(count, total)).round().astype(np.int64)
    return found
