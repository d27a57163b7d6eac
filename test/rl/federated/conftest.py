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

"""Observations that nobody played."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.control.observation import OBSERVATION, POINT_OBSERVATION
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations

POINTS = 3


def drawn_observations(seed: int, count: int = 128) -> LabelledObservations:
    """Return observations whose labels follow from what is observed of each point."""
    random = np.random.default_rng(seed)
    points = random.random((count, POINTS, len(POINT_OBSERVATION)), np.float32)
    return LabelledObservations(
        random.random((count, len(OBSERVATION)), np.float32), points, points[..., :3], np.arange(count) // 32
    )


@pytest.fixture(scope="session")
def observations() -> list[LabelledObservations]:
    return [drawn_observations(seed) for seed in range(4)]
