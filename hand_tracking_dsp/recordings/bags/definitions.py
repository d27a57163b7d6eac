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

"""Definitions of the messages in a bag: its own, else those of ROS 2 and this package."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from functools import cache, partial
from typing import Any

import numpy as np

from hand_tracking_dsp.errors import ConfigurationError, FrameError
from hand_tracking_dsp.messages.build import MessageBuilder
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.recordings.bags.layouts import Layout, conflict, layout, store_fields
from hand_tracking_dsp.resources import share_path

_IDL_RULE = "=" * 80 + "\n"


def require_rosbags() -> None:
    """Check that rosbags and mcap, which read and write bags, are installed.

    Raises:
        ConfigurationError: One of them is missing.
    """
    try:
        import mcap  # noqa: F401
        import rosbags.typesys  # noqa: F401
    except ImportError as error:
        msg = f"Bags cannot be used here ({error}): install rosbags and mcap with pip."
        raise ConfigurationError(msg) from error


def is_known(msgtype: str) -> bool:
    """Return whether the definition of a type is known, so that its messages can be written."""
    return msgtype in typestore().fielddefs


@cache
def typestore() -> Any:  # noqa: ANN401 (rosbags may be absent)
    """Return rosbags' definitions of ROS 2's messages with this package's own.

    They are those of the distribution that ROS_DISTRO names, else of the newest.

    Raises:
        ConfigurationError: The package's message definitions are not installed.
    """
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    distribution = f"ROS2_{os.environ.get('ROS_DISTRO', '').upper()}"
    store = get_typestore(Stores.__members__.get(distribution, Stores.LATEST))
    found: dict[str, Any] = {}
    for path in sorted(share_path("msg").glob("*.msg")):
        name = f"hand_tracking_dsp/msg/{path.stem}"
        found |= get_types_from_msg(path.read_text(encoding="utf-8"), name)
    store.register(found)
    return store


def known_layout(msgtype: str) -> Layout:
    """Return the layout of a type in typestore(); KeyError where it is not known."""
    return layout(msgtype, partial(store_fields, typestore().fielddefs))


def known_hash(msgtype: str) -> str:
    """Return the hash (REP 2011) of a type in typestore()."""
    return str(typestore().hash_rihs01(msgtype))


def new_message(msgtype: str) -> Message:
    """Make a message of a type with every field at its default: 0, false or empty."""
    store = typestore()
    values = {name: _default(*kind) for name, kind in store.fielddefs[msgtype][1]}
    return store.types[msgtype](**values)


def _default(kind: int, detail: Any) -> Any:  # noqa: ANN401 (rosbags describes a field by nested tuples)
    from rosbags.interfaces import Nodetype

    if kind == Nodetype.NAME:
        return new_message(detail)
    if kind == Nodetype.BASE:
        return "" if detail[0] == "string" else np.zeros((), detail[0]).item()
    (element, of), length = detail
    length = length if kind == Nodetype.ARRAY else 0
    if element == Nodetype.BASE and of[0] != "string":
        return np.zeros(length, of[0])
    return [_default(element, of) for _ in range(length)]


BAG_MESSAGES = MessageBuilder(new_message)
"""Messages of rosbags' classes, to be written into a bag."""


class Definitions:
    """Deserializes messages, each type by the definition that its bag holds ("" for none).

    What cannot be read is counted in problems.

    Args:
        texts: Definitions by type.
        ros1: Types whose messages are serialized as ROS 1 does; the others are CDR.
        problems: Counts of problems by sentence.
    """

    def __init__(self, texts: dict[str, str], ros1: Collection[str], problems: Counter[str]) -> None:
        self._texts = texts
        self._ros1 = ros1
        self._problems = problems
        self._stores: dict[str, Any] = {}

    def deserialize(self, data: bytes, msgtype: str) -> Message:
        """Deserialize a message; bytes that cannot be one are counted as a problem.

        Raises:
            FrameError: The bytes do not fit the definition, or there is none.
        """
        store = self._store(msgtype)
        if msgtype not in store.fielddefs:
            self._problems[f"the definition of {msgtype} is neither in the bag nor known here"] += 1
            msg = f"A message is no {msgtype} that can be read: its definition is not known, leave it out."
            raise FrameError(msg)
        try:
            return (store.deserialize_ros1 if msgtype in self._ros1 else store.deserialize_cdr)(data, msgtype)
        except Exception as error:  # whatever wrong bytes lead to
            self._problems[f"a message is no {msgtype}: its bytes do not fit the definition"] += 1
            msg = f"A message of {len(data)} bytes is no {msgtype} ({error!r}): it is damaged, leave it out."
            raise FrameError(msg) from error

    def layout(self, msgtype: str) -> Layout | None:
        """Return the layout of a type by the bag's own definition; None where it holds none."""
        store = self._store(msgtype)
        if store is typestore():
            return None
        try:
            return layout(msgtype, partial(store_fields, store.fielddefs))
        except KeyError:
            return None

    def other_version(self, msgtype: str, type_hash: str) -> str:
        """Say why messages of this package's types cannot be read as those of this version; "" if they can.

        Args:
            msgtype: Type of the messages.
            type_hash: Hash of their definition (REP 2011); "" where none is recorded.
        """
        if not msgtype.startswith("hand_tracking_dsp/") or not is_known(msgtype):
            return ""
        theirs = self.layout(msgtype)
        if theirs is not None:
            return conflict(theirs, known_layout(msgtype))
        same = not type_hash or type_hash == known_hash(msgtype)
        return "" if same else "its hash is not this version's, and the bag does not hold its definition"

    def _store(self, msgtype: str) -> Any:  # noqa: ANN401
        """Return a store for one type alone: two types of a damaged bag need not agree on a third."""
        if msgtype not in self._stores:
            self._stores[msgtype] = self._own_store(msgtype) or typestore()
        return self._stores[msgtype]

    def _own_store(self, msgtype: str) -> Any:  # noqa: ANN401
        from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore

        text = self._texts.get(msgtype, "")
        if not text:
            return None
        try:
            types: dict[str, Any] = {}
            if text.startswith(f"{_IDL_RULE}IDL: "):
                for part in text.split(_IDL_RULE)[1:]:
                    types |= get_types_from_idl(part.split("\n", 1)[1])
            else:
                types = get_types_from_msg(text, msgtype)
            store = get_typestore(Stores.EMPTY)
            store.register(_with_nested(types))
        except Exception:  # noqa: BLE001 (whatever a damaged text leads to)
            self._problems[
                f"the bag's definition of {msgtype} cannot be read: this package's own is used"
            ] += 1
            return None
        return store if msgtype in store.fielddefs else None


def _with_nested(types: dict[str, Any]) -> dict[str, Any]:
    """Add the definitions of the messages inside messages from typestore(), where a text leaves them out."""
    known = typestore().fielddefs
    found = dict(types)
    waiting = list(types)
    while waiting:
        for _, kind, _ in store_fields(found, waiting.pop()):
            if kind in known and kind not in found:
                found[kind] = known[kind]
                waiting.append(kind)
    return found
