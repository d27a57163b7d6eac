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

"""Student of a joint training: a level with its own input size."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from hand_tracking_dsp.compression.distillation.batch_geometry import SIZE, crop_grid, sampled
from hand_tracking_dsp.compression.distillation.batch_maker import LabelledBatch
from hand_tracking_dsp.compression.distillation.clean_crops import WEIGHT
from hand_tracking_dsp.compression.distillation.loss import Loss
from hand_tracking_dsp.compression.distillation.network import FEATURES, OnnxNetwork
from hand_tracking_dsp.compression.input_size import scale_landmarks, with_input_size
from hand_tracking_dsp.compression.pruning.reconstruction import Moments, best_ridge, solve
from hand_tracking_dsp.errors import ConfigurationError

_SURE = 0.2
"""Least weight of the samples that heads are fitted to."""


@dataclass(frozen=True, slots=True)
class JointTrainingOptions:
    """Options of a joint training.

    Attributes:
        seconds: Time to train for; the learning rate falls to 0 at its end.
        steps: Most batches; 0: as many as there is time for.
        learning_rate: Highest learning rate.
        warmup: Batches over which it rises.
        average: Decay of the running mean of the weights.
        checks: Number of validations, evenly spread.
        device: "cpu" or "cuda".
        half: Multiply in bfloat16.
        channels_last: Keep images with their channels last in memory.
        seed: Random seed.
    """

    seconds: float = 480.0
    steps: int = 0
    learning_rate: float = 4e-4
    warmup: int = 300
    average: float = 0.998
    checks: int = 8
    device: str = "cpu"
    half: bool = False
    channels_last: bool = True
    seed: int = 0


class Student:
    """A level in training.

    It is trained in pixels of 224, whatever the size of its input, and exported in pixels of its input.

    Args:
        name: Its name.
        model: Landmark network that it starts from, of any input size.
        size: Side of its input, pixels.
        options: Options of the training.
        fit: Crops with labels, to fit its heads to the teacher before training.
    """

    def __init__(
        self,
        name: str,
        model: onnx.ModelProto,
        size: int,
        options: JointTrainingOptions,
        fit: LabelledBatch,
    ) -> None:
        images, labels = fit
        self.name, self.size, self._options = name, size, options
        device = options.device
        self._format = torch.channels_last if options.channels_last else torch.contiguous_format
        self.network = OnnxNetwork(model).to(device, memory_format=self._format)
        self._grid = crop_grid(torch.tensor([[SIZE / 2, SIZE / 2, SIZE, 0.0]], device=device), size)
        self.bridge = nn.Linear(self.network.feature_width, labels[FEATURES].shape[1]).to(device)
        self._fit(images, labels)
        self.whole = nn.ModuleDict({"network": self.network, "bridge": self.bridge})
        self._trained = list(self.whole.parameters())
        self.optimizer = torch.optim.AdamW(
            self._trained, lr=0.0, betas=(0.9, 0.99), weight_decay=1e-4, fused=device == "cuda"
        )
        self.mean = copy.deepcopy(self.whole)
        self._averaged = list(self.mean.parameters())
        self.mean.requires_grad_(requires_grad=False)
        self.losses: list[Tensor] = []

    def seen(self, images: Tensor) -> Tensor:
        """Scale crops, [n, 3, 224, 224], as the tracker would cut them in this student's size."""
        if self.size != SIZE:
            images = sampled(images, self._grid.expand(len(images), -1, -1, -1))
        return images.contiguous(memory_format=self._format)

    def step(self, batch: LabelledBatch, learning_rate: float, number: int) -> None:
        """Train on a batch."""
        images, labels = batch
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        with self._arithmetic():
            found = self.network(self.seen(images))
        found[FEATURES] = self.bridge(found[FEATURES].float())
        loss = Loss(0.0)(found, labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
        self.optimizer.step()
        keep = min(self._options.average, (1 + number) / (10 + number))
        with torch.no_grad():
            torch._foreach_lerp_(self._averaged, self._trained, 1 - keep)
        self.losses.append(loss.detach())

    @torch.no_grad()
    def predict(self, images: Tensor, part: int = 128) -> dict[str, Tensor]:
        """Run the student with the running mean of its weights."""
        parts = []
        for some in images.split(part):
            with self._arithmetic():
                parts.append(self.mean["network"](self.seen(some)))
        return {name: torch.cat([one[name] for one in parts]) for name in parts[0]}

    def to_onnx(self) -> onnx.ModelProto:
        """Export the running mean, in pixels of its own input."""
        model = with_input_size(self.mean["network"].to_onnx(), self.size)
        if self.size != SIZE:
            scale_landmarks(model, self.size / SIZE)
        return model

    def _arithmetic(self) -> torch.autocast:
        """Return a context in which convolutions are multiplied as the options say."""
        return torch.autocast(self._options.device, torch.bfloat16, enabled=self._options.half)

    @torch.no_grad()
    def _fit(self, images: Tensor, labels: dict[str, Tensor]) -> None:
        """Fit the heads, for another input size, and the map to the teacher's features by least squares."""
        self.network.eval()
        with self._arithmetic():
            found = [self.network(self.seen(part))[FEATURES].float() for part in images.split(128)]
        features = torch.cat(found)
        hand = labels[WEIGHT] > _SURE
        if not hand.any():
            msg = "The dense network is sure of no hand in the pack: pack pictures that show hands clearly."
            raise ConfigurationError(msg)
        fits: dict[str, Tensor] = {FEATURES: labels[FEATURES].float()}
        heads = {n.output[0]: n.input for n in self.network.to_onnx().graph.node if n.op_type == "Gemm"}
        if self.size != SIZE:
            fits |= {name: labels[name] for name in ("landmarks", "world_landmarks")}
        for name, target in fits.items():
            if name == FEATURES:
                weight, bias = self.bridge.weight, self.bridge.bias
                weight.zero_()
            else:
                _, kernel, offset = (key.replace(".", "/") for key in heads[name])
                weight, bias = self.network.weights[kernel], self.network.weights[offset]
            fitted = ridge_map(features[hand], target[hand], weight)
            weight.copy_(fitted[0])
            bias.copy_(fitted[1])
        self.network.train()


def ridge_map(x: Tensor, y: Tensor, prior: Tensor) -> tuple[Tensor, Tensor]:
    """Fit a linear map by least squares that stays near another, as near as is best for samples held back.

    Args:
        x: float [n, k], in random order.
        y: float [n, m].
        prior: float [m, k], weights of the other.

    Returns:
        (float32 [m, k], weights; float32 [m], bias).
    """
    inputs, targets = (values.float().cpu().numpy() for values in (x, y))
    near = prior.detach().float().cpu().numpy().T
    held_back = max(len(inputs) // 4, 1)
    check, fit = (Moments.empty(*near.shape) for _ in range(2))
    check.add(inputs[:held_back], targets[:held_back])
    fit.add(inputs[held_back:], targets[held_back:])
    every = np.ones(len(near), dtype=bool)
    ridge = best_ridge(fit, check, near, every, np.ones(near.shape[1]))
    found = solve(fit + check, near, every, ridge)
    weight, bias = (torch.from_numpy(values).to(x.device, torch.float32) for values in found)
    return weight.T, bias
