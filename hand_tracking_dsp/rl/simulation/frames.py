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

"""Frames of an episode at every operating point: what they take and show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class EpisodeFrames:
    """Frames at one state of the clock; [p, t, f] is by operating point, step and its frame.

    Attributes:
        latency_ms: float64 [p, t, f]: time of each frame, end to end, milliseconds.
        network_ms: float64 [p, t, f]: part of it that the landmark network takes, milliseconds.
        detection_ms: float64 [t, f]: part of it that the palm detector takes, milliseconds.
        commanded_ms: float64 [p, t, f]: latency_ms as it would be at the point's own level, milliseconds.
        level: int64 [p, t, f]: level that runs; a sparser one than the point's where the reflex saw no time.
        drift_percent: float64 [p, t]: deviation from the dense level, mean over frames, % of palm size; NaN
            without a hand.
        accuracy: float64 [p, t]: normalized accuracy likewise; 1 without a hand, 0 of one that is missed.
        usable: float64 [p, t]: share of the hands in view that are found in time and near the dense level's;
            NaN without a hand.
    """

    latency_ms: Array
    network_ms: Array
    detection_ms: Array
    commanded_ms: Array
    level: Indices
    drift_percent: Array
    accuracy: Array
    usable: Array
