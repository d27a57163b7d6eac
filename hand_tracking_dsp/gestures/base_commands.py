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

"""Times at which a mobile base is commanded, and what; every time is given, so there is no clock here."""

from __future__ import annotations

import math

from hand_tracking_dsp.gestures.teleop import STANDSTILL, GestureTeleop, Velocity

# How long a stopped base is commanded to stand still; after that another source may drive it.
_ZEROS_S = 0.5


class BaseCommands:
    """Commands a base at a rate while a hand drives, at once when it must stop, and not at all otherwise.

    Args:
        teleop: Source of the velocities.
        period_s: Time between two commands, seconds.

    Attributes:
        velocity: Velocity commanded last.
        next_s: Time at which command is due again, seconds: the next of the rate, or earlier where the
            watchdog would stop the base before.
    """

    def __init__(self, teleop: GestureTeleop, period_s: float) -> None:
        self._teleop = teleop
        self._period_s = period_s
        self._zeros_until_s = -math.inf
        self.velocity = STANDSTILL
        self.next_s = -math.inf

    def command(self, now_s: float) -> Velocity | None:
        """Return the velocity to publish at a time, seconds of a monotonic clock; None: nothing."""
        moved = self.velocity != STANDSTILL
        self.velocity = self._teleop.command(now_s)
        if self._teleop.driver is not None:
            self._zeros_until_s = now_s + _ZEROS_S
        self.next_s = min(now_s + self._period_s, self._teleop.deadline_s)
        return self.velocity if moved or now_s < self._zeros_until_s else None

    def stop(self) -> None:
        """Forget the movement: whoever calls this publishes a standstill."""
        self.velocity = STANDSTILL
        self._zeros_until_s = -math.inf
