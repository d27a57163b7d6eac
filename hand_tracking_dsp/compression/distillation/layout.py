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

"""Layout of images in which a device trains a network fastest."""

from __future__ import annotations

import time

import onnx
import torch
from torch import Tensor

from hand_tracking_dsp.compression.distillation.network import OnnxNetwork

_RUNS = 4
# A first run costs planning; it is weighed as what it is, once in so many.
_STEPS = 3000


def fastest_layout(model: onnx.ModelProto, images: Tensor, *, half: bool) -> tuple[bool, bool]:
    """Time a forward and a backward run in each layout, with and without cuDNN's tuning.

    Args:
        model: Network to train.
        images: float [n, 3, side, side], a batch on the device.
        half: Multiply in bfloat16.

    Returns:
        Whether images are to keep their channels last in memory, and whether cuDNN is to tune itself.
    """
    tuned = torch.backends.cudnn.benchmark
    choices = [
        (last, tune) for last in (True, False) for tune in ((False, True) if images.is_cuda else (False,))
    ]
    costs = {}
    for last, tune in choices:
        torch.backends.cudnn.benchmark = tune
        costs[last, tune] = _cost_s(model, images, last=last, half=half)
    torch.backends.cudnn.benchmark = tuned
    return min(costs, key=lambda choice: costs[choice])


def _cost_s(model: onnx.ModelProto, images: Tensor, *, last: bool, half: bool) -> float:
    """Estimate what a training costs, seconds."""
    layout = torch.channels_last if last else torch.contiguous_format
    network = OnnxNetwork(model).to(images.device, memory_format=layout)
    seen = images.contiguous(memory_format=layout)

    def seconds(runs: int) -> float:
        start = time.monotonic()
        for _ in range(runs):
            with torch.autocast(images.device.type, torch.bfloat16, enabled=half):
                found = network(seen)
            (found["landmarks"].sum() + found["presence"].sum()).backward()
            network.zero_grad(set_to_none=True)
        if images.is_cuda:
            torch.cuda.synchronize()
        return time.monotonic() - start

    first = seconds(1)
    return first + _STEPS * seconds(_RUNS) / _RUNS
