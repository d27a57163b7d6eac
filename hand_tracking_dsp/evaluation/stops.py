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

"""Time from a fault to the standstill of a base, from the commands that the base received."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LIMIT_MS = 200.0
"""Time within which the base must be told to stand still."""


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """One velocity, as the base received it.

    Attributes:
        received_s: Time of its receipt, seconds of a monotonic clock.
        sent_s: Time of its publishing on that clock, seconds.
        moves: Whether it is another one than a standstill.
    """

    received_s: float
    sent_s: float
    moves: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop of a base after a fault.

    Attributes:
        sent_ms: From the fault to the publishing of the first standstill, milliseconds; NaN: none came.
        received_ms: From the fault to its receipt, milliseconds; NaN: none came.
        silent_ms: From the fault to the receipt of the last command that moves, milliseconds; where no
            standstill comes, that is the moment from which the base's own timeout counts.
    """

    sent_ms: float
    received_ms: float
    silent_ms: float

    @property
    def in_time(self) -> bool:
        """True where the base was told within LIMIT_MS."""
        return self.received_ms <= LIMIT_MS


def find_stop(commands: Sequence[ReceivedCommand], fault_s: float) -> Stop:
    """Find the standstill after which nothing moves any more.

    Args:
        commands: Commands in the order of their receipt, from before the fault to well after it.
        fault_s: Time of the fault, seconds of the same clock.
    """
    moving = [index for index, command in enumerate(commands) if command.moves]
    last = moving[-1] if moving else -1
    silent_ms = (commands[last].received_s - fault_s) * 1e3 if moving else math.nan
    if last + 1 == len(commands):
        return Stop(math.nan, math.nan, silent_ms)
    zero = commands[last + 1]
    return Stop((zero.sent_s - fault_s) * 1e3, (zero.received_s - fault_s) * 1e3, silent_ms)
