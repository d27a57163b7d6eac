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

"""The process that nodes run in."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("rclpy", reason="rclpy is not installed; run make setup")

_SCRIPT = """
import sys
{first}
from hand_tracking_dsp.nodes.base.running import run_node

def fail():
    raise RuntimeError("no node")

run_node(fail)
print(sys.modules["cv2"].getNumThreads() if "cv2" in sys.modules else "none")
"""


@pytest.mark.parametrize(("first", "threads"), [("import cv2", "1"), ("", "none")])
def test_opencv_runs_with_one_thread_where_a_node_uses_it(first: str, threads: str) -> None:
    command = [sys.executable, "-c", _SCRIPT.format(first=first)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "no node" in done.stderr
    assert done.stdout.split()[-1] == threads
