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

"""Reasons are those of the message."""

from __future__ import annotations

import re
from pathlib import Path

from hand_tracking_dsp.control.reasons import Reason

MESSAGE = Path(__file__).parents[2] / "msg" / "SparsityCommand.msg"


def test_reasons_are_the_constants_of_the_message() -> None:
    constants = re.findall(r"^uint8 ([A-Z_]+)\s*=\s*(\d+)", MESSAGE.read_text(), re.MULTILINE)
    assert {name: int(value) for name, value in constants} == {reason.name: reason for reason in Reason}
