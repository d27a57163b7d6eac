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

"""The byte input: a network with the float input is given nodes that make it of a camera's bytes.

The whole of compression/ works on networks with the float input. A bank's files get the byte input when they
are written (files.write_bank) and lose it when they are read; both ways the bytes of a file are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.input_size import MIDDLE, middle_size, set_axes
from hand_tracking_dsp.compression.onnx_graph import Array, parse_model
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.composition.onnx_changes import copied, serialized, set_nodes
from hand_tracking_dsp.tracking.network_input import NetworkInput
from hand_tracking_dsp.tracking.types import Floats, Image

_IMAGE = "image"
_DEPTH = "depth"
_FLOATS = f"{_IMAGE}.floats"
# Bytes are moved before they become floats of four times the size. Not a Slice for the order of the channels:
# ONNX Runtime would move it before the Transpose, where it takes ten times as long. A DequantizeLinear is a
# Cast and a Mul in one, and ONNX Runtime takes it off against an INT8 network's QuantizeLinear.
_CONSTANTS: dict[str, Array] = {
    f"{_IMAGE}.order": np.array([2, 1, 0], np.int64),
    f"{_IMAGE}.step": np.array(1 / 255, np.float32),
    f"{_IMAGE}.zero": np.array(0, np.uint8),
}


def with_byte_input(network: bytes, name: str) -> bytes:
    """Give a network the byte input; one that has it already, or that sees depth, stays as it is.

    Args:
        network: ONNX file whose one input is float32 [1, 3, height, width], RGB, 0 to 1.
        name: Its name, for messages.

    Returns:
        ONNX file whose input is uint8 [1, height, width, 3], BGR, with the same outputs to the last bit.

    Raises:
        ModelError: It is not such a network.
    """
    model = parse_model(network, name)
    if _takes_bytes(model) or sees_depth(model):
        return network
    image = model.graph.input[0]
    sizes = [size.dim_value for size in image.type.tensor_type.shape.dim]
    taken = {tensor.name for tensor in model.graph.initializer} & _CONSTANTS.keys()
    if len(model.graph.input) != 1 or image.name != _IMAGE or sizes[:2] != [1, 3] or taken:
        msg = f"{name} does not take one image, float32 [1, 3, height, width]: export it to that contract."
        raise ModelError(msg)
    cut, seen = _cut(model)
    nodes = [_renamed(node, seen, _FLOATS) for node in model.graph.node[len(cut) :]]
    # Bytes are cut, not floats of four times the size.
    set_nodes(model, [*cut, *_head(seen), *nodes])
    set_axes(model, (1, 2))
    constants = [numpy_helper.from_array(value, key) for key, value in _CONSTANTS.items()]
    model.graph.initializer.extend(constants)
    shape = [1, *sizes[2:], 3]
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info(_IMAGE, TensorProto.UINT8, shape))
    onnx.checker.check_model(model)
    return serialized(model)


def with_float_input(network: bytes, name: str) -> bytes:
    """Take the byte input from a network that with_byte_input gave it; another one stays as it is.

    Raises:
        ModelError: It is not an ONNX file.
    """
    model = parse_model(network, name)
    cut, seen = _cut(model)
    head = _head(seen)
    if not _takes_bytes(model) or list(model.graph.node[len(cut) :][: len(head)]) != head:
        return network
    nodes = [_renamed(node, _FLOATS, seen) for node in model.graph.node[len(cut) + len(head) :]]
    set_nodes(model, [*cut, *nodes])
    set_axes(model, (2, 3))
    for tensor in [tensor for tensor in model.graph.initializer if tensor.name in _CONSTANTS]:
        model.graph.initializer.remove(tensor)
    _, *sides, _ = (size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim)
    image = helper.make_tensor_value_info(_IMAGE, TensorProto.FLOAT, [1, 3, *sides])
    model.graph.input[0].CopyFrom(image)
    return serialized(model)


def largest_difference(
    floats: bytes, taking_bytes: bytes, name: str, pictures: Sequence[Image] = (), noise: int = 8
) -> float:
    """Compare a network with the float input with the one made of it, in ONNX Runtime on the CPU.

    Args:
        floats: ONNX file with the float input.
        taking_bytes: ONNX file with the byte input.
        name: Their name, for messages.
        pictures: uint8 [height, width, 3], BGR, scaled to the networks' size.
        noise: Number of pictures of noise besides, half of them smooth.

    Returns:
        Largest absolute difference of all outputs; 0 means that they are the same to the last bit.

    Raises:
        BackendError: ONNX Runtime refuses a network.
    """
    sessions = [open_exact(floats, name), open_exact(taking_bytes, name)]
    fills = [_filler(session) for session in sessions]
    size = sessions[0].inputs[0].shape[-1]
    random = np.random.default_rng(0)
    grains = (size if number % 2 else size // 16 for number in range(noise))
    noises = (random.integers(0, 256, (grain, grain, 3), np.uint8) for grain in grains)
    worst = 0.0
    for picture in (*noises, *pictures):
        image: Image = cv2.resize(picture, (size, size))
        before, after = (session.run(fill(image)) for session, fill in zip(sessions, fills, strict=True))
        differences = [float(np.abs(a - b).max()) for a, b in zip(before, after, strict=True)]
        worst = float(np.max([worst, *differences]))
    return worst


def _filler(session: Session) -> Callable[[Image], Floats | Image]:
    """Return what makes the input of a network of a picture; one that sees depth takes its grey for that."""
    if session.inputs[0].name == _DEPTH:
        return lambda image: as_input(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    tensor = NetworkInput(session)
    return lambda image: tensor.fill(image, "bgr")


def _takes_bytes(model: onnx.ModelProto) -> bool:
    return [value.type.tensor_type.elem_type for value in model.graph.input] == [TensorProto.UINT8]


def sees_depth(model: onnx.ModelProto) -> bool:
    """Tell whether a network takes depth instead of an image."""
    return [value.name for value in model.graph.input] == [_DEPTH]


def _cut(model: onnx.ModelProto) -> tuple[list[onnx.NodeProto], str]:
    """Return the node that cuts out the middle, where there is one, and the tensor that the network sees."""
    return ([model.graph.node[0]], MIDDLE) if middle_size(model) else ([], _IMAGE)


def _head(image: str) -> list[onnx.NodeProto]:
    """Return the nodes: channels first, in the order RGB, from 0 to 1."""
    planes, rgb = f"{_IMAGE}.planes", f"{_IMAGE}.rgb"
    order, step, zero = _CONSTANTS
    return [
        helper.make_node("Transpose", [image], [planes], name=planes, perm=[0, 3, 1, 2]),
        helper.make_node("Gather", [planes, order], [rgb], name=rgb, axis=1),
        helper.make_node("DequantizeLinear", [rgb, step, zero], [_FLOATS], name=_FLOATS),
    ]


def _renamed(node: onnx.NodeProto, old: str, new: str) -> onnx.NodeProto:
    """Return a copy of a node that reads another tensor."""
    copy = copied(node)
    copy.input[:] = [new if name == old else name for name in node.input]
    return copy
