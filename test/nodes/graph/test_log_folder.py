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

"""A place for ROS 2's log files, also without a home."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest

from hand_tracking_dsp.nodes.graph.log_folder import log_arguments

NO_FILES = ["--ros-args", "--disable-external-lib-logs"]


@pytest.fixture(autouse=True)
def _no_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ROS_LOG_DIR", "ROS_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    # Set once more, so that monkeypatch restores whatever the function sets.
    monkeypatch.setenv("ROS_LOG_DIR", "")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))


@pytest.mark.parametrize("name", ["ROS_LOG_DIR", "ROS_HOME", "HOME"])
def test_a_folder_that_works_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, str(tmp_path / "chosen"))
    before = os.environ["ROS_LOG_DIR"]
    assert log_arguments() == []
    assert os.environ["ROS_LOG_DIR"] == before


@pytest.mark.parametrize("home", [None, "", "/proc/none"])
def test_without_a_home_the_log_goes_into_a_private_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    if home is not None:
        monkeypatch.setenv("HOME", home)
    for _ in range(2):
        assert log_arguments() == []
        assert stat.S_IMODE(Path(os.environ["ROS_LOG_DIR"]).stat().st_mode) == 0o700


def test_without_any_folder_there_are_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise FileNotFoundError(2, "none")

    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    assert log_arguments() == NO_FILES


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"hand_tracking_dsp_log_{os.geteuid()}").symlink_to("elsewhere")
    assert log_arguments() == NO_FILES
