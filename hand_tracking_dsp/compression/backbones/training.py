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

"""Training of classifiers of signs, and their accuracy."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from hand_tracking_dsp.compression.backbones.sign_sets import SignPart

_SMOOTHING = 0.1
_DECAY = 1e-2
_BATCH_OF_MEASURES = 128

# Ranges of what training changes in a picture; no mirroring, which makes other signs of some.
_TURN, _ZOOM, _SHIFT, _CONTRAST, _BRIGHTNESS = 0.2, 0.15, 0.1, 0.3, 0.3


@dataclass(frozen=True, slots=True)
class SignTrainingOptions:
    """Settings of a training.

    Attributes:
        epochs: Number of times that each picture is seen.
        batch: Pictures in a batch.
        learning_rate: Highest learning rate, which is reached after a quarter of the steps.
        seed: Seed of order and augmentation.
    """

    epochs: int
    batch: int = 64
    learning_rate: float = 4e-3
    seed: int = 0


def train_on_signs(
    network: nn.Module,
    part: SignPart,
    options: SignTrainingOptions,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> nn.Module:
    """Train a copy of a network by cross-entropy (AdamW, one cycle of the learning rate).

    Args:
        network: Network as compression.backbones.networks makes them, pruned or not.
        part: Pictures to train on.
        options: Settings; 0 epochs: the copy is not changed.
        on_progress: Called with the epochs done and to do.

    Returns:
        The trained copy.
    """
    torch.manual_seed(options.seed)
    network = copy.deepcopy(network).train()
    network.to(memory_format=torch.channels_last)
    labels = torch.from_numpy(part.labels)
    batches = max(len(labels) // options.batch, 1)
    steps = options.epochs * batches
    optimizer = torch.optim.AdamW(
        network.parameters(), options.learning_rate, weight_decay=_DECAY, fused=True
    )
    if steps:
        rate = options.learning_rate
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps, pct_start=0.25)
    for epoch in range(options.epochs):
        for chosen in torch.randperm(len(labels)).chunk(batches):
            scores = network(augmented(part.images[chosen.numpy()]))
            loss = functional.cross_entropy(scores, labels[chosen], label_smoothing=_SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            cycle.step()
        on_progress(epoch + 1, options.epochs)
    return network.eval()


def accuracy(network: nn.Module, part: SignPart) -> float:
    """Return the share of pictures whose sign has the highest score (top-1), 0 to 1."""
    images, labels = to_tensor(part.images), torch.from_numpy(part.labels)
    network.eval()
    right = 0
    with torch.inference_mode():
        for first in range(0, len(labels), _BATCH_OF_MEASURES):
            own = slice(first, first + _BATCH_OF_MEASURES)
            right += int((network(to_input(images[own])).argmax(1) == labels[own]).sum())
    return right / len(labels)


def renew_statistics(network: nn.Module, images: torch.Tensor) -> None:
    """Take the means and variances of batch normalisation anew from images, in place.

    Where channels have left they are others; with them the accuracy before fine-tuning says which pruning
    will do well after it (adaptive batch normalisation: Li et al., EagleEye, ECCV 2020).

    Args:
        network: The network.
        images: uint8 [n, side, side, 3].
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        # None: the mean over all batches; here there is one.
        norm.momentum = None
    network.train()
    with torch.inference_mode():
        network(to_input(images))
    network.eval()
    for norm in norms:
        norm.momentum = 0.1


def to_tensor(images: NDArray[np.uint8]) -> torch.Tensor:
    """Return images as a tensor that shares their memory."""
    return torch.from_numpy(images)


def to_input(images: torch.Tensor) -> torch.Tensor:
    """Return what networks take, float32 [n, 3, side, side], -1 to 1, of uint8 [n, side, side, 3]."""
    # Their order in memory is the one in which convolutions are fastest.
    return images.permute(0, 3, 1, 2).to(torch.float32) / 127.5 - 1.0


def augmented(images: NDArray[np.uint8]) -> torch.Tensor:
    """Turn, zoom and shift images, and change their contrast and brightness, each at random.

    Args:
        images: uint8 [n, side, side, 3].

    Returns:
        What networks take, float32 [n, 3, side, side].
    """
    count, side = len(images), images.shape[1]
    draws = 2 * torch.rand(6, count) - 1
    moved = np.empty_like(images)
    # In floating point, and with PyTorch's own, it takes four times as long.
    for number, (turn, zoom, right, down) in enumerate(draws[:4].T.tolist()):
        matrix = cv2.getRotationMatrix2D(
            ((side - 1) / 2, (side - 1) / 2), math.degrees(_TURN * turn), 1 + _ZOOM * zoom
        )
        matrix[:, 2] += (_SHIFT * side * right, _SHIFT * side * down)
        moved[number] = cv2.warpAffine(
            images[number], matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    contrast, brightness = draws[4:].view(2, count, 1, 1, 1)
    found = to_input(torch.from_numpy(moved)).mul_(1 + _CONTRAST * contrast)
    return found.add_(_BRIGHTNESS * brightness)
