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

"""The overlay: an image with the hands, the costs of the frame and the battery's charge."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

import numpy as np
from sensor_msgs.msg import BatteryState

from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.tracking.caption import Caption
from hand_tracking_dsp.tracking.draw import draw_hands
from hand_tracking_dsp.tracking.types import ChannelOrder, Image, TrackedHand

# A battery that has been silent for longer may be in any state.
_BATTERY_SHOWN_S = 10.0


class Overlay:
    """Draws one frame after the other; readings of the battery may come in another thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._battery: tuple[float, BatteryState] = (-math.inf, BatteryState())
        self._drift = self._drift_level = math.nan

    def add_battery(self, message: BatteryState) -> None:
        """Take a reading of the battery."""
        self._battery = self._clock(), message

    def draw(
        self, pixels: Image, order: ChannelOrder, hands: Iterable[TrackedHand], cost: FrameCost
    ) -> Image:
        """Draw into a copy of an image, uint8 [height, width, 3] BGR.

        The drift, which only some frames measure, is shown until the level changes.

        Args:
            pixels: uint8 [height, width, 3].
            order: Order of its channels.
            hands: Hands in view.
            cost: Costs of the frame.
        """
        canvas = np.ascontiguousarray(pixels[:, :, ::-1]) if order == "rgb" else pixels.copy()
        draw_hands(canvas, hands, str(self._caption(cost)))
        return canvas

    def _caption(self, cost: FrameCost) -> Caption:
        if not math.isnan(cost.drift) or cost.level != self._drift_level:
            self._drift, self._drift_level = cost.drift, cost.level
        heard_s, battery = self._battery
        return Caption(
            level=cost.level,
            sparsity=cost.sparsity,
            total_ms=cost.total_ms,
            end_to_end_ms=cost.end_to_end_ms,
            charge=battery.percentage if self._clock() - heard_s < _BATTERY_SHOWN_S else math.nan,
            # As power_node names its source there.
            battery_simulated=battery.location.startswith("simulated"),
            drift=self._drift,
        )
