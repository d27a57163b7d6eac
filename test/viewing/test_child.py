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

"""A program that ends with the block that runs it, and the page that the demo starts so."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from hand_tracking_dsp.commands import demo_page
from hand_tracking_dsp.viewing.child import child

PATIENCE_S = 120.0


def until_written(path: Path) -> str:
    deadline_s = time.monotonic() + PATIENCE_S
    while not (path.exists() and (text := path.read_text()).endswith("\n")):
        assert time.monotonic() < deadline_s, f"{path} was not written"
        time.sleep(0.05)
    return text.strip()


def writing(path: Path, before: str = "pass") -> str:
    """Return a program that writes what it was given, and goes on."""
    write = f"open({str(path)!r}, 'w').write(' '.join(sys.argv[1:]) + chr(10))"
    return f"import signal, sys, time; {before}; {write}; time.sleep(600)"


@pytest.mark.parametrize("before", ["pass", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
def test_the_end_of_the_block_ends_it(tmp_path, before):
    with child([sys.executable, "-c", writing(tmp_path / "file", before)], 0.5) as process:
        until_written(tmp_path / "file")
        assert process.poll() is None
    assert process.returncode < 0


def test_one_that_has_ended_is_no_error():
    with child([sys.executable, "-c", "pass"], 1.0, silent=True) as process:
        process.wait()


def test_the_page_of_the_demo_watches_its_domain(tmp_path, monkeypatch):
    monkeypatch.delenv("ROS_DOMAIN_ID", raising=False)
    monkeypatch.setattr(demo_page, "require_rerun", lambda: None)
    monkeypatch.setattr(demo_page, "_CODE", writing(tmp_path / "file"))
    with demo_page.served_page() as domain:
        assert until_written(tmp_path / "file") == f"view --domain {domain}"
