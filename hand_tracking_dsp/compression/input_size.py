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

"""Landmark networks with inputs of other sizes, and such that see the middle of their input alone.

Around a hand a crop shows room that hardly says anything. Its middle in the pixels as they are costs as much
less as the whole crop made smaller, and loses less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.contract import LANDMARKS

MIDDLE = "image.middle"
"""Name of the tensor and of the node that cuts it out."""

_SMALLEST, _STEP = 64, 8


@dataclass(frozen=True, slots=True)
class InputSize:
    """Size of a network's square input, and of what the network sees of it.

    Attributes:
        seen: Side of the middle that the network sees, pixels.
        side: Side of the input, pixels.
    """

    seen: int
    side: int

    @classmethod
    def parse(cls, text: str) -> InputSize:
        """Read SIDE, or SEEN/SIDE.

        Raises:
            ConfigurationError: It is neither, or no such size is possible.
        """
        seen, slash, side = text.partition("/")
        sides = [seen, side if slash else seen]
        if all(map(str.isdecimal, sides)):
            size = cls(*map(int, sides))
            if _SMALLEST <= size.seen <= size.side <= LANDMARKS.size and not (size.seen | size.side) % _STEP:
                return size
        msg = (
            f"The size {text!r} cannot be had: give the side of the input, a multiple of {_STEP} from "
            f"{_SMALLEST} to {LANDMARKS.size}, for example 192; or the side of the middle that the network "
            f"sees and that of the input, 192/224."
        )
        raise ConfigurationError(msg)

    @classmethod
    def read(cls, model: onnx.ModelProto) -> InputSize:
        """Read the size that a network has."""
        side = input_side(model)
        return cls(middle_size(model) or side, side)

    def __str__(self) -> str:
        """Return it as parse reads it."""
        return f"{self.seen}" if self.seen == self.side else f"{self.seen}/{self.side}"

    def of(self, model: onnx.ModelProto) -> onnx.ModelProto:
        """Give a landmark network that gives pixels of 224 this size, and let it give those of its input.

        Its last map is pooled as a whole, so that any size fits; its heads are those of the old size.
        """
        sized = copied(without_middle(model))
        _set_size(sized.graph.input[0], self.seen)
        del sized.graph.value_info[:]
        if self.side != LANDMARKS.size:
            _scale_landmarks(sized, self.side / LANDMARKS.size)
        return sized if self.seen == self.side else with_middle(sized, self.side)


def with_middle(model: onnx.ModelProto, size: int) -> onnx.ModelProto:
    """Give a network a larger input, of which it sees the middle alone.

    Args:
        model: Network whose one input is float32 [1, 3, height, width] or uint8 [1, height, width, 3].
        size: Side of the larger input, pixels.
    """
    larger = copied(model)
    image = larger.graph.input[0]
    axes = _square(image)
    side = input_side(larger)
    start = (size - side) // 2
    _rename(larger, image.name, MIDDLE)
    _set_size(image, size)
    bounds = {"starts": [start] * 2, "ends": [start + side] * 2, "axes": axes}
    names = [f"{MIDDLE}.{name}" for name in bounds]
    for name, value in zip(names, bounds.values(), strict=True):
        larger.graph.initializer.append(numpy_helper.from_array(np.array(value, np.int64), name))
    cut = helper.make_node("Slice", [image.name, *names], [MIDDLE], name=MIDDLE)
    larger.graph.node.insert(0, cut)
    return larger


def without_middle(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take away what with_middle added: a network whose input is the middle; another one stays as it is."""
    middle = middle_size(model)
    if middle is None:
        return model
    smaller = copied(model)
    bounds = set(smaller.graph.node[0].input[1:])
    for tensor in [tensor for tensor in smaller.graph.initializer if tensor.name in bounds]:
        smaller.graph.initializer.remove(tensor)
    del smaller.graph.node[0]
    image = smaller.graph.input[0]
    _rename(smaller, MIDDLE, image.name)
    _set_size(image, middle)
    return smaller


def middle_size(model: onnx.ModelProto) -> int | None:
    """Return the side of the middle that a network sees of its input, pixels; None: it sees all."""
    first = model.graph.node[0]
    if list(first.output) != [MIDDLE]:
        return None
    bounds = read_weights(model)
    return int(bounds[first.input[2]][0] - bounds[first.input[1]][0])


def set_axes(model: onnx.ModelProto, axes: tuple[int, int]) -> None:
    """Let a network that sees the middle of its input cut it out of other axes, in place."""
    if middle_size(model):
        write_weights(model, {model.graph.node[0].input[3]: np.array(axes, np.int64)})


def input_side(model: onnx.ModelProto) -> int:
    """Return the side of a network's square input, pixels."""
    image = model.graph.input[0]
    return int(image.type.tensor_type.shape.dim[_square(image)[0]].dim_value)


def _scale_landmarks(model: onnx.ModelProto, factor: float) -> None:
    """Scale the landmarks that a network gives, in place."""
    head = next(node for node in model.graph.node if "landmarks" in node.output)
    weights = read_weights(model)
    write_weights(model, {name: weights[name] * np.float32(factor) for name in head.input[1:3]})


def _square(image: onnx.ValueInfoProto) -> tuple[int, int]:
    """Return the axes of the image: bytes have their channels last."""
    return (1, 2) if image.type.tensor_type.elem_type == TensorProto.UINT8 else (2, 3)


def _set_size(image: onnx.ValueInfoProto, size: int) -> None:
    for axis in _square(image):
        image.type.tensor_type.shape.dim[axis].dim_value = size


def _rename(model: onnx.ModelProto, old: str, new: str) -> None:
    """Let all nodes read another tensor, in place."""
    for node in model.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
