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

"""The gate: leaves out the landmark network where a hand has not moved."""

from __future__ import annotations

from dataclasses import dataclass

from hand_tracking_dsp.options import check_options, dynamic_option, option
from hand_tracking_dsp.tracking.track import Track, fading, scale_of
from hand_tracking_dsp.tracking.types import Image

# A hand that was held on the frame before is held on only below this, in shares of palm size: where there is
# little texture, the estimate is less than half of the motion.
_AT_REST = 0.035


@dataclass(frozen=True, slots=True)
class GateOptions:
    """Settings of the gate."""

    enabled: bool = option(
        True, "Hold hands that do not move, as the operating point says; false: measure each on every frame."
    )
    max_hold_ms: float = option(500.0, "Longest time for which a hand is held.", "ms", 0, 10_000)
    max_error_percent: float = dynamic_option(
        30.0,
        "Measure a hand on every frame if its level expects its landmarks to be further off than this; hands "
        "of levels that do not say it are held.",
        "% of palm",
        0,
        500,
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class Gate:
    """Decides for each hand and frame whether to look again.

    The evidence is the picture around the hand against that at the last measurement, and the hand's motion
    then. A hand whose motion since is less than the threshold is held. While it moves at all, which
    thresholds let pass, it is held for one frame at most. A stamp that does not advance, or an image of
    another size, is no time to hold, and landmarks that are probably wrong are nothing to hold.

    Attributes:
        options: Settings; may be changed between two frames.
    """

    def __init__(self, options: GateOptions) -> None:
        self.options = options

    def holds(self, track: Track, image: Image, stamp_s: float, threshold: float) -> bool:
        """Tell whether a hand may be held on this frame.

        Args:
            track: The hand.
            image: uint8 [height, width, 3].
            stamp_s: Its time, seconds.
            threshold: Motion in shares of palm size below which it is; 0: never.
        """
        last = track.last
        options = self.options
        if not options.enabled or threshold <= 0 or last is None:
            return False
        if last.found.error_percent > options.max_error_percent:
            return False
        age_s = stamp_s - last.stamp_s
        if not 0 < age_s <= options.max_hold_ms * 1e-3:
            return False
        limit = threshold if track.held == 0 else min(threshold, _AT_REST)
        # First what costs nothing: as it moved then, it will have moved since.
        if last.speed * fading(age_s) >= limit or (thumbnail := track.thumbnail) is None:
            return False
        box = thumbnail.box
        side = max(box.right - box.left, box.bottom - box.top)
        return thumbnail.displacement(image) * side / scale_of(last.found.landmarks) < limit
