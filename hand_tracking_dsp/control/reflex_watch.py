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

"""Share of the frames without time for the level commanded that the tracker's reflex brings in time."""

from __future__ import annotations

# The reflex is on unless somebody turned it off: as much as one frame speaks for that at first.
_FIRST, _FIRST_SAVED = 1.0, 0.9
# A frame counts 1/e as much after so many others.
_LEARNED = 50.0


class ReflexWatch:
    """Share of the frames in time among those that only a sparser level than the commanded one can bring so.

    It is 0 where the reflex is off, or where its deadline is not the controller's budget.
    """

    def __init__(self) -> None:
        self._frames, self._saved = _FIRST, _FIRST_SAVED

    @property
    def share(self) -> float:
        """Return the share, 0 to 1."""
        return self._saved / self._frames

    def add(self, in_time: bool) -> None:
        """Take a frame that would have been late at the level commanded, and not at a sparser one."""
        kept = 1.0 - 1.0 / _LEARNED
        self._frames = kept * self._frames + 1.0
        self._saved = kept * self._saved + in_time
