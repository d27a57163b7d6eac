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

"""Landmarks of an image lifted into space by depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.depth.surface_reading import SurfaceReading, read_surface
from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.options import check_options, option
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.types import Floats, TrackedHand

_FLESH_M = np.array(
    [0.019, 0.014, 0.011, 0.009, 0.007]
    + [0.011, 0.0085, 0.0075, 0.006] * 2
    + [0.011, 0.0085, 0.0075, 0.006]
    + [0.011, 0.0075, 0.0065, 0.0055],
    np.float32,
)
"""Flesh between a joint and the skin, metres, of an adult's hand: wrist, thumb, fingers."""

_INFERRED_STD_M = 0.02
_LANDMARK_STD_PX = 3.0


@dataclass(frozen=True, slots=True)
class LiftOptions:
    """Settings of lifting."""

    smoothing: bool = option(True, "Smooth joints in space with a One-Euro filter.")
    min_cutoff_hz: float = option(2.0, "Its cutoff at rest; lower is calmer.", "Hz", 0.01, 100)
    beta: float = option(8.0, "Its rise with speed; higher lags less.", "Hz per palm size per s", 0, 1000)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)


class HandLifter:
    """Lifts hands into space, frame by frame.

    Where a joint's skin is seen in the depth image, the joint lies behind it on its ray, by the flesh around
    it: it is measured. Else it follows from its neighbours and the network's idea of the hand's shape.

    Args:
        options: Settings.
    """

    def __init__(self, options: LiftOptions | None = None) -> None:
        self._options = options or LiftOptions()
        self._filters: dict[int, OneEuroFilter] = {}

    def reset(self) -> None:
        """Forget all hands, as before the first frame."""
        self._filters.clear()

    def lift(self, hands: Sequence[TrackedHand], view: DepthView, stamp_s: float) -> tuple[Hand3d, ...]:
        """Lift the hands of a frame.

        Args:
            hands: Hands found in the image, or in the statue of the depth image itself.
            view: Depth image whose pixels are the image's.
            stamp_s: Time of the image, seconds; only differences count.

        Returns:
            The hands in space, in the same order; all joints of a hand are unknown where depth says
            nothing of it.
        """
        seen = {hand.track_id for hand in hands}
        self._filters = {key: one for key, one in self._filters.items() if key in seen}
        return tuple(self._lifted(hand, view, stamp_s) for hand in hands)

    def _lifted(self, hand: TrackedHand, view: DepthView, stamp_s: float) -> Hand3d:
        reading = read_surface(hand.landmarks[:, :2], view)
        joints, states, std = _placed(hand, reading, view.camera)
        if self._options.smoothing and np.isfinite(joints).all():
            own = self._filters.get(hand.track_id)
            if own is None:
                own = OneEuroFilter(self._options.min_cutoff_hz, self._options.beta)
                self._filters[hand.track_id] = own
            joints = own.filter(joints, stamp_s, _PALM_M).copy()
        return Hand3d(
            hand.track_id, hand.handedness, hand.handedness_score, hand.presence, joints, states, std
        )


_PALM_M = 0.09


def _placed(
    hand: TrackedHand, reading: SurfaceReading, camera: Intrinsics
) -> tuple[Floats, NDArray[np.uint8], Floats]:
    """Place a hand's joints: positions, states and standard deviations."""
    seen = np.isfinite(reading.depth_m)
    points = camera.unproject(hand.landmarks[:, :2], np.where(seen, reading.depth_m, 1).astype(np.float32))
    joints = points * (1 + _FLESH_M / np.linalg.norm(points, axis=1))[:, None].astype(np.float32)
    states = np.where(seen, JointState.MEASURED, JointState.INFERRED).astype(np.uint8)
    std = _LANDMARK_STD_PX * joints[:, 2] / np.float32(camera.fx) + reading.spread_m
    if seen.sum() < 3:
        unknown = np.full(21, np.nan, np.float32)
        return np.full((21, 3), np.nan, np.float32), np.zeros(21, np.uint8), unknown
    offset = np.median(joints[seen] - hand.world_landmarks[seen], axis=0)
    inferred_z = (hand.world_landmarks + offset)[:, 2]
    hidden = ~seen
    joints[hidden] = camera.unproject(hand.landmarks[hidden, :2], inferred_z[hidden].astype(np.float32))
    std[hidden] = _INFERRED_STD_M
    return joints.astype(np.float32), states, std.astype(np.float32)
