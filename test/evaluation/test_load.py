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

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.evaluation.load import Load, LoadScript

PATIENCE_S = 120.0


def wait_for(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def cpu_s(pid: int) -> float:
    """Time on a core so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_script_says_who_is_busy_when_and_begins_again() -> None:
    script = LoadScript.parse("quiet:5, 1:2.5,3:2.5")
    assert script.most == 3
    assert [script.at(time_s)[0] for time_s in (0, 4.9, 5, 7.4, 7.5, 9.9, 10, 15, 27.5)] == [
        *(0, 0, 1, 1, 3, 3),
        *(0, 1, 3),
    ]
    assert script.at(6.0) == (1, 1.5)


@pytest.mark.parametrize("text", ["", "quiet", "5", "1:", "busy:5", "-1:5", "1:0", "1:nan", "1:5,,", "65:1"])
def test_a_script_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="for example quiet:5,1:5,2:5"):
        LoadScript.parse(text)


def test_processes_work_when_told_to_and_are_gone_in_the_end() -> None:
    with Load(LoadScript.parse("1:300,2:300")) as load:
        working, waiting = load.pids
        load.start()
        wait_for(lambda: cpu_s(working) > 1.5)
        assert load.busy == 1
        before_s = cpu_s(waiting)
        time.sleep(0.5)
        assert cpu_s(waiting) - before_s < 0.2, "it waits"
    assert not alive(working)
    assert not alive(waiting)


def test_a_quiet_script_needs_no_process() -> None:
    with Load(LoadScript.parse("quiet:1")) as load:
        load.start()
        assert load.pids == []


def test_an_ended_process_does_not_stop_the_others() -> None:
    with Load(LoadScript.parse("2:0.2,quiet:0.2")) as load:
        first, second = load.pids
        os.kill(first, 9)
        load.start()
        wait_for(lambda: cpu_s(second) > 1.0)


def test_processes_end_with_their_parent_whatever_ends_it(tmp_path: Path) -> None:
    code = (
        "import time\n"
        "from hand_tracking_dsp.evaluation.load import Load, LoadScript\n"
        "with Load(LoadScript.parse('2:100')) as load:\n"
        "    load.start(); print(*load.pids, flush=True); time.sleep(100)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
    wait_for(lambda: not any(alive(pid) for pid in pids))
