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

"""Choice of the images that hands are found in: colour, or depth alone while light fails."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.tracking.types import TrackedHand

FoundIn = Literal["fused", "depth_only"]
"""Images that hands are found in: the colour image, which depth lifts, or the depth image alone."""

FRESH_S = 1.0
"""Time for which an image says something of the light, and after which no further one is waited for."""

_SHORT_S = 10.0
"""Time in the colour image after which its hands count as lasting."""

_LONGEST_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class AutoOptions:
    """Settings of the mode auto."""

    presence: float = option(0.6, "Lowest presence of a hand that counts for the mode auto.", "", 0.01, 1)
    patience_s: float = option(
        1.0, "Time without a hand in the colour image after which depth is looked at.", "s", 0, 60
    )
    probe_s: float = option(0.3, "Time between two looks into the image that is not used.", "s", 0.01, 10)
    confirm_s: float = option(
        0.6, "Time that this image must show a hand, in every look, before it is used.", "s", 0, 60
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class ModeChooser:
    """Chooses between the colour image and depth alone by the presence of hands; begins with colour.

    Depth is looked at while colour shows no hand for some time, colour is looked at now and then as long as
    depth is used. A change needs a hand in every look for some time; a return to colour that did not last
    makes the next one wait twice as long.

    Args:
        options: Settings.
    """

    def __init__(self, options: AutoOptions | None = None) -> None:
        self._options = options or AutoOptions()
        self.reset()

    @property
    def mode(self) -> FoundIn:
        """The images that hands are found in."""
        return self._mode

    def reset(self) -> None:
        """Forget what was seen, and begin with colour again."""
        self._mode: FoundIn = "fused"
        self._now_s = self._seen_s = self._probed_s = self._since_s = self._changed_s = math.nan
        self._wait_s = self._options.confirm_s

    def consider(self, hands: Sequence[TrackedHand], look: Callable[[], float], stamp_s: float) -> FoundIn:
        """Decide by the hands of an image that is used, and by a look into the other one now and then.

        Args:
            hands: Hands of the image.
            look: Function that looks into the other image and returns the presence of the hand most present
                there, 0 to 1; 0: none is there, NaN: there is no image to look at.
            stamp_s: Time of the image, seconds; where it goes back, all begins again.

        Returns:
            The images that hands are found in from the next on.
        """
        own = max((hand.presence for hand in hands), default=0.0)
        other = look() if self.probes(stamp_s) else math.nan
        pair = (own, other) if self._mode == "fused" else (other, own)
        return self.update(*pair, stamp_s)

    def probes(self, stamp_s: float) -> bool:
        """Tell whether the image that is not used should be looked at, too.

        Args:
            stamp_s: Time of the image, seconds; only differences count.
        """
        if self._mode == "fused" and not stamp_s - self._seen_s >= self._options.patience_s:
            return False
        return not 0 <= stamp_s - self._probed_s < self._options.probe_s

    def update(self, colour_presence: float, depth_presence: float, stamp_s: float) -> FoundIn:
        """Take what an image showed.

        Args:
            colour_presence: Presence of the hand most present in the colour image, 0 to 1; 0: none is there,
                NaN: it was not looked at.
            depth_presence: The same in the depth image.
            stamp_s: Time of the image, seconds; where it goes back, all begins again.

        Returns:
            The images that hands are found in from the next on.
        """
        if stamp_s < self._now_s:
            self.reset()
        self._now_s = stamp_s
        own, other = colour_presence, depth_presence
        if self._mode == "depth_only":
            own, other = other, own
        if own >= self._options.presence or math.isnan(self._seen_s):
            self._seen_s = stamp_s
            if self._mode == "fused":
                self._since_s = math.nan
        if math.isnan(other):
            return self._mode
        self._probed_s = stamp_s
        if not other >= self._options.presence:
            self._since_s = math.nan
        elif math.isnan(self._since_s):
            self._since_s = stamp_s
        elif stamp_s - self._since_s >= (self._options.confirm_s if self._mode == "fused" else self._wait_s):
            self._change(stamp_s)
        return self._mode

    def _change(self, stamp_s: float) -> None:
        if self._mode == "fused":
            lasted = not stamp_s - self._changed_s < _SHORT_S
            self._wait_s = self._options.confirm_s if lasted else min(2 * self._wait_s, _LONGEST_WAIT_S)
        self._mode = "depth_only" if self._mode == "fused" else "fused"
        self._changed_s = self._seen_s = stamp_s
        self._since_s = math.nan
