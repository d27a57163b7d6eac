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

"""The documentation's pictures, from a real graph."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from docs_pictures import command
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.reading import read_gesture

pytest.importorskip("rclpy", reason="ROS 2 is not installed: run make test, which installs it")
pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")

TOOL = Path(__file__).parents[3] / "tools/make_pictures.py"


def test_all_pictures_are_made_and_nothing_else_is_left(tmp_path: Path, domain_id: int) -> None:
    done = subprocess.run(
        [sys.executable, TOOL, "--out", "images"],
        cwd=tmp_path,
        env=os.environ | {"ROS_DOMAIN_ID": str(domain_id)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    output = done.stdout
    assert done.returncode == 0, done.stderr
    made = sorted((tmp_path / "images").iterdir())
    assert [path.name for path in made] == ["gestures.png", "joints.png", "markers.png", "overlay.png"]
    for path in made:
        assert str(path.relative_to(tmp_path)) in output
        assert min(cv2.imread(str(path)).shape[:2]) >= 400
        assert path.stat().st_size < 300_000


def test_every_gesture_is_posed_and_read() -> None:
    gestures = set(read_gesture(np.eye(21, 3, dtype=np.float32), GestureOptions()).scores)
    titles = [words.splitlines() for words in command._gestures()]
    assert gestures <= {title[0] for title in titles}
    for name, read, fingers in titles:
        if name in gestures:
            assert read.startswith(f"read: {name} ")
        else:
            assert fingers == f"open fingers: {name.removeprefix('count_')}"
