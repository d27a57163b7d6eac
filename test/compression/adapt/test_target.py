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

"""New levels for latencies of this machine."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import adapt


@pytest.fixture
def arguments(small_bank: Path, tmp_path: Path, make_crops, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What to call the command with; hands are random pictures, in which the small networks see some."""
    monkeypatch.setattr(adapt, "collect_crops", lambda *_, **__: make_crops(60))
    (tmp_path / "photos").mkdir()
    cv2.imwrite(str(tmp_path / "photos" / "a.png"), np.full((40, 40, 3), 99, np.uint8))
    places = {"--bank": small_bank, "--images": tmp_path / "photos", "--out": tmp_path / "out"}
    return ["models", "adapt", "--runs", "1", *(str(word) for pair in places.items() for word in pair)]


def test_a_latency_that_cannot_be_reached_is_refused(
    arguments: list[str], small_bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path.name: path.read_bytes() for path in small_bank.iterdir()}
    assert main([*arguments, "--target", "0.9", "0.0001"]) == 1
    error = capsys.readouterr().err
    assert "cannot be reached by pruning on this device: choose" in error
    assert len(error.splitlines()) == 1
    assert {path.name: path.read_bytes() for path in small_bank.iterdir()} == before
    assert not (tmp_path / "out").exists()
