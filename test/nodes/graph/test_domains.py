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

"""ROS domains that graphs of one machine do not share."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from hand_tracking_dsp.nodes.graph.domains import own_domain, reserved_domain

HOLD = """
import sys
from hand_tracking_dsp.nodes.graph.domains import reserved_domain
with reserved_domain() as domain:
    print(domain, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the folder for temporary files, which no other test uses."""
    monkeypatch.delenv("ROS_DOMAIN_ID", raising=False)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def hold() -> subprocess.Popen[str]:
    """Start a process that holds a domain until its standard input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_all_domains_are_given_once_and_free_again_afterwards(folder: Path) -> None:
    for _ in range(2):
        with ExitStack() as holding:
            domains = {holding.enter_context(reserved_domain()) for _ in range(101)}
            assert domains == set(range(1, 102))
        assert list(folder.iterdir()) == []


def test_processes_do_not_share_a_domain_and_a_killed_one_holds_none() -> None:
    with ExitStack() as holding, hold() as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        ours = {holding.enter_context(reserved_domain()) for _ in range(100)}
        assert ours == set(range(1, 102)) - {theirs}
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert holding.enter_context(reserved_domain()) == theirs


def test_where_all_are_taken_one_is_given_all_the_same() -> None:
    with ExitStack() as holding:
        for _ in range(102):
            assert 1 <= holding.enter_context(reserved_domain()) <= 101


@pytest.mark.parametrize("kind", ["missing", "a file"])
def test_where_nothing_can_be_reserved_one_is_given_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    place = tmp_path / "place"
    if kind == "a file":
        place.touch()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(place))
    with reserved_domain() as domain:
        assert 1 <= domain <= 101


def test_where_there_is_no_folder_for_temporary_files_one_is_given_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", fail)
    with reserved_domain() as domain:
        assert 1 <= domain <= 101


def test_a_graph_gets_a_domain_unless_the_user_has_chosen_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with own_domain() as domain:
        assert domain in range(1, 102)
    with own_domain(0) as domain:
        assert domain == 0
    monkeypatch.setenv("ROS_DOMAIN_ID", "7")
    with own_domain() as domain:
        assert domain is None
