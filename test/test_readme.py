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

"""README and documentation: short, linked without gaps, and true where a machine can tell."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.commands.catalogue import COMMANDS, GROUPS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
INDEX = ROOT / "docs/README.md"
PAGES = sorted((ROOT / "docs").glob("*.md"))
ALL = [*sorted(ROOT.glob("*.md")), *PAGES, ROOT / "models/README.md"]
LINKS = sorted(
    {
        (page, target)
        for page in ALL
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
        if "://" not in target
    }
)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_short_and_names_what_a_reader_looks_for() -> None:
    assert len(README.splitlines()) <= 150
    for wanted in ("make demo", "make test", "colcon build", "`score_threshold`", "docs/README.md"):
        assert wanted in README


def test_the_python_example_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    with open_source("synthetic", SourceOptions(absence_s=0)) as source:
        frame = source.read(1.0)
    assert frame is not None
    cv2.imwrite(str(tmp_path / "hand.jpg"), frame.image)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^1 (LEFT|RIGHT) \[", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(("page", "target"), LINKS, ids=lambda value: str(getattr(value, "name", value)))
def test_a_link_leads_to_a_file_and_to_a_heading_in_it(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    assert file.exists()
    assert not anchor or anchor in anchors(file)


def test_the_index_names_every_page() -> None:
    named = {INDEX.parent / target for page, target in LINKS if page == INDEX}
    assert {page for page in PAGES if page != INDEX} <= {
        path.parent / path.name.partition("#")[0] for path in named
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_begins_with_the_command_it_is_about(page: Path) -> None:
    first = "\n".join(page.read_text(encoding="utf-8").splitlines()[1:8])
    assert re.search(r"hand-tracking-dsp|make [a-z]|pip install|ros2 |rviz2 ", first)


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_the_commands_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"hand-tracking-dsp ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", text)
    assert {first for first, _ in named} <= {*COMMANDS, *GROUPS}
    assert all(second in GROUPS[first].commands for first, second in named if first in GROUPS and second)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    # Of sentences such as "make one for yours" only code counts.
    assert set(re.findall(r"(?:^ {4}|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_the_messages_that_a_page_describes_exist(page: Path) -> None:
    for name in re.findall(r"hand_tracking_dsp/([A-Z]\w+)", page.read_text(encoding="utf-8")):
        assert (ROOT / "msg" / f"{name}.msg").exists()
