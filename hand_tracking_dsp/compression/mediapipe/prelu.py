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

"""PReLU in a form that runtimes run fast."""

from __future__ import annotations

from typing import Any

import onnx
from numpy.typing import NDArray
from onnx import helper


def prelu_nodes(
    name: str, source: str, target: str, slopes: NDArray[Any]
) -> tuple[list[onnx.NodeProto], dict[str, NDArray[Any]]]:
    """Write PReLU(x) as slope * x + (1 - slope) * ReLU(x), with slopes float32 [channels, 1, 1].

    ONNX Runtime's PRelu kernel walks its operands element by element and takes half of the palm
    detector's time; ReLU fuses with what stands before it, and products and sums are vectorised.

    Returns:
        The nodes, and their weights by name, all prefixed by the name.
    """
    positive, rectified, scaled = f"{name}.positive", f"{name}.rectified", f"{name}.scaled"
    slope, rest = f"{name}.slope", f"{name}.one_less_slope"
    nodes = [
        helper.make_node("Relu", [source], [positive], name=f"{name}.relu"),
        helper.make_node("Mul", [positive, rest], [rectified], name=f"{name}.rectify"),
        helper.make_node("Mul", [source, slope], [scaled], name=f"{name}.scale"),
        helper.make_node("Add", [rectified, scaled], [target], name=f"{name}.add"),
    ]
    return nodes, {slope: slopes, rest: 1 - slopes}
