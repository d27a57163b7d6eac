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

"""Libraries that nodes bring along: memory and time to start of a small computer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed: run make test, which installs it")


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("nodes.power_node", {"cv2", "onnxruntime", "scipy", "matplotlib"}),
        ("nodes.pruning_controller_node", {"cv2", "scipy", "matplotlib"}),
        ("nodes.camera_node", {"onnxruntime", "scipy", "matplotlib"}),
        ("nodes.hand_tracker_node", {"scipy", "matplotlib"}),
        ("commands.up", {"cv2", "onnxruntime", "scipy", "matplotlib"}),
        ("commands.demo", {"scipy.stats", "matplotlib", "torch"}),
        ("commands.evaluate", {"scipy.stats", "torch"}),
    ],
)
def test_what_is_not_needed_is_not_imported(module: str, without: set[str], tmp_path: Path) -> None:
    code = f"import sys, hand_tracking_dsp.{module}; print(*({without!r} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.split() == []
