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

"""The description of a level that a joint training is to make."""

from __future__ import annotations

from dataclasses import dataclass

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.contract import LANDMARKS

_SMALLEST, _SIZE_STEP = 64, 8


@dataclass(frozen=True, slots=True)
class LevelToTrain:
    """A level to make.

    Attributes:
        start: Name or index of the level that it begins with.
        size: Side of its input, pixels.
    """

    start: str
    size: int

    @classmethod
    def parse(cls, text: str) -> LevelToTrain:
        """Read NAME or NAME@SIZE.

        Raises:
            ConfigurationError: It is neither.
        """
        start, _, size = text.partition("@")
        if start and (size or LANDMARKS.size) and (not size or size.isdecimal()):
            side = int(size or LANDMARKS.size)
            if _SMALLEST <= side <= LANDMARKS.size and side % _SIZE_STEP == 0:
                return cls(start, side)
        msg = (
            f"The level {text!r} cannot be made: give the name of a level, @ and the side of its input, a "
            f"multiple of {_SIZE_STEP} from {_SMALLEST} to {LANDMARKS.size}, for example full@192."
        )
        raise ConfigurationError(msg)
