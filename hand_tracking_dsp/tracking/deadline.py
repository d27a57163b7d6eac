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

"""The deadline of each image's hands, counted from when the image was taken."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from hand_tracking_dsp.options import check_options, dynamic_option

# Images by which the transport is judged: the least time that one of them took.
_IMAGES = 64
# An image whose hands are due earlier than this after its arrival, in shares of the deadline, could hardly be
# looked at.
_LEAST_SHARE = 0.5
# Time from the network's result to the hands that are published, milliseconds.
_AFTERWARDS_MS = 0.7


@dataclass(frozen=True, slots=True)
class DeadlineOptions:
    """Settings of the deadline."""

    predict: bool = dynamic_option(
        True,
        "Publish the hands at the deadline also where the network is not done with the image: predicted from "
        "those before. The measured ones are then the next image's start, and are not published.",
    )
    ms: float = dynamic_option(
        33.0,
        "Time from the image's stamp to the publishing of its hands; as the controller's budget_ms.",
        "ms",
        1,
        10_000,
    )
    reflex: bool = dynamic_option(
        True,
        "Run a sparser level than the one commanded on frames for which the time left does not suffice.",
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class Deadline:
    """Computes how much time is left for an image when it arrives.

    A transport that always takes most of the time would leave nothing to measure the hands in, so that all
    of them would be predicted: at least half of the time counts from the arrival of the fastest images.

    Args:
        options: Settings; may be replaced at any time.
    """

    def __init__(self, options: DeadlineOptions) -> None:
        self.options = options
        self.restart()

    def restart(self) -> None:
        """Forget the transport: images come after a pause."""
        self._ages_ms: deque[float] = deque(maxlen=_IMAGES)

    def left_ms(self, age_ms: float) -> float:
        """Return the time left for an image that arrives now, milliseconds; negative: it is late already.

        Args:
            age_ms: Time since its stamp, milliseconds; NaN where the stamp says nothing: its arrival counts.
        """
        if math.isnan(age_ms):
            self._ages_ms.clear()
            return self.options.ms
        self._ages_ms.append(age_ms)
        return max(self.options.ms, self._transport_ms + _LEAST_SHARE * self.options.ms) - age_ms

    def network_ms(self, due_s: float, now_s: float) -> float:
        """Return the time left for the network on a frame, milliseconds; inf where no level depends on it.

        Args:
            due_s: Time at which its hands are due, seconds of a monotonic clock.
            now_s: The present by the same.
        """
        return (due_s - now_s) * 1e3 - _AFTERWARDS_MS if self.options.reflex else math.inf

    @property
    def _transport_ms(self) -> float:
        return min(self._ages_ms, default=0.0)

    def warning(self) -> str:
        """Return a sentence about a transport that takes most of the time; "": it does not."""
        ms, transport_ms = self.options.ms, self._transport_ms
        if not (self.options.predict or self.options.reflex) or transport_ms <= (1 - _LEAST_SHARE) * ms:
            return ""
        return (
            f"Images arrive {transport_ms:.0f} ms after their stamps at best, more than half of deadline.ms "
            f"({ms:g} ms): it cannot be kept; raise it, and budget_ms of the controller."
        )
