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

from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.contract import LANDMARKS


@dataclass(frozen=True, slots=True)
class LevelToTrain:
    """A level to make.

    Attributes:
        start: Name or index of the level that it begins with.
        size: Size of its input.
    """

    start: str
    size: InputSize

    @classmethod
    def parse(cls, text: str) -> LevelToTrain:
        """Read NAME, NAME@SIDE or NAME@SEEN/SIDE.

        Raises:
            ConfigurationError: It is none of them.
        """
        start, at, size = text.partition("@")
        if not start:
            msg = f"The level {text!r} cannot be made: give the name of a level, as in full@192."
            raise ConfigurationError(msg)
        return cls(start, InputSize.parse(size if at else str(LANDMARKS.size)))
