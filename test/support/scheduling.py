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

"""Threads of a process and the group of its session, to be scheduled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Run = Callable[[str], Any]

SEVERAL_THREADS = """
stop = threading.Event()
for _ in range(5):
    threading.Thread(target=stop.wait, daemon=True).start()
"""


class FakeGroup:
    """A session's group that can be set by everybody."""

    def __init__(self, strangers: list[str] | None = None, cpu_cgroup: str = "") -> None:
        self.niceness = 0
        self.needed_by_others = False
        self.cpu_cgroup = cpu_cgroup
        self._strangers = strangers or []

    def strangers(self) -> list[str]:
        return self._strangers

    def change(self, niceness: int) -> None:
        self.niceness = niceness
