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

"""ONNX networks as graphs: their nodes, tensors and weights, found, cut out and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.utils import Extractor

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, keep_outputs

Array = NDArray[Any]

_BETWEEN = {"Clip", "GlobalAveragePool", "Flatten"}


class Graph:
    """Finds the nodes of a model by the tensors that they make and read."""

    def __init__(self, model: onnx.ModelProto) -> None:
        """Index a model; the index does not follow later changes."""
        self.nodes: dict[str, onnx.NodeProto] = {
            name: node for node in model.graph.node for name in node.output
        }
        self.readers: dict[str, list[onnx.NodeProto]] = {}
        for node in model.graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)

    def mixers(self, depthwise: onnx.NodeProto) -> tuple[onnx.NodeProto, ...]:
        """Follow the output through activation and mean to the layers that mix channels; () if unclear."""
        found = self.readers.get(depthwise.output[0], [])
        while len(found) == 1 and found[0].op_type in _BETWEEN:
            found = self.readers.get(found[0].output[0], [])
        clear = all(
            node.op_type == "Gemm" or (node.op_type == "Conv" and not is_depthwise(node)) for node in found
        )
        return tuple(found) if clear else ()


def parse_model(data: bytes, name: str) -> onnx.ModelProto:
    """Read an ONNX file; its name is for messages.

    Raises:
        ModelError: It is not an ONNX file.
    """
    try:
        model: onnx.ModelProto = onnx.load_from_string(data)
        onnx.checker.check_model(model)
    except Exception as error:  # Those of onnx and of protobuf share no other base.
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        msg = f"{name} is not an ONNX file ({reason}): restore it or export it again."
        raise ModelError(msg) from error
    return model


def parse_unchecked(data: bytes) -> onnx.ModelProto:
    """Read an ONNX file without checking its graph; what cannot be read gives an empty one."""
    try:
        model: onnx.ModelProto = onnx.load_from_string(data)
    except Exception:  # noqa: BLE001 (protobuf's own; its package is not a dependency)
        return onnx.ModelProto()
    return model


def attributes_of(node: onnx.NodeProto) -> dict[str, Any]:
    """Return the attributes of a node by name."""
    return {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}


def groups_of(node: onnx.NodeProto) -> int:
    """Return the number of groups of a convolution."""
    return int(attributes_of(node).get("group", 1))


def is_depthwise(node: onnx.NodeProto) -> bool:
    """Tell whether a node is a convolution that filters each channel by itself."""
    return node.op_type == "Conv" and groups_of(node) > 1


def read_weights(model: onnx.ModelProto) -> dict[str, Array]:
    """Return the initializers by name."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def write_weights(model: onnx.ModelProto, weights: Mapping[str, Array]) -> None:
    """Replace initializers, in place; the others stay."""
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            tensor.CopyFrom(numpy_helper.from_array(np.asarray(weights[tensor.name], order="C"), tensor.name))


def cut_out(model: onnx.ModelProto, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> onnx.ModelProto:
    """Take the part of a network between some tensors, as a network of its own."""
    part: onnx.ModelProto = Extractor(onnx.shape_inference.infer_shapes(model)).extract_model(
        list(inputs), list(outputs)
    )
    return part


def read_by_linear(model: onnx.ModelProto, output: str) -> str:
    """Name the tensor that the linear layer behind an output reads.

    Raises:
        ModelError: The output does not come from a linear layer.
    """
    node = next((node for node in model.graph.node if output in node.output), None)
    if node is None or node.op_type != "Gemm":
        msg = f"The output {output} does not come from a linear layer: give a landmark network of a bank."
        raise ModelError(msg)
    return str(node.input[0])


def without_output(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Return a network without one of its outputs and what serves that alone; the same where it has none."""
    others = {output.name for output in model.graph.output} - {name}
    if len(others) == len(model.graph.output):
        return model
    reduced = copied(model)
    keep_outputs(reduced, others)
    return reduced
