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

"""Weights kept as float16 in a file, where that loses nothing, and a Cast in front of them.

MediaPipe publishes its networks' weights as float16, so that files with float32 are twice as long as they
need be. Runtimes cast such weights once, when they load a network. The whole of compression/ works on
float32: a bank's files are packed when they are written (files.write_bank) and unpacked when they are read;
both ways the bytes of a file are the same.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hand_tracking_dsp.compression.onnx_graph import parse_unchecked
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, serialized, set_nodes

_SUFFIX = ".float16"
# Below that a Cast takes about as many bytes as it saves.
_LEAST_WEIGHTS = 1024


def with_half_weights(network: bytes) -> bytes:
    """Keep the float32 weights of an ONNX file as float16 where the Cast gives the same bits again.

    Returns:
        ONNX file with the same outputs to the last bit; the same file where no weights can be kept so, and
        where it is not an ONNX file, which is said where it is opened.
    """
    model = parse_unchecked(network)
    given = {value.name for value in (*model.graph.input, *model.graph.output)}
    casts = []
    for tensor in model.graph.initializer:
        if tensor.name in given or (half := _halved(tensor)) is None:
            continue
        casts.append(_cast(tensor.name))
        tensor.CopyFrom(half)
    if not casts:
        return network
    set_nodes(model, [*casts, *map(copied, model.graph.node)])
    packed = serialized(model)
    # Files of other tools may order their bytes in a way that does not come back.
    return packed if with_float_weights(packed) == network else network


def rounded_to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Round the float32 weights of a network to the nearest float16, so that its file can keep them so."""
    rounded = copied(model)
    for tensor in rounded.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= _LEAST_WEIGHTS:
            values = numpy_helper.to_array(tensor)
            largest = float(np.finfo(np.float16).max)
            halves = np.clip(values, -largest, largest).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(halves.astype(np.float32), tensor.name))
    return rounded


def with_float_weights(network: bytes) -> bytes:
    """Give a file that with_half_weights made its float32 weights again; another one stays as it is."""
    model = parse_unchecked(network)
    halves = {one.name: one for one in model.graph.initializer if one.data_type == TensorProto.FLOAT16}
    count = 0
    for node in model.graph.node:
        if len(node.output) != 1 or node != _cast(node.output[0]) or node.input[0] not in halves:
            break
        tensor = halves[node.input[0]]
        values = numpy_helper.to_array(tensor).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(values, node.output[0]))
        count += 1
    if not count:
        return network
    set_nodes(model, list(map(copied, model.graph.node[count:])))
    return serialized(model)


def _halved(tensor: TensorProto) -> TensorProto | None:
    """Return weights as float16 under a name of their own; None where that loses some, or is not worth it."""
    if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _LEAST_WEIGHTS:
        return None
    values = numpy_helper.to_array(tensor)
    with np.errstate(over="ignore"):
        halves = values.astype(np.float16)
    if not np.array_equal(halves.astype(np.float32).view(np.uint32), values.view(np.uint32)):
        return None
    return numpy_helper.from_array(halves, tensor.name + _SUFFIX)


def _cast(name: str) -> onnx.NodeProto:
    """Return the node that makes float32 weights of a name."""
    return helper.make_node("Cast", [name + _SUFFIX], [name], name=f"{name}.cast", to=TensorProto.FLOAT)
