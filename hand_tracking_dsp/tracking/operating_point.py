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

"""Operating points: how much a tracker computes, from everything on every frame to the least."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_GATE = 0.06
"""Motion, in shares of palm size, below which a hand is not looked at again."""

DEFAULT_SEARCH_INTERVAL_S = 0.15
"""Time between two searches for further hands while one is in view, seconds."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Amount of computation: the level, and what is left out in time.

    Attributes:
        level: Sparsity level of the landmark network, 0 = dense.
        gate: Motion since the last measurement, in shares of palm size, below which a hand is held; 0: every
            hand is measured on every frame.
        search_interval_s: Time between two searches for further hands while one is in view, seconds; 0:
            every frame.
    """

    level: int = 0
    gate: float = DEFAULT_GATE
    search_interval_s: float = DEFAULT_SEARCH_INTERVAL_S


EVERYTHING = OperatingPoint(0, 0.0, 0.0)
"""The dense level, on every hand of every frame, and a search on every frame with room for another hand."""
