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

"""Times of recorded images on the recorder's clock, whatever their stamps are worth."""

from __future__ import annotations

from collections.abc import Sequence

MOST_DELAY_NS = 500_000_000
"""The longest that every image waits behind its camera, nanoseconds: more is an offset of two clocks."""
# As is an arrival before the stamp, but for the precision of clocks that are kept together.
_LEAST_DELAY_NS = -50_000_000
# A stamp that is so far from where the others were is another clock's, or none.
_PLAUSIBLE_NS = 10_000_000_000
# So many times in a row the same stamp is a clock that stands still; less is a repeated image.
_STILL = 4


class ImageClock:
    """Gives images their stamps on the clock by which the recorder noted the arrival of messages.

    Stamps of a clock that is ahead or behind are moved by the offset, so that the time between images stays
    as the camera measured it. A stamp that is 0, stands still, or jumps is replaced by the time of arrival,
    and arrivals that stand still by the stamps.

    Args:
        first: Stamps and arrivals of the first images, nanoseconds; none if they are not known beforehand.

    Attributes:
        problem: What is wrong with the clocks from the beginning, in a sentence; "" if nothing.
    """

    def __init__(self, first: Sequence[tuple[int, int]]) -> None:
        stamped = [(stamp_ns, arrival_ns) for stamp_ns, arrival_ns in first if stamp_ns > 0]
        self.problem = ""
        self._offset_ns = 0
        self._repeats = 0
        self._last_ns = 0
        self._stamps_stand_still = _stand_still([stamp_ns for stamp_ns, _ in stamped])
        self._arrivals_stand_still = not self._stamps_stand_still and _stand_still(
            [arrival_ns for _, arrival_ns in first]
        )
        delay_ns = min((arrival_ns - stamp_ns for stamp_ns, arrival_ns in stamped), default=0)
        if self._arrivals_stand_still:
            self.problem = "the times of arrival stand still, the stamps of the images are taken"
        elif not self._stamps_stand_still and not _LEAST_DELAY_NS <= delay_ns <= MOST_DELAY_NS:
            self._offset_ns = delay_ns
            side = "behind" if delay_ns > 0 else "ahead of"
            self.problem = (
                f"the clock of the images' stamps is {abs(delay_ns) / 1e9:.3g} s {side} the recorder's, "
                "they are moved by that"
            )

    def times(self, stamp_ns: int, arrival_ns: int) -> tuple[int, int, str]:
        """Return the stamp and arrival of the next image, nanoseconds, and what is wrong with it or ""."""
        self._repeats = self._repeats + 1 if stamp_ns == self._last_ns else 0
        self._last_ns = stamp_ns
        if stamp_ns > 0 and self._arrivals_stand_still:
            return stamp_ns, stamp_ns, ""
        if stamp_ns > 0 and (self._stamps_stand_still or self._repeats >= _STILL - 1):
            return arrival_ns, arrival_ns, "the stamps of images stand still, the time of arrival is taken"
        moved_ns = stamp_ns + self._offset_ns
        if stamp_ns <= 0 or abs(arrival_ns - moved_ns) >= _PLAUSIBLE_NS:
            problem = "an image has no stamp of the recorder's clock, the time of its arrival is taken"
            return arrival_ns, arrival_ns, problem
        return moved_ns, arrival_ns, ""


def _stand_still(times_ns: Sequence[int]) -> bool:
    return len(times_ns) >= _STILL and len(set(times_ns)) == 1
