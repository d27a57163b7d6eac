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

"""Options of the priority of a node's process, and of where it runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.options import check_options, option

_RANGE = re.compile(r"\s*(\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?", re.ASCII)
# The kernel's own limit, NR_CPUS.
_MOST_PROCESSORS = 8192


@dataclass(frozen=True, slots=True)
class SchedulingOptions:
    """Priority of a node's process, and the processors that it runs on."""

    scheduling: str = option(
        "auto",
        "Priority of the process: auto (niceness -10 where permitted, unless it was started with another), "
        "normal, nice (-10 in any case, and a warning where it is refused), or realtime (nice, and the "
        "tracking thread of hand_tracker_node in real time).",
        choices=("auto", "normal", "nice", "realtime"),
    )
    cpus: str = option(
        "", "Processors that the process runs on, for example 0,2-3; empty: all that it is given."
    )

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        _ = self.processors

    @property
    def processors(self) -> frozenset[int]:
        """Numbers of the processors; empty: all that the process is given."""
        numbers: set[int] = set()
        for part in self.cpus.split(",") if self.cpus.strip() else ():
            match = _RANGE.fullmatch(part)
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
            if not first <= last < _MOST_PROCESSORS:
                msg = (
                    f"Parameter cpus is {self.cpus!r}: write numbers of processors and ranges of them, "
                    f"for example 0,2-3."
                )
                raise ConfigurationError(msg)
            numbers.update(range(first, last + 1))
        return frozenset(numbers)
