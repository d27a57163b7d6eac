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

"""Names for files and folders that may be called alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hand_tracking_dsp.documents import visible

_SUFFIXES = (".mcap", ".db3", ".bag", ".json")


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Name different paths so that each has a name of its own.

    Returns:
        Their last parts without the suffix of a bag or a manifest, with as many of the folders above as
        tell them apart; where nothing else does, with the suffix. What is not printable is its escape.
    """
    for named in (_without_suffix, str):
        for depth in range(1, max((len(path.parts) for path in paths), default=0) + 1):
            names = [visible("/".join((*path.parts[-depth:-1], named(Path(path.name))))) for path in paths]
            if len(set(names)) == len(names):
                return names
    return [visible(str(path)) for path in paths]


def _without_suffix(name: Path) -> str:
    return name.stem if name.suffix in _SUFFIXES else name.name
