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

"""The kind of scene that the network's input is of, told by what the tracker measures on every frame."""

from __future__ import annotations

from collections import Counter, deque

from hand_tracking_dsp.tracking.composition.surrogate import SCENES

PLAIN, BLURRED, DARK, OCCLUDED = range(len(SCENES))

TOLD = (PLAIN, BLURRED, DARK)
"""Kinds that can be told. Nothing that is measured shows that a hand is covered in part: presence below 0.95
tells 5 % of such hands."""

# Between the medians of hands as they are and hands in such scenes; policy akperl-report says how often they
# are told apart.
_DARK_MEAN, _DARK_STD = 0.22, 0.11
_BLURRED_SHARPNESS = 0.03

# A scene that does not last is none to compose a network for, and single pictures tell it badly.
_LASTS_S = 1.0
_MAJORITY = 0.6


def scene_of(input_mean: float, input_std: float, sharpness: float) -> int:
    """Return the kind of scene, one of TOLD; what is NaN says nothing.

    Args:
        input_mean: Mean of the network's input, 0 to 1.
        input_std: Standard deviation of it.
        sharpness: Sharpness of it; see tracking.types.HandLandmarks.
    """
    if input_mean < _DARK_MEAN and input_std < _DARK_STD:
        return DARK
    return BLURRED if sharpness < _BLURRED_SHARPNESS else PLAIN


class SceneWatch:
    """Follows the kind of scene; another one counts once most pictures of a second have told it.

    Attributes:
        scene: The kind of scene, one of TOLD.
    """

    def __init__(self) -> None:
        self.scene = PLAIN
        self._told: deque[tuple[float, int]] = deque()

    def add(self, stamp_s: float, scene: int, *, seen: bool = True) -> None:
        """Take the kind of scene at a time, seconds; where no hand is seen, none is known."""
        if not seen:
            return
        told = self._told
        if told and not 0.0 <= stamp_s - told[-1][0] <= _LASTS_S:
            told.clear()  # a clock that was set, or pictures of another time
        told.append((stamp_s, scene))
        while stamp_s - told[1 if len(told) > 1 else 0][0] >= _LASTS_S:
            told.popleft()
        most, count = Counter(one for _, one in told).most_common(1)[0]
        if stamp_s - told[0][0] >= _LASTS_S and count >= _MAJORITY * len(told):
            self.scene = most
