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

"""Outputs of networks that nothing can be made of: the check of them, and sentences with how many there were.

A network may answer the grey picture of its warm-up well and a real region with NaN. A region with any such
output counts as one without a hand: half of an answer is no better than none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hand_tracking_dsp.tracking.types import Floats

LARGEST = 1e6
"""Magnitude above which no output has a meaning: pixels, metres and probabilities stay far below."""


def is_usable(values: Floats) -> bool:
    """Tell whether all of some values, at least one, are numbers that an output may have."""
    # NaN is neither.
    return bool(values.max() <= LARGEST and values.min() >= -LARGEST)


def unusable_output(names: Sequence[str], outputs: Sequence[Floats]) -> str:
    """Return the name of the first output that cannot be used; "": all can.

    Args:
        names: Names of the outputs that must be usable.
        outputs: The outputs in this order; others may follow.
    """
    return next((name for name, values in zip(names, outputs, strict=False) if not is_usable(values)), "")


def is_possible_error(percent: float) -> bool:
    """Tell whether landmarks may be expected to be so far off, % of palm."""
    return 0 <= percent <= LARGEST


def counted(sentences: Counter[str]) -> list[str]:
    """Return sentences, each with how often it was so."""
    # A copy: another thread may count meanwhile.
    found = dict(sentences)
    return [
        sentence if count == 1 else f"{sentence.removesuffix('.')} ({count} times so far)."
        for sentence, count in found.items()
    ]
