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

"""Head that predicts how far a level's own landmarks are off, from the features that its other heads read."""

from __future__ import annotations

import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from hand_tracking_dsp.compression.onnx_graph import read_by_linear, without_output
from hand_tracking_dsp.tracking.composition.onnx_changes import copied

ERROR = "error_percent"
"""Name of the output: expected deviation of the landmarks, % of palm."""

_HIDDEN = 64
_LOWEST, _HIGHEST = -1.0, 5.0
"""Limits of its natural logarithm: 0.4 and 148 %."""

_START_PERCENT = 5.0


class ErrorHead(nn.Module):
    """Two linear layers that give the natural logarithm of the expected deviation.

    Args:
        width: Number of features.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, _HIDDEN)
        self.last = nn.Linear(_HIDDEN, 1)
        nn.init.zeros_(self.last.weight)
        nn.init.constant_(self.last.bias, torch.tensor(_START_PERCENT).log().item())

    def forward(self, features: Tensor) -> Tensor:
        """Predict the logarithm, float [n], of features, [n, width], which learn nothing from it."""
        found: Tensor = self.last(self.hidden(features.detach().float()).relu())
        return found.flatten().clamp(_LOWEST, _HIGHEST)


def error_loss(logarithm: Tensor, percent: Tensor, weight: Tensor) -> Tensor:
    """Compute the loss of predicted deviations: least where they are the mean of those that are met.

    It is the negative logarithm of the likelihood of an exponential distribution.

    Args:
        logarithm: float [n], of the expected deviation.
        percent: float [n], the deviation met, % of palm; NaN where there is none.
        weight: float [n], how much each counts.
    """
    counted = weight * (~percent.isnan()).float()
    each = percent.nan_to_num() * (-logarithm).exp() + logarithm
    return (each * counted).sum() / counted.sum().clamp(min=1)


def with_error_head(model: onnx.ModelProto, head: ErrorHead) -> onnx.ModelProto:
    """Give a landmark network the output error_percent, float32 [1, 1], instead of one that it may have.

    Raises:
        ModelError: Its landmarks do not come from a linear layer.
    """
    extended = copied(without_output(model, ERROR))
    features = read_by_linear(model, "landmarks")
    constants = {
        "head.error.hidden.weight": head.hidden.weight,
        "head.error.hidden.bias": head.hidden.bias,
        "head.error.weight": head.last.weight,
        "head.error.bias": head.last.bias,
        "head.error.lowest": torch.tensor(_LOWEST),
        "head.error.highest": torch.tensor(_HIGHEST),
    }
    for name, values in constants.items():
        array = values.detach().float().cpu().numpy()
        extended.graph.initializer.append(numpy_helper.from_array(array, name))
    extended.graph.node.extend(
        [
            helper.make_node(
                "Gemm",
                [features, "head.error.hidden.weight", "head.error.hidden.bias"],
                ["error.hidden"],
                "head.error.hidden",
                transB=1,
            ),
            helper.make_node("Relu", ["error.hidden"], ["error.relu"], "head.error.relu"),
            helper.make_node(
                "Gemm",
                ["error.relu", "head.error.weight", "head.error.bias"],
                ["error.logarithm"],
                "head.error",
                transB=1,
            ),
            helper.make_node(
                "Clip",
                ["error.logarithm", "head.error.lowest", "head.error.highest"],
                ["error.limited"],
                "head.error.clip",
            ),
            helper.make_node("Exp", ["error.limited"], [ERROR], "head.error.exp"),
        ]
    )
    extended.graph.output.append(helper.make_tensor_value_info(ERROR, onnx.TensorProto.FLOAT, [1, 1]))
    onnx.checker.check_model(extended)
    return extended
