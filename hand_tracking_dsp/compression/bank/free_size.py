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

"""Palm detectors that take images of any size: the sides of their input get names instead of numbers.

A palm detector is convolutional: nothing in it but the lists of its boxes depends on the size of the image.
The whole of compression/ works on networks whose input is a square of known size. A bank's palm detectors get
free sides when they are written (files.write_bank) and lose them when they are read; both ways the bytes of a
file are the same.
"""

from __future__ import annotations

import math

import numpy as np
import onnx

from hand_tracking_dsp.compression.onnx_graph import parse_unchecked, read_weights, write_weights
from hand_tracking_dsp.tracking.backends.base import FREE_SIDES
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, serialized

_OUTPUTS = ["boxes", "scores"]
_COUNT = "count"
# Key under which the file says of what size it was.
_SIDE = "side"
_ANY = -1


def with_free_size(network: bytes) -> bytes:
    """Let a palm detector take images of any height and width that 32 divides.

    Returns:
        ONNX file whose input has the sides base.FREE_SIDES; the same file where it is no palm detector or has
        them already, and where it is not an ONNX file, which is said where it is opened.
    """
    model = parse_unchecked(network)
    lists = _lists(model)
    if [output.name for output in model.graph.output] != _OUTPUTS or not lists:
        return network
    sides = _sides(model)
    side = sides[0].dim_value
    for one, free in zip(sides, FREE_SIDES, strict=True):
        one.dim_param = free
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = _COUNT
    write_weights(model, {key: np.array([1, _ANY, last], np.int64) for key, (_, last) in lists.items()})
    model.metadata_props.add(key=_SIDE, value=str(side))
    freed = serialized(model)
    # Files of other tools may be written in a way that does not come back.
    return freed if side and with_fixed_size(freed) == network else network


def with_fixed_size(network: bytes) -> bytes:
    """Give a network that with_free_size made its size again; another one stays as it is."""
    model = parse_unchecked(network)
    side = _kept(model)
    if side is None:
        return network
    model.metadata_props.remove(side)
    for one in _sides(model):
        one.dim_value = int(side.value)
    lists = _lists(model)
    lengths = {key: _length(model, source) // last for key, (source, last) in lists.items()}
    shapes = {key: np.array([1, lengths[key], last], np.int64) for key, (_, last) in lists.items()}
    write_weights(model, shapes)
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[1].dim_value = sum(lengths.values()) // len(_OUTPUTS)
    return serialized(model)


def has_free_size(network: bytes) -> bool:
    """Tell whether with_free_size made a network, an ONNX file."""
    return _kept(parse_unchecked(network)) is not None


def _kept(model: onnx.ModelProto) -> onnx.StringStringEntryProto | None:
    return next((one for one in model.metadata_props if one.key == _SIDE and one.value.isdecimal()), None)


def _lists(model: onnx.ModelProto) -> dict[str, tuple[str, int]]:
    """Find the lists of boxes: by the name of the shape that makes one, its source and a box's numbers."""
    weights = read_weights(model)
    found = {}
    for node in model.graph.node:
        shape = weights.get(node.input[1]) if node.op_type == "Reshape" else None
        if shape is not None and len(shape) == 3:
            found[node.input[1]] = (node.input[0], int(shape[2]))
    return found


def _length(model: onnx.ModelProto, tensor: str) -> int:
    """Return the number of a tensor's elements."""
    probe = copied(model)
    inferred = onnx.shape_inference.infer_shapes(probe).graph.value_info
    (value,) = (one for one in inferred if one.name == tensor)
    return math.prod(size.dim_value for size in value.type.tensor_type.shape.dim)


def _sides(model: onnx.ModelProto) -> list[onnx.TensorShapeProto.Dimension]:
    """Return height and width of the image: bytes have their channels last."""
    image = model.graph.input[0].type.tensor_type
    shape = image.shape.dim
    return list(shape[1:3] if image.elem_type == onnx.TensorProto.UINT8 else shape[2:4])
