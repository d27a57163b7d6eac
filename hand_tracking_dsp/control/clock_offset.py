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

"""Offset between the clock that stamps images and the one here, told from latency by statistics."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

# Real transport takes less, and what takes less may be transport.
_LEAST_MS = 50.0

# Nearly constant: so far the median of the latest frames may lie above the least of the last minute, as
# a share of that and in milliseconds, for jitter and for clocks that are being adjusted.
_SPREAD_SHARE, _SPREAD_MS = 0.25, 50.0

_MEMORY_S = 60
_LATEST = 30
_FEWEST = 10

# A frame ages no faster than time passes; stamps and times of receipt differ by so much.
_STEP_MARGIN_MS = 100.0

# Clocks are not set more often; where frames seem to say so, they come from several trackers.
_SET_AGAIN_S = 10.0


class ClockOffset:
    """Estimates the offset of clocks from the time that frames spent outside the tracker.

    That time is the offset and the transport. The least of it over the last minute is taken for the offset
    where it is far above what transport takes and the latest frames are close to it. Waiting in queues
    varies, and it begins near 0, so that it is latency. A clock that is set makes frames older from one to
    the next than time has passed, which no queue can, or younger than any of the last minute; the estimate
    then begins again.

    Attributes:
        differ: Whether the clocks differ; after one was set, until the new estimate says that they do not.
    """

    def __init__(self) -> None:
        self._restart()
        self._last: tuple[float, float] | None = None
        self._set_s = -math.inf
        self.differ = False

    def _restart(self) -> None:
        self._least_ms: dict[int, float] = {}
        self._latest_ms: deque[float] = deque(maxlen=_LATEST)

    def add(self, now_s: float, total_ms: float, end_to_end_ms: float) -> None:
        """Take a frame.

        Args:
            now_s: Time of its receipt, seconds of a monotonic clock.
            total_ms: Time in the tracker, milliseconds.
            end_to_end_ms: Time from the image's stamp to its hands, milliseconds, negative where the stamp
                is ahead of the clock here; a frame for which either is not finite is left out.
        """
        outside_ms = end_to_end_ms - total_ms
        if not math.isfinite(outside_ms) or not math.isfinite(now_s):
            return
        if self._last is not None:
            passed_ms = (now_s - self._last[0]) * 1e3
            if end_to_end_ms - self._last[1] > max(passed_ms, 0.0) + _STEP_MARGIN_MS:
                self._restart()
                self.differ = now_s - self._set_s >= _SET_AGAIN_S
                self._set_s = now_s
            elif outside_ms < min(self._least_ms.values()) - _STEP_MARGIN_MS:
                self._restart()
        self._last = (now_s, end_to_end_ms)
        second = int(now_s)
        self._least_ms[second] = min(outside_ms, self._least_ms.get(second, math.inf))
        for old in [known for known in self._least_ms if known <= second - _MEMORY_S]:
            del self._least_ms[old]
        self._latest_ms.append(outside_ms)
        if len(self._latest_ms) >= _FEWEST:
            self.differ = not math.isnan(self.offset_ms)

    @property
    def offset_ms(self) -> float:
        """Offset of the clock here from the images', milliseconds, negative where theirs is ahead; NaN: none.

        The transport of images is part of it, so that small offsets ahead cannot be seen.
        """
        if len(self._latest_ms) < _FEWEST:
            return math.nan
        least_ms = min(self._least_ms.values())
        middle_ms = median(self._latest_ms)
        if middle_ms < 0.0:
            return middle_ms
        near = middle_ms - least_ms <= max(_SPREAD_SHARE * least_ms, _SPREAD_MS)
        return least_ms if least_ms >= _LEAST_MS and near else math.nan

    def warning(self) -> str:
        """Return a sentence about the offset; "" where there is none."""
        offset_s = self.offset_ms * 1e-3
        if math.isnan(offset_s):
            return ""
        side = "behind" if offset_s > 0 else "ahead of"
        return (
            f"The stamps of images are {abs(offset_s):.2f} s {side} the clock here, nearly constantly: "
            "clocks that differ, no latency; total_ms is judged. Synchronise the clocks (NTP or PTP)."
        )
