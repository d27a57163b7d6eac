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
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from sensor_msgs.msg import BatteryState

from hand_tracking_dsp.depth.draw import draw_depth_inset, draw_hands_in_space
from hand_tracking_dsp.depth.types import Hand3d
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.tracking.caption import Caption
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.draw import draw_hands
from hand_tracking_dsp.tracking.types import ChannelOrder, Floats, Image, TrackedHand

# A battery that has been silent for longer may be in any state.
_BATTERY_SHOWN_S = 10.0
# Hands in space come some milliseconds after their image.
_SPACE_SHOWN_S = 0.25


class Overlay:
    """Draws one frame after the other; readings of the battery may come in another thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._battery: tuple[float, BatteryState] = (-math.inf, BatteryState())
        self._drift = self._drift_level = math.nan
        self._estimated = False
        self._space: tuple[float, dict[int, Hand3d], Floats | None] = (-math.inf, {}, None)

    def add_battery(self, message: BatteryState) -> None:
        """Take a reading of the battery."""
        self._battery = self._clock(), message

    def add_in_space(self, in_space: Iterable[Hand3d], view: DepthView) -> None:
        """Take hands in the camera's frame, and the depth image that placed them; from any thread."""
        self._space = self._clock(), {hand.track_id: hand for hand in in_space}, view.metres

    def draw(
        self, pixels: Image, order: ChannelOrder, hands: Sequence[TrackedHand], cost: FrameCost
    ) -> Image:
        """Draw into a copy of an image, uint8 [height, width, 3] BGR.

        A drift that only some frames measure is shown until the level changes. What depth says of hands,
        which may come after their image, is drawn into the images of the next moment, too.

        Args:
            pixels: uint8 [height, width, 3].
            order: Order of its channels.
            hands: Hands in view.
            cost: Costs of the frame.
        """
        canvas = np.ascontiguousarray(pixels[:, :, ::-1]) if order == "rgb" else pixels.copy()
        taken_s, in_space, metres = self._space
        if metres is None or self._clock() - taken_s > _SPACE_SHOWN_S:
            draw_hands(canvas, hands, str(self._caption(cost)))
        else:
            draw_depth_inset(canvas, metres)
            draw_hands_in_space(canvas, hands, in_space, str(self._caption(cost)))
        return canvas

    def _caption(self, cost: FrameCost) -> Caption:
        if not math.isnan(cost.drift) or cost.level != self._drift_level:
            self._drift, self._drift_level = cost.drift, cost.level
            self._estimated = cost.drift_estimated
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
            drift_estimated=self._estimated,
        )
