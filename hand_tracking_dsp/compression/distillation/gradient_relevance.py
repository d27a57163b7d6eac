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

"""Relevance of connections: R(c) = (dL/dw)² of every weight, accumulated over pictures with PyTorch.

At the dense network's own outputs a distance has no gradient. So L is the squared distance of the
landmarks, in palm sizes, from labels drawn around these outputs with a standard deviation of one palm size:
the sum is the diagonal of the Fisher information of a network with such errors
(Theis et al., Faster gaze prediction with dense networks and Fisher pruning, 2018).
"""

from __future__ import annotations

import numpy as np
import onnx
import torch

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.distillation.network import OnnxNetwork
from hand_tracking_dsp.compression.onnx_graph import Array, read_weights
from hand_tracking_dsp.compression.pruning.criteria import Relevance, channel_sums
from hand_tracking_dsp.hand import JOINT_COUNT, Joint

_SMALLEST_PALM_PX = 12.0


def weight_relevance(model: onnx.ModelProto, crops: Crops, seed: int = 0) -> dict[str, Array]:
    """Accumulate the squared gradient of every weight of an fp32 network, one picture at a time.

    Returns:
        Mean over crops by the weight's name, float64 of the weight's shape.

    Raises:
        ModelError: The network has an operator that OnnxNetwork does not support.
    """
    network = OnnxNetwork(model)
    threads = torch.get_num_threads()
    # One picture at a time is too little work for several threads.
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(seed)
    sums = {name: np.zeros(value.shape) for name, value in read_weights(model).items() if value.ndim}
    try:
        for image in crops.images:
            network.zero_grad()
            loss = _loss(network(torch.from_numpy(as_input(image)))["landmarks"], generator)
            loss.backward()
            for name in sums:
                gradient = network.weight(name).grad
                if gradient is not None:
                    sums[name] += np.square(gradient.numpy().astype(np.float64))
    finally:
        torch.set_num_threads(threads)
    return {name: total / len(crops) for name, total in sums.items()}


def gradient_relevance(model: onnx.ModelProto, crops: Crops, seed: int = 0) -> Relevance:
    """Sum R(c) over the weights of each hidden channel; a pruning.criteria.Criterion.

    Raises:
        ModelError: See weight_relevance.
    """
    return channel_sums(model, weight_relevance(model, crops, seed))


def _loss(landmarks: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return half the squared distance, in palm sizes, of [1, 63] landmarks from labels drawn around them."""
    points = landmarks.view(JOINT_COUNT, 3)[:, :2]
    fixed = points.detach()
    palm = (fixed[Joint.WRIST] - fixed[Joint.MIDDLE_MCP]).norm().clamp(min=_SMALLEST_PALM_PX)
    labels = fixed + palm * torch.randn(fixed.shape, generator=generator)
    loss: torch.Tensor = (((points - labels) / palm) ** 2).sum() / 2
    return loss
