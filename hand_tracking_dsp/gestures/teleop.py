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

"""From a dead-man gesture to the velocity of a mobile base; every time is given, so there is no clock here.

The base moves only while one hand holds the gesture: the way from where it began says how fast. The stop is
what everything else is arranged around. It needs no message: command() stops once the newest image in which
the gesture was measured is older than the watchdog allows, whatever died between the camera and here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.gestures.types import NO_GESTURE, RESERVED
from hand_tracking_dsp.options import check_options, check_order, dynamic_option, option


@dataclass(frozen=True, slots=True)
class TeleopOptions:
    """Options of driving by a hand."""

    deadman: str = option("fist", "Name of the gesture that must be held while the base moves.")
    watchdog_s: float = dynamic_option(
        0.15,
        "Age of the newest image in which that gesture was measured above which the base is stopped; also "
        "how far ahead of the clock here a stamp may be.",
        "s",
        0.02,
        2,
    )
    release_s: float = dynamic_option(
        0.2, "How long a hand must be seen without the gesture before it may begin to drive.", "s", 0.05, 10
    )
    dead_zone_palms: float = dynamic_option(
        0.3, "Way from where the gesture began that does not count yet.", "palm sizes", 0, 5
    )
    full_scale_palms: float = dynamic_option(1.5, "Way that gives full speed.", "palm sizes", 0.1, 20)
    max_linear_mps: float = dynamic_option(0.3, "Full speed forwards and backwards (linear.x).", "m/s", 0, 5)
    max_angular_radps: float = dynamic_option(0.8, "Full speed of turning (angular.z).", "rad/s", 0, 10)
    linear_accel_mps2: float = dynamic_option(
        0.5, "Greatest change of the linear speed; a stop is at once.", "m/s²", 0.01, 50
    )
    angular_accel_radps2: float = dynamic_option(
        1.5, "Greatest change of the angular speed; a stop is at once.", "rad/s²", 0.01, 100
    )
    mirror: bool = option(
        False,
        "Where the hand goes to the image's right, turn left instead of right: for a camera that is not the "
        "robot's own but looks at a person who looks the robot's way.",
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        if self.deadman in (NO_GESTURE, *RESERVED):
            msg = f"deadman is {self.deadman!r}: name a gesture that a hand can hold, such as fist."
            raise ConfigurationError(msg)
        check_order(self, "dead_zone_palms", "full_scale_palms")


@dataclass(frozen=True, slots=True)
class ShownHand:
    """Gesture of a hand in one image, as far as it counts here; the fields are those of msg/Gesture.msg.

    Attributes:
        track_id: Track of the hand.
        name: The gesture in this image.
        held: The gesture after debouncing.
        readable: Whether enough of it lies in the image to read its fingers.
        palm_px: x (right) and y (down) of the palm's centre, pixels.
        palm_size_px: Size of the palm, pixels.
        measurement_age_s: Time since the image in which the hand was measured last, seconds, at least 0.
    """

    track_id: int
    name: str
    held: str
    readable: bool
    palm_px: tuple[float, float]
    palm_size_px: float
    measurement_age_s: float = 0.0

    @property
    def usable(self) -> bool:
        """True where its place can be used."""
        finite = all(map(math.isfinite, (*self.palm_px, self.palm_size_px, self.measurement_age_s)))
        return finite and self.palm_size_px > 0 and self.measurement_age_s >= 0


@dataclass(frozen=True, slots=True)
class Velocity:
    """Velocity of a mobile base in its own frame (REP 103).

    Attributes:
        linear_mps: Forwards, metres a second.
        angular_radps: Counter-clockwise as seen from above, radians a second.
    """

    linear_mps: float
    angular_radps: float


STANDSTILL = Velocity(0.0, 0.0)

# A hand that drives goes less far between two images that show its gesture.
_MOST_STEP_PALMS = 1.0


class Halt(Enum):
    """Reasons for a stop of the base."""

    RELEASED = "the gesture has ended"
    LOST = "the hand was lost"
    JUMPED = "the hand jumped, so that it may be another one"
    WATCHDOG = "no image that shows the gesture is recent enough"
    DEACTIVATED = "the node was deactivated"


@dataclass(slots=True)
class _Grip:
    """The hand that drives: where it began, where it is, and when an image last showed the gesture."""

    track_id: int
    origin_px: tuple[float, float]
    palm_size_px: float
    seen_s: float
    offset_palms: tuple[float, float] = (0.0, 0.0)


class GestureTeleop:
    """Drives by one hand; another may begin only once that one has let go.

    A hand may begin when it has been seen, readable, without the gesture for release_s: after every stop,
    after a pause longer than watchdog_s, and after it was lost and found again, it must let go and take hold
    again.

    Attributes:
        options: The same; may be replaced at any time.
        halts: How often the base was stopped, by the reason.
        last_halt: Why it was stopped last; None: never.
    """

    def __init__(self, options: TeleopOptions) -> None:
        self.options = options
        self.halts: Counter[Halt] = Counter()
        self.last_halt: Halt | None = None
        self._grip: _Grip | None = None
        # Hands in view: from when to when each was seen without the gesture.
        self._free_s: dict[int, tuple[float, float]] = {}
        self._captured_s = -math.inf
        self._velocity = STANDSTILL
        self._velocity_s = -math.inf

    @property
    def driver(self) -> int | None:
        """The track_id of the hand that drives; None: no hand does."""
        return None if self._grip is None else self._grip.track_id

    @property
    def deadline_s(self) -> float:
        """Time of the clock of command at which the watchdog stops the base, seconds; inf: no hand drives."""
        return math.inf if self._grip is None else self._grip.seen_s + self.options.watchdog_s

    def see(self, hands: Sequence[ShownHand], age_s: float, now_s: float) -> None:
        """Take in the gestures of one image.

        Args:
            hands: All hands of the image.
            age_s: Age of the image, seconds; below 0 where its stamp is ahead of the clock here.
            now_s: Time of a monotonic clock, seconds.
        """
        self._watch(now_s)
        fresh = abs(age_s) <= self.options.watchdog_s
        captured_s = now_s - max(age_s, 0.0) if fresh else -math.inf
        if self._grip is not None:
            self._follow(self._grip, hands, captured_s)
        # What happened to the hands between images that are further apart nobody knows.
        if not fresh or captured_s - self._captured_s > self.options.watchdog_s:
            self._free_s.clear()
        if not fresh:
            return
        self._captured_s = captured_s
        if self._grip is None:
            self._begin(hands, captured_s, now_s)
        self._note_free(hands, captured_s)

    def command(self, now_s: float) -> Velocity:
        """Give the velocity for now."""
        self._watch(now_s)
        if self._grip is None:
            return STANDSTILL
        right, down = self._grip.offset_palms
        options = self.options
        turn = self._share(right) if options.mirror else -self._share(right)
        passed_s = now_s - self._velocity_s
        self._velocity = Velocity(
            _approach(
                self._velocity.linear_mps,
                -self._share(down) * options.max_linear_mps,
                options.linear_accel_mps2 * passed_s,
            ),
            _approach(
                self._velocity.angular_radps,
                turn * options.max_angular_radps,
                options.angular_accel_radps2 * passed_s,
            ),
        )
        self._velocity_s = now_s
        return self._velocity

    def halt(self, reason: Halt) -> None:
        """Stop the base, if a hand drives it."""
        if self._grip is None:
            return
        self._grip = None
        self._free_s.clear()
        self._velocity = STANDSTILL
        self.halts[reason] += 1
        self.last_halt = reason

    def _watch(self, now_s: float) -> None:
        if not now_s < self.deadline_s:
            self.halt(Halt.WATCHDOG)

    def _follow(self, grip: _Grip, hands: Sequence[ShownHand], captured_s: float) -> None:
        """Look after the hand that drives.

        A single image that shows another gesture neither stops nor counts: the watchdog bounds how many may.
        """
        found = [hand for hand in hands if hand.track_id == grip.track_id and hand.usable]
        if len(found) != 1:
            self.halt(Halt.LOST)
        elif found[0].held != self.options.deadman:
            self.halt(Halt.RELEASED)
        elif found[0].name == self.options.deadman and captured_s - found[0].measurement_age_s > grip.seen_s:
            (x, y), (x0, y0) = found[0].palm_px, grip.origin_px
            offset_palms = ((x - x0) / grip.palm_size_px, (y - y0) / grip.palm_size_px)
            if not math.dist(offset_palms, grip.offset_palms) <= _MOST_STEP_PALMS:
                self.halt(Halt.JUMPED)
                return
            grip.seen_s, grip.offset_palms = captured_s - found[0].measurement_age_s, offset_palms

    def _begin(self, hands: Sequence[ShownHand], captured_s: float, now_s: float) -> None:
        for hand in hands:
            shown = hand.name == hand.held == self.options.deadman
            measured_s = captured_s - hand.measurement_age_s
            recent = now_s - measured_s <= self.options.watchdog_s
            if shown and hand.usable and recent and self._was_free(hand.track_id):
                self._grip = _Grip(hand.track_id, hand.palm_px, hand.palm_size_px, measured_s)
                self._velocity_s = now_s
                return

    def _note_free(self, hands: Sequence[ShownHand], captured_s: float) -> None:
        free_s = {}
        for hand in hands:
            if hand.name == self.options.deadman:
                if self._was_free(hand.track_id):
                    free_s[hand.track_id] = self._free_s[hand.track_id]
            elif hand.readable and hand.usable:
                measured_s = captured_s - hand.measurement_age_s
                since_s, _ = self._free_s.get(hand.track_id, (measured_s, measured_s))
                free_s[hand.track_id] = (since_s, measured_s)
        self._free_s = free_s

    def _was_free(self, track_id: int) -> bool:
        since_s, until_s = self._free_s.get(track_id, (0.0, -math.inf))
        return until_s - since_s >= self.options.release_s

    def _share(self, way_palms: float) -> float:
        """Give the share of full speed, -1 to 1, for a way in palm sizes."""
        low, high = self.options.dead_zone_palms, self.options.full_scale_palms
        return math.copysign(min(max((abs(way_palms) - low) / (high - low), 0.0), 1.0), way_palms)


def _approach(value: float, goal: float, step: float) -> float:
    return value + min(max(goal - value, -step), step)
