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

"""Checks that an ONNX file is self-contained: that nothing in it lies in another file.

The file is read as the protocol buffer that it is, without the package onnx, which robots need not have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hand_tracking_dsp.errors import ModelError

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_MAX_DEPTH = 64


@dataclass(frozen=True)
class _Message:
    """A kind of message of onnx.proto, as far as tensors and nodes lie in it.

    Attributes:
        parts: Kind of the messages in each field, by the field's number.
        forbidden: What each field would bring in from outside, by the field's number.
    """

    parts: Mapping[int, str] = field(default_factory=dict)
    forbidden: Mapping[int, str] = field(default_factory=dict)


# Fields of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
_MESSAGES = {
    "model": _Message({7: "graph", 20: "training", 25: "function"}),
    "training": _Message({1: "graph", 2: "graph"}),
    "graph": _Message({1: "node", 5: "tensor", 15: "sparse"}),
    "function": _Message({7: "node", 11: "attribute"}),
    "node": _Message({5: "attribute"}),
    "attribute": _Message(
        {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    ),
    "sparse": _Message({1: "tensor", 2: "tensor"}),
    "tensor": _Message(forbidden={13: "weights", 14: "weights"}),
}
_NODE_KIND = 4
_COMPILED = b"EPContext"


def check_not_empty(network: bytes, where: str) -> None:
    """Refuse a file without a byte, as a full disk or a copy that was stopped leaves it.

    Args:
        network: The ONNX file.
        where: Its name, for messages.

    Raises:
        ModelError: It is empty.
    """
    if not network:
        msg = f"The file {where} is empty: restore the file or export it again."
        raise ModelError(msg)


def check_self_contained(network: bytes, where: str) -> None:
    """Refuse a network that brings in other files: external weights, or an engine compiled for a device.

    ONNX Runtime would look for them from the working directory, and no sha256 holds for them. They may be
    named by weights, by attributes of nodes, in subgraphs and in functions.

    Args:
        network: The ONNX file.
        where: Its name, for messages.

    Raises:
        ModelError: The network does so, or is not an ONNX file.
    """
    try:
        found = _outside(memoryview(network), "model", 0)
    except (IndexError, ValueError) as error:
        msg = f"The network {where} is not an ONNX file ({error}): restore it or export it again."
        raise ModelError(msg) from error
    if found:
        msg = (
            f"The network {where} keeps its {found} in another file, for which no sha256 holds: "
            f"export it with everything in one file."
        )
        raise ModelError(msg)


def _outside(data: memoryview, kind: str, depth: int) -> str:
    """Return what a message brings in from outside, or nothing."""
    if depth > _MAX_DEPTH:
        msg = f"it is nested more than {_MAX_DEPTH} deep"
        raise ValueError(msg)
    message = _MESSAGES[kind]
    for number, value in _fields(data):
        # A location of 0 is in the file; strings of external data count even where the location does not.
        if number in message.forbidden and (value if isinstance(value, int) else True):
            return message.forbidden[number]
        if not isinstance(value, memoryview):
            continue
        if kind == "node" and number == _NODE_KIND and value == _COMPILED:
            return "compiled engine"
        if number in message.parts and (found := _outside(value, message.parts[number], depth + 1)):
            return found
    return ""


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Read the fields of a message: their numbers, and the integers or the bytes in them."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = (tag & 0xFFFFFFFF) >> 3, tag & 7
        if wire == _VARINT:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == _LENGTH:
            size, position = _varint(data, position)
        elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if wire == _EIGHT_BYTES else 4
        else:
            msg = f"byte {position} begins no field"
            raise ValueError(msg)
        if position + size > len(data):
            msg = "it ends within a field"
            raise ValueError(msg)
        yield number, data[position : position + size]
        position += size


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    """Read an integer of up to ten bytes; return it and the position behind it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, position
        shift += 7
        if shift > 63:
            msg = f"byte {position} ends no number"
            raise ValueError(msg)
