"""Reasons are those of the message."""

from __future__ import annotations

import re
from pathlib import Path

from hand_tracking_dsp.control.reasons import Reason

MESSAGE = Path(__file__).parents[2] / "msg" / "SparsityCommand.msg"


def test_reasons_are_the_constants_of_the_message() -> None:
    constants = re.findall(r"^uint8 ([A-Z_]+)\s*=\s*(\d+)", MESSAGE.read_text(), re.MULTILINE)
    assert {name: int(value) for name, value in constants} == {reason.name: reason for reason in Reason}
