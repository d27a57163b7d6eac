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

"""Error that a deviation from the dense level's landmarks counts as."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.control.forecast import DRIFT_OF_NO_USE_PERCENT
from hand_tracking_dsp.evaluation.statistics import Array


def accuracy_of_drift(drift_percent: Array | float) -> Array:
    """Return the normalized accuracy, 0 to 1, of a drift in % of palm size: 1 - (drift / 20 %)², at least 0.

    Squared, because a few percent are what two people differ by who mark the same joints.
    """
    share = np.asarray(drift_percent, dtype=np.float64) / DRIFT_OF_NO_USE_PERCENT
    return np.clip(1.0 - share**2, 0.0, 1.0)
