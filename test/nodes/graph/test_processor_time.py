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
from pathlib import Path

import pytest

from hand_tracking_dsp.nodes.graph.processor_time import ProcessorMeter, processor_time_s

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")


def test_counts_what_a_process_takes_with_its_threads() -> None:
    tick_s = 1 / os.sysconf("SC_CLK_TCK")
    before_s = processor_time_s(os.getpid())
    assert before_s == pytest.approx(time.process_time(), abs=0.5)
    end_s = time.process_time() + 0.2
    while time.process_time() < end_s:
        pass
    assert processor_time_s(os.getpid()) - before_s >= 0.2 - 2 * tick_s


def test_a_process_that_ended_and_one_that_came_later_do_no_harm() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        meter = ProcessorMeter({"child": child.pid})
        both = meter.shares({"child": child.pid, "self": os.getpid()})
        assert set(both) == {"child", "self"}
        assert 0 <= both["child"] < both["self"]
        child.kill()
    assert set(meter.shares({"child": child.pid, "self": os.getpid()})) == {"self"}
