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

"""hand-tracking-dsp models verify and points, on banks that see depth."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.compression.bank import verify
from hand_tracking_dsp.compression.bank.changes import update_manifest
from hand_tracking_dsp.compression.statues.pictures import TRAINED
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.device import device_name
from hand_tracking_dsp.tracking.losses import DEVIATION
from hand_tracking_dsp.tracking.manifest import read_manifest

SHORT = ("--count", "3", "--runs", "2")


@pytest.fixture(autouse=True)
def one_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only ONNX Runtime's processor, in a wide terminal."""
    monkeypatch.setattr(verify, "runtimes_here", lambda *_: [RuntimeOptions("onnxruntime", ("cpu",))])
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def hourglass(tmp_path: Path) -> Path:
    return Path(shutil.copytree(share_path("models", "hourglass"), tmp_path / "hourglass"))


def test_exits_are_checked_and_timed_and_their_figures_are_kept(
    hourglass: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "verify", "--bank", str(hourglass), *SHORT, "--update"]) == 0
    printed = capsys.readouterr().out
    assert "on 3 rendered hands" in printed
    assert "NOT THE SAME" not in printed
    for level in read_manifest(hourglass).levels:
        assert level.name in printed
        assert {2} <= {one.runs for one in level.latency if one.device == device_name()}
        assert "3 rendered hands" in {one.data for one in level.accuracy if one.metric == DEVIATION}
    # What was recorded is the limit of the next check.
    assert main(["models", "verify", "--bank", str(hourglass), *SHORT]) == 0
    assert "not recorded" not in capsys.readouterr().out


def test_pictures_have_no_depth(hourglass: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pictures").mkdir()
    arguments = ["models", "verify", "--bank", str(hourglass), "--images", str(tmp_path / "pictures")]
    assert main(arguments) == 1
    assert "sees depth, which pictures have not: leave out --images" in capsys.readouterr().err


@pytest.fixture
def statues(tiny_bank: Path) -> Path:
    """Make a bank whose source says that it sees statues."""
    bank = read_manifest(tiny_bank)
    source = f"a test; {TRAINED} by hand-tracking-dsp models depth-bank"
    update_manifest(bank, lambda now: replace(now, source=source))
    return tiny_bank


def test_a_bank_of_statues_is_checked_on_statues(statues: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify", "--bank", str(statues), *SHORT]) == 0
    assert "on 3 rendered statues" in capsys.readouterr().out


@pytest.mark.parametrize("bank", ["hourglass", "statues"])
def test_a_bank_of_depth_has_no_operating_points(
    bank: str, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "points", "--bank", str(request.getfixturevalue(bank))]) == 1
    sentence = "sees depth, which clips have not, so that it has no operating points"
    assert sentence in " ".join(capsys.readouterr().err.split())
