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

import onnx
import torch
from torch import Tensor, nn

from hand_tracking_dsp.compression.distillation.batch_geometry import SIZE, crop_grid, sampled
from hand_tracking_dsp.compression.distillation.batch_maker import LabelledBatch
from hand_tracking_dsp.compression.distillation.clean_crops import WEIGHT
from hand_tracking_dsp.compression.distillation.head_fit import robust_map
from hand_tracking_dsp.compression.distillation.loss import WORLD_PALM_M, Loss, palm_px
from hand_tracking_dsp.compression.distillation.network import FEATURES, OnnxNetwork
from hand_tracking_dsp.compression.input_size import InputSize, without_middle
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
        size: Size of its input.
        options: Options of the training.
        fit: Crops with labels, to fit its heads to the teacher before training.
    """

    def __init__(
        self,
        name: str,
        model: onnx.ModelProto,
        size: InputSize,
        options: JointTrainingOptions,
        fit: LabelledBatch,
    ) -> None:
        images, labels = fit
        self.name, self._size, self._options = name, size, options
        device = options.device
        self._format = torch.channels_last if options.channels_last else torch.contiguous_format
        self.network = OnnxNetwork(without_middle(model)).to(device, memory_format=self._format)
        region = torch.tensor([[SIZE / 2, SIZE / 2, SIZE, 0.0]], device=device)
        self._grid = crop_grid(region, size.side)
        self.bridge = nn.Linear(self.network.feature_width, labels[FEATURES].shape[1]).to(device)
        whole = InputSize(SIZE, SIZE)
        self._fit(images, labels, heads_too=not size == InputSize.read(model) == whole)
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
        """Scale crops, [n, 3, 224, 224], as the tracker would cut them, and take what the student sees."""
        if self._size.side != SIZE:
            images = sampled(images, self._grid.expand(len(images), -1, -1, -1))
        start = (self._size.side - self._size.seen) // 2
        images = images.narrow(2, start, self._size.seen).narrow(3, start, self._size.seen)
        return images.contiguous(memory_format=self._format)

    def step(self, batch: LabelledBatch, learning_rate: float, number: int) -> None:
        """Train on a batch."""
        images, labels = batch
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        with self._arithmetic():
            found = self._found(images)
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
        return self._size.of(self.mean["network"].to_onnx())

    def _found(self, images: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = self.network(self.seen(images))
        return found

    def _arithmetic(self) -> torch.autocast:
        """Return a context in which convolutions are multiplied as the options say."""
        return torch.autocast(self._options.device, torch.bfloat16, enabled=self._options.half)

    @torch.no_grad()
    def _fit(self, images: Tensor, labels: dict[str, Tensor], *, heads_too: bool) -> None:
        """Fit the map to the teacher's features, and the heads where they are of another size or pixel."""
        self.network.eval()
        with self._arithmetic():
            found = [self.network(self.seen(part))[FEATURES].float() for part in images.split(128)]
        features = torch.cat(found)
        hand = labels[WEIGHT] > _SURE
        if not hand.any():
            msg = "The dense network is sure of no hand in the pack: pack pictures that show hands clearly."
            raise ConfigurationError(msg)
        palm = palm_px(labels["landmarks"])[hand]
        fits: dict[str, Tensor | None] = {FEATURES: None}
        if heads_too:
            fits |= {"landmarks": palm, "world_landmarks": torch.full_like(palm, WORLD_PALM_M)}
        heads = {n.output[0]: n.input for n in self.network.to_onnx().graph.node if n.op_type == "Gemm"}
        for name, scale in fits.items():
            if name == FEATURES:
                weight, bias = self.bridge.weight, self.bridge.bias
                weight.zero_()
            else:
                _, kernel, offset = (key.replace(".", "/") for key in heads[name])
                weight, bias = self.network.weights[kernel], self.network.weights[offset]
            target = labels[name][hand].float()
            fitted = robust_map(features[hand], target, weight, scale, labels[WEIGHT][hand])
            weight.copy_(fitted[0])
            bias.copy_(fitted[1])
        self.network.train()
