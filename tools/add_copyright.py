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

"""Begins source files with the copyright lines that ament_copyright asks for; --check only names files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

HEADER = """\
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

"""


def sources() -> Iterator[Path]:
    """Yield the files that ament_copyright looks at, and setup.py."""
    yield ROOT / "setup.py"
    yield from sorted((ROOT / "cmake").glob("*.cmake"))
    for folder in ("hand_tracking_dsp", "launch", "test", "tools"):
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if path.stat().st_size)


def split(text: str) -> tuple[str, str]:
    """Split a file's text behind a first line that names an interpreter."""
    end = text.index("\n") + 1 if text.startswith("#!") else 0
    return text[:end], text[end:].lstrip("\n") if end else text


def main(arguments: list[str]) -> int:
    """Add what is missing and name the files; with --check, fail where there are any."""
    check = arguments == ["--check"]
    missing = 0
    for path in sources():
        first, rest = split(path.read_text(encoding="utf-8"))
        if rest.startswith(HEADER):
            continue
        missing += 1
        if not check:
            path.write_text(first + ("\n" if first else "") + HEADER + rest, encoding="utf-8")
        done = "has no copyright lines; make format adds them" if check else "copyright lines added"
        print(f"{path.relative_to(ROOT)}: {done}")
    return int(check and missing > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
