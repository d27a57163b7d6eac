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

"""Reward of a controller: alpha · Accuracy + beta · (1 - InferenceTime) - gamma · Energy.

All terms are normalized, 0 to 1 but for energy, and alpha + beta = 1 (control.goals.GoalWeights).

- Accuracy = 1 - (drift / 20 % of palm size)², not below 0, mean over the step; 1 without a hand. Drift is the
  distance from the dense level's landmarks: agreement with it, the stand-in for an accuracy that nobody can
  measure on a robot. evaluation.measures.drift computes it.
- InferenceTime, mean over the step's frames: 0 for a frame in time, however long it took, 1 for one that is
  late; 0 without a hand, when no level makes a frame faster.
- Energy: the tracker's power as a share of what the dense level takes on one hand. A battery that does not
  last as long as it is to is no term: at its reserve the cheapest point runs, and accuracy is lost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.goals import GoalWeights

Array = NDArray[np.float64]

JUDGED = GoalWeights.without_energy(1 / 11)
"""Weights by which policies are compared: a late frame is as bad as ten wrong hands, energy costs nothing."""


def inference_time(latency_budgets: Array) -> Array:
    """Return the normalized inference time, 0 or 1, of frames' latencies in shares of the budget."""
    return (latency_budgets > 1.0).astype(np.float64)


def reward(
    weights: GoalWeights,
    accuracy: Array | float,
    inference_time: Array | float,
    energy: Array | float = 0.0,
) -> Array:
    """Return the reward of steps; arrays broadcast.

    Args:
        weights: Weights of its terms.
        accuracy: Mean of measures.drift.accuracy_of_drift() over the step, 0 to 1.
        inference_time: Mean of inference_time() over the step's frames, 0 to 1.
        energy: The tracker's power relative to the dense level's on one hand, at least 0.
    """
    time_left = 1.0 - np.asarray(inference_time, dtype=np.float64)
    spent = weights.gamma * np.asarray(energy, dtype=np.float64)
    return weights.alpha * np.asarray(accuracy) + weights.beta * time_left - spent
