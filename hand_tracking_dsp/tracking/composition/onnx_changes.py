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

"""Changes of ONNX networks in place: nodes, groups and outputs, and what no output needs any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

import onnx

Proto = TypeVar("Proto", onnx.ModelProto, onnx.NodeProto, onnx.TensorProto, onnx.ValueInfoProto)


def serialized(model: onnx.ModelProto) -> bytes:
    """Return the ONNX file of a network, the same for the same network."""
    return bytes(model.SerializeToString(deterministic=True))


def copied(proto: Proto) -> Proto:
    """Return a copy of a network or a part of one that can be changed."""
    copy = type(proto)()
    copy.CopyFrom(proto)
    return copy


def set_groups(node: onnx.NodeProto, count: int) -> None:
    """Change the number of groups of a convolution that has several, in place."""
    next(item for item in node.attribute if item.name == "group").i = count


def set_nodes(model: onnx.ModelProto, nodes: Iterable[onnx.NodeProto]) -> None:
    """Replace the nodes of a network, in place."""
    # Protocol buffers' repeated fields are emptied before their own members are put back.
    kept = [copied(node) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(kept)


def keep_outputs(model: onnx.ModelProto, names: Collection[str]) -> None:
    """Keep some of the outputs, and the nodes and initializers that they need, in place."""
    outputs = [copied(output) for output in model.graph.output if output.name in names]
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    drop_unused(model)


def drop_unused(model: onnx.ModelProto) -> None:
    """Remove nodes and initializers that no output needs, in place."""
    needed = {output.name for output in model.graph.output}
    kept = []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            needed.update(node.input)
            kept.append(node)
    set_nodes(model, reversed(kept))
    initializers = [copied(tensor) for tensor in model.graph.initializer if tensor.name in needed]
    del model.graph.initializer[:]
    model.graph.initializer.extend(initializers)
