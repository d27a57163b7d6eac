"""What the README says is so."""

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


def test_the_python_example_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    with open_source("synthetic", SourceOptions(absence_s=0)) as source:
        frame = source.read(1.0)
    assert frame is not None
    cv2.imwrite(str(tmp_path / "hand.jpg"), frame.image)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^1 (LEFT|RIGHT) \[", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_what_it_links_to_is_there(target: str) -> None:
    assert (ROOT / target).exists()


def test_the_commands_it_names_exist() -> None:
    named = re.findall(r"hand-tracking-dsp ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", README)
    assert named
    assert {first for first, _ in named} <= {*COMMANDS, *GROUPS}
    assert all(second in GROUPS[first].commands for first, second in named if first in GROUPS)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", README)) <= targets


def test_the_messages_it_describes_exist() -> None:
    for name in re.findall(r"hand_tracking_dsp/([A-Z]\w+)", README):
        assert (ROOT / "msg" / f"{name}.msg").exists()
