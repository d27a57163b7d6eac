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

"""Every picture of the documentation is there, and docs/seeing.md says which command makes it."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import pytest
from PIL import Image as Pictures

from hand_tracking_dsp.commands.catalogue import COMMANDS, GROUPS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = sorted(
    {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    }
)
ROWS = re.findall(
    r"^\| `([\w.]+)` \| (.*?) \| (.*?) \|$",
    (ROOT / "docs/seeing.md").read_text(encoding="utf-8").partition("## Where the pictures come from")[2],
    re.MULTILINE,
)
TABLE = {name: command for name, command, _ in ROWS}


@pytest.mark.parametrize("picture", SHOWN, ids=lambda path: path.name)
def test_a_picture_that_is_shown_is_there_small_and_made_by_a_command(picture: Path) -> None:
    assert picture.parent == ROOT / "docs/images"
    # Moving WebP is read by newer OpenCV alone.
    assert cv2.imread(str(picture)) is not None or (picture.suffix == ".webp" and cv2.__version__ < "4.6")
    assert picture.stat().st_size < 400_000
    assert picture.name in TABLE


def test_the_animation_moves_and_loops() -> None:
    with Pictures.open(ROOT / "docs/images/tracking.webp") as animation:
        assert animation.n_frames >= 50
        assert animation.info["loop"] == 0


def test_the_table_names_every_picture_and_no_other() -> None:
    assert set(TABLE) == {path.name for path in (ROOT / "docs/images").iterdir()}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_the_commands_of_the_table_exist(name: str) -> None:
    command = TABLE[name]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"make ([a-z-]+)", command), re.findall(r"hand-tracking-dsp ([a-z-]+)", command)
    tools = re.findall(r"python (tools/\S+\.py)", command)
    assert any(named) or tools
    assert set(named[0]) <= targets
    assert set(named[1]) <= {*COMMANDS, *GROUPS}
    assert all((ROOT / tool).is_file() for tool in tools)
