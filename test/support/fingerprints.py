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

"""Whether files are as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def fingerprint() -> Callable[[Path], dict[str, tuple[int, str]]]:
    """Give a function that describes all in and beside a bag: when it was changed, and its bytes."""

    def describe(bag: Path) -> dict[str, tuple[int, str]]:
        return {
            str(path): (
                path.stat().st_mtime_ns,
                "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in bag.parent.rglob("*")
        }

    return describe
