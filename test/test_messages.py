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

"""The message definitions: documented field by field, and in step with the Python vocabulary."""

from __future__ import annotations

import re
from pathlib import Path

import hand_tracking_dsp.msg as messages
import pytest

from hand_tracking_dsp.hand import JOINT_COUNT, Handedness, Joint

DEFINITIONS = sorted((Path(__file__).parent.parent / "msg").glob("*.msg"))
DECLARATION = re.compile(r"[\w/]+(\[\d*\])? \w+")


def test_hand_names_every_joint_as_python_does() -> None:
    assert {joint.name: getattr(messages.Hand, joint.name) for joint in Joint} == Joint.__members__
    assert messages.Hand.JOINT_COUNT == JOINT_COUNT


def test_hand_names_every_side_as_python_does() -> None:
    assert {side.name: getattr(messages.Hand, side.name) for side in Handedness} == Handedness.__members__


def test_hand_holds_every_joint_twice() -> None:
    hand = messages.Hand()
    assert len(hand.landmarks) == len(hand.world_landmarks) == JOINT_COUNT


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda path: path.stem)
def test_every_definition_is_generated(definition: Path) -> None:
    assert hasattr(messages, definition.stem)


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda path: path.stem)
def test_every_field_stands_below_a_comment(definition: Path) -> None:
    told = False
    for number, line in enumerate(definition.read_text(encoding="utf-8").splitlines(), 1):
        if DECLARATION.match(line):
            assert told, f"{definition.name}:{number} has no comment: {line}"
        else:
            told = line.startswith("#")
