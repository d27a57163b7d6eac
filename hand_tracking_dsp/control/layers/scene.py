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

import math

from hand_tracking_dsp.tracking.composition.surrogate import SCENES

PLAIN, BLURRED, DARK, OCCLUDED = range(len(SCENES))

# Between the medians of hands as they are and hands in such scenes; policy akperl-report says how often they
# are told apart.
_DARK_MEAN, _DARK_STD = 0.22, 0.11
_BLURRED_SHARPNESS = 0.03
_OCCLUDED_PRESENCE = 0.95

# A scene that does not last is none to compose a network for.
_LASTS_S = 2.0


def scene_of(input_mean: float, input_std: float, sharpness: float, presence: float) -> int:
    """Return the kind of scene, a place in SCENES; what is NaN says nothing.

    Args:
        input_mean: Mean of the network's input, 0 to 1.
        input_std: Standard deviation of it.
        sharpness: Sharpness of it; see tracking.types.HandLandmarks.
        presence: Presence of the hand, 0 to 1.
    """
    if input_mean < _DARK_MEAN and input_std < _DARK_STD:
        return DARK
    if sharpness < _BLURRED_SHARPNESS:
        return BLURRED
    return OCCLUDED if presence < _OCCLUDED_PRESENCE else PLAIN


class SceneWatch:
    """Follows the kind of scene; another one counts once it has lasted for two seconds."""

    def __init__(self) -> None:
        self.scene = PLAIN
        self._other, self._since_s = PLAIN, math.inf

    def add(self, stamp_s: float, scene: int, *, seen: bool = True) -> None:
        """Take the kind of scene at a time, seconds; where no hand is seen, none is known."""
        if not seen:
            return
        if scene == self.scene:
            self._other = scene
        elif scene != self._other:
            self._other, self._since_s = scene, stamp_s
        elif stamp_s - self._since_s >= _LASTS_S:
            self.scene = scene
