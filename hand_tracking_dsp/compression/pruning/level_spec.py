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

"""The specification of a level to be made."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from hand_tracking_dsp.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class LevelSpec:
    """Either a latency or a share of the channels that a level is to have.

    Attributes:
        latency: Most latency, relative to the dense network in fp32; None where keep is given.
        keep: Share of every block's hidden channels; None where latency is given.
        max_parameters: Most trained parameters, a share of the dense network's; no limit if None.
    """

    latency: float | None = None
    keep: float | None = None
    max_parameters: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            ConfigurationError: A number is out of its range, or not exactly one of latency and keep is given.
        """
        if (self.latency is None) == (self.keep is None):
            msg = "A level needs either a latency or a share of channels to keep: give one of the two."
            raise ConfigurationError(msg)
        for name, value in asdict(self).items():
            if value is not None and not 0 < value <= 1:
                msg = f"A level's {name.replace('_', ' ')} is {value}: it must be above 0 and at most 1."
                raise ConfigurationError(msg)

    @property
    def name(self) -> str:
        """Name of the level, for people and for its file."""
        limit = f"_parameters{round(100 * self.max_parameters)}" if self.max_parameters else ""
        if self.keep is not None:
            return f"keep{round(100 * self.keep)}{limit}"
        return f"latency{round(100 * (self.latency or 0))}{limit}"
