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

"""The share of hidden channels that stays in each block, as messages have it."""

from __future__ import annotations

from collections.abc import Sequence

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES

_SHARES = tuple(100 - intensity for intensity in INTENSITIES)


def keep_of(choice: Sequence[int]) -> tuple[int, ...]:
    """Return the share that stays in each block, %, of a place in INTENSITIES for each."""
    return tuple(_SHARES[place] for place in choice)


def choice_of(keep: Sequence[int]) -> tuple[int, ...]:
    """Return a place in INTENSITIES for each block, of the share that stays, %.

    Raises:
        ModelError: A share is none of those that there are.
    """
    unknown = sorted({int(share) for share in keep if share not in _SHARES})
    if unknown:
        msg = f"The shares to keep hold {unknown[0]} %: give {', '.join(map(str, _SHARES))} for each block."
        raise ModelError(msg)
    return tuple(_SHARES.index(share) for share in keep)
