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

"""Writes CHANGELOG.rst, which bloom reads, from CHANGELOG.md; catkin_pkg parses it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RST = ROOT / "CHANGELOG.rst"
_TITLE = "Changelog for package hand_tracking_dsp"
_RULE = "^" * len(_TITLE)


def as_rst(markdown: str) -> str:
    """Convert a changelog of the form of Keep a Changelog to that of REP 132.

    Raises:
        ValueError: A heading of a release is not of the form "## VERSION - DATE".
    """
    lines = [_RULE, _TITLE, _RULE]
    for section in re.split(r"^## ", markdown, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        found = re.fullmatch(r"(\d+\.\d+\.\d+) - (unreleased|\d{4}-\d\d-\d\d)", heading.strip())
        if found is None:
            msg = f"The heading '## {heading}' of CHANGELOG.md is not of the form '## 1.2.3 - 2026-01-31'."
            raise ValueError(msg)
        version, date = found.groups()
        title = "Forthcoming" if date == "unreleased" else f"{version} ({date})"
        lines += ["", title, "-" * len(title)]
        lines += [_item(text) for text in _items(body)]
    return "\n".join(lines) + "\n"


def _items(body: str) -> list[str]:
    """Return the items of a release, each on one line, those of Changed, Fixed and so on with that word."""
    items = []
    for group in re.split(r"^### ", body, flags=re.MULTILINE)[1:]:
        name, _, text = group.partition("\n")
        for item in re.split(r"^- ", text, flags=re.MULTILINE)[1:]:
            words = " ".join(item.split())
            items.append(words if name.strip() == "Added" else f"{name.strip()}: {words}")
    return items


def _item(text: str) -> str:
    """Write an item: links without their address, code between double backquotes."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("*", r"\*")
    return "* " + re.sub(r"`([^`]*)`", r"``\1``", plain)


def main() -> int:
    """Write the file."""
    RST.write_text(as_rst((ROOT / "CHANGELOG.md").read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
