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

"""Reward of a controller: alpha · Accuracy + beta · (1 - InferenceTime) + battery term.

All terms are normalized, 0 to 1, and alpha + beta = 1.

- Accuracy = 1 - (drift / 20 % of palm size)², not below 0, mean over the step; 1 without a hand. Drift is the
  distance from the dense level's landmarks: agreement with it, the stand-in for an accuracy that nobody can
  measure on a robot. evaluation.measures.drift computes it.
- InferenceTime, mean over the step's frames: IN_TIME times the share of the budget that a frame in time
  takes, and 1 for a frame that is late; 0 without a hand, when no level makes a frame faster.
- battery term = -BATTERY_WEIGHT · (1 - charge) · energy, energy being the tracker's power as a share of what
  the dense level takes on one hand; nothing on mains power.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

IN_TIME = 0.1
"""Normalized inference time of a frame that takes exactly its budget; 1 is one that is late."""

BATTERY_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the reward: alpha, 0 to 1, of accuracy, and beta, 1 - alpha, of the inference time."""

    alpha: float = 0.5

    @property
    def beta(self) -> float:
        """Weight of the inference time."""
        return 1.0 - self.alpha


def inference_time(latency_budgets: Array) -> Array:
    """Return the normalized inference time, 0 to 1, of frames' latencies in shares of the budget."""
    return np.where(latency_budgets > 1.0, 1.0, IN_TIME * np.maximum(latency_budgets, 0.0))


def reward(
    weights: Weights,
    accuracy: Array | float,
    inference_time: Array | float,
    energy: Array | float,
    charge: Array | float,
) -> Array:
    """Return the reward of steps; arrays broadcast.

    Args:
        weights: Weights of its terms.
        accuracy: Mean of measures.drift.accuracy_of_drift() over the step, 0 to 1.
        inference_time: Mean of inference_time() over the step's frames, 0 to 1.
        energy: The tracker's power relative to the dense level's on one hand, at least 0.
        charge: State of charge, 0 to 1; NaN: mains power.
    """
    scarcity = np.nan_to_num(1.0 - np.asarray(charge, dtype=np.float64), nan=0.0)
    time_left = 1.0 - np.asarray(inference_time, dtype=np.float64)
    battery = BATTERY_WEIGHT * scarcity * np.asarray(energy, dtype=np.float64)
    return weights.alpha * np.asarray(accuracy) + weights.beta * time_left - battery
