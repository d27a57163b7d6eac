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

"""Actions of a learned policy: one operating point sparser, the same, or one denser."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Action(IntEnum):
    """An action; its value is its index in a policy network's scores."""

    DENSER = 0
    KEEP = 1
    SPARSER = 2

    @property
    def step(self) -> int:
        """Return the change of point: -1, 0 or 1."""
        return self.value - Action.KEEP


def allowed_actions(point: int, points: int, densest: int = 0) -> NDArray[np.bool_]:
    """Return which actions lead to one of so many points that is not denser than a number: bool [3]."""
    return np.array([densest <= point + action.step < points for action in Action])
