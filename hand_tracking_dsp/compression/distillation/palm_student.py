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

"""A palm detector in training on frames of several sizes."""

from __future__ import annotations

import copy
from typing import Any

import onnx
import torch
from torch import Tensor, nn

from hand_tracking_dsp.compression.distillation.batch_maker import LabelledBatch
from hand_tracking_dsp.compression.distillation.network import OnnxNetwork
from hand_tracking_dsp.compression.distillation.palm_frames import any_size
from hand_tracking_dsp.compression.distillation.palm_loss import PalmLoss
from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions

_WEIGHT_DECAY = 1e-4


class PalmStudent:
    """A palm detector in training, with the running mean of its weights.

    Args:
        name: Its name.
        model: Palm network with the float input that it starts from; its PReLUs' slopes stay.
        options: Options of the training.
        depthwise: Train depthwise kernels, too.
    """

    def __init__(
        self, name: str, model: onnx.ModelProto, options: JointTrainingOptions, *, depthwise: bool = True
    ) -> None:
        self.name, self._options = name, options
        self._format = torch.channels_last if options.channels_last else torch.contiguous_format
        network = any_size(OnnxNetwork(model))
        network.freeze_constants()
        if not depthwise:
            network.freeze_depthwise()
        self.whole: nn.Module = network.to(options.device, memory_format=self._format)
        self._taught = [weight for weight in self.whole.parameters() if weight.requires_grad]
        fused = options.device == "cuda"
        self.optimizer = torch.optim.AdamW(
            self._taught, lr=0.0, betas=(0.9, 0.99), weight_decay=_WEIGHT_DECAY, fused=fused
        )
        self.mean = copy.deepcopy(network).requires_grad_(requires_grad=False)
        self.losses: list[Tensor] = []
        self._loss = PalmLoss(others=None)

    def step(self, batch: LabelledBatch, learning_rate: float, number: int) -> None:
        """Train on a batch."""
        images, labels = batch
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        loss = self._loss(self._found(self.whole, images), labels)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._taught, 1.0)
        self.optimizer.step()
        keep = min(self._options.average, (1 + number) / (10 + number))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.mean.parameters()), list(self.whole.parameters()), 1 - keep)
        self.losses.append(loss.detach())

    @torch.no_grad()
    def predict(self, images: Tensor, part: int = 32) -> dict[str, Tensor]:
        """Run the running mean on frames, float [n, 3, side, side]: boxes and scores."""
        parts = [self._found(self.mean, some) for some in images.split(part)]
        return {name: torch.cat([one[name].float() for one in parts]) for name in ("boxes", "scores")}

    def to_onnx(self) -> onnx.ModelProto:
        """Export the running mean, of the size that it was given in."""
        model: onnx.ModelProto = self.mean.to_onnx()
        return model

    def _found(self, network: nn.Module, images: Tensor) -> dict[str, Tensor]:
        with torch.autocast(self._options.device, torch.bfloat16, enabled=self._options.half):
            found: dict[str, Tensor] = network(images.contiguous(memory_format=self._format))
        return found


def measure_palms(found: dict[str, Tensor], labels: dict[str, Tensor]) -> dict[str, Any]:
    """Measure a detector on frames.

    Returns:
        Of frames in which the labels have a palm: share in which it is missed, %. Of the others: share in
        which one is seen, %.
    """
    wrong = PalmLoss().error(found, labels)
    palm = (labels["scores"] > 0).any(1)
    parts = {"missed": wrong[palm], "false": wrong[~palm]}
    return {name: round(values.mean().item(), 2) for name, values in parts.items() if len(values)}
