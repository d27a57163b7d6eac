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

"""Back-off: longer and longer pauses between attempts at something that fails."""

from __future__ import annotations

from dataclasses import dataclass

from hand_tracking_dsp.options import check_options, check_order, option

_FACTOR = 2.0


@dataclass(frozen=True, slots=True)
class BackoffOptions:
    """Pauses between attempts."""

    retry_s: float = option(0.5, "Pause before a lost source is first opened again.", "s", 0.05, 60)
    retry_max_s: float = option(10.0, "Longest pause; each is twice the one before.", "s", 0.05, 600)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        check_order(self, "retry_s", "retry_max_s", equal=True)


class Backoff:
    """Doubles the pause after each failure in a row, up to a limit."""

    def __init__(self, options: BackoffOptions) -> None:
        self._options = options
        self._next_s = options.retry_s

    def failed(self) -> float:
        """Count a failure and return the seconds to wait before the next attempt."""
        wait_s = self._next_s
        self._next_s = min(wait_s * _FACTOR, self._options.retry_max_s)
        return wait_s

    def succeeded(self) -> None:
        """Return to the first pause."""
        self._next_s = self._options.retry_s
