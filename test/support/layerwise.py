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

"""Pruning of four layers, two of which matter, for tests of what chooses intensities."""

from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.rl.training.layerwise_task import LayerwiseCoefficients, LayerwiseTask

INTENSITIES = (0.0, 0.25, 0.5, 0.75, 1.0)
DAMAGE = np.array([0.5, 0.02, 0.5, 0.02])
"""Accuracy that each layer loses when all of it is pruned."""


@dataclass(frozen=True)
class Feedback:
    accuracy: float
    power: float
    inputs: np.ndarray


def sparsity(shares):
    return sum(shares) / 4


def evaluate(shares):
    lost = float(DAMAGE @ np.array(shares))
    return Feedback(1 - lost, 1 - sparsity(shares), np.zeros((4, 2), np.float32))


def met(target):
    return lambda shares: sparsity(shares) / target


TASK = LayerwiseTask(np.full((4, 2), 0.25, np.float32), INTENSITIES, evaluate, sparsity, met(0.5))
COEFFICIENTS = LayerwiseCoefficients.by_size(*TASK.figures.T)
