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
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hand_tracking_dsp.scheduling import real_time
from hand_tracking_dsp.scheduling.real_time import RealTimeThread

Run = Callable[[str], Any]

REAL_TIME_IN_A_THREAD = """
answer = []
def work():
    thread = RealTimeThread()
    child = []
    started = threading.Thread(target=lambda: child.append(os.sched_getscheduler(threading.get_native_id())))
    started.start()
    started.join()
    own = os.sched_getscheduler(threading.get_native_id()) & ~os.SCHED_RESET_ON_FORK
    answer.extend([thread.in_force, thread.refusal, own == os.SCHED_RR, child[0] == os.SCHED_OTHER])
    answer.append(os.sched_getparam(threading.get_native_id()).sched_priority)
worker = threading.Thread(target=work)
worker.start()
worker.join()
main = os.sched_getscheduler(os.getpid()) == os.SCHED_OTHER
print(json.dumps([*answer, main]))
"""


def test_the_thread_alone_is_in_real_time_at_the_lowest_priority(in_process: Run) -> None:
    in_force, refusal, own, child, priority, main = in_process(REAL_TIME_IN_A_THREAD)
    if not in_force:
        pytest.skip(f"no real time here: {refusal}")
    assert (refusal, own, child, priority, main) == ("", True, True, 1, True)


def test_a_refusal_names_what_it_needs(in_process: Run) -> None:
    in_force, refusal, *_ = in_process("drop_permissions()\n" + REAL_TIME_IN_A_THREAD)
    if in_force:
        pytest.skip("everybody may use real time here")
    assert "CAP_SYS_NICE" in refusal
    assert "rtprio" in refusal


def test_a_limit_that_would_end_the_process_is_an_obstacle(in_process: Run) -> None:
    code = "import resource\nresource.setrlimit(resource.RLIMIT_RTTIME, (500_000, 500_000))\n"
    in_force, refusal, *_ = in_process(code + REAL_TIME_IN_A_THREAD)
    assert not in_force
    assert "RLIMIT_RTTIME" in refusal


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """A kernel that permits everything, whose clocks stand still."""
    state = SimpleNamespace(policy=0, now_s=0.0, processors={0, 1}, proc=tmp_path)

    def set_scheduler(_thread: int, policy: int, _parameters: object) -> None:
        state.policy = policy

    monkeypatch.setattr(real_time.os, "sched_setscheduler", set_scheduler, raising=False)
    monkeypatch.setattr(real_time.os, "sched_getscheduler", lambda _thread: state.policy, raising=False)
    monkeypatch.setattr(real_time.os, "sched_getaffinity", lambda _pid: state.processors, raising=False)
    monkeypatch.setattr(real_time.time, "monotonic", lambda: state.now_s)
    monkeypatch.setattr(real_time.threading, "get_native_id", lambda: 7)

    def work(seconds: float, of_s: float) -> None:
        state.now_s += of_s
        path = tmp_path / "self/task/7/schedstat"
        path.parent.mkdir(parents=True, exist_ok=True)
        before = int(path.read_text().split()[0]) if path.exists() else 0
        path.write_text(f"{before + int(seconds * 1e9)} 1 2\n")

    def throttle(text: str) -> None:
        path = tmp_path / "sys/kernel/sched_rt_runtime_us"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    state.work, state.throttle = work, throttle
    return state


def test_a_thread_that_hardly_rests_loses_real_time(kernel: SimpleNamespace) -> None:
    thread = RealTimeThread(kernel.proc)
    kernel.work(0.5, 1.0)
    thread.look()
    assert thread.in_force
    kernel.work(0.2, 0.2)
    thread.look()
    assert thread.in_force, "too short a time to judge"
    kernel.work(0.8, 0.8)
    thread.look()
    assert not thread.in_force
    assert "100 % of a processor" in thread.refusal


def test_what_the_kernel_does_not_count_is_no_reason(kernel: SimpleNamespace) -> None:
    thread = RealTimeThread(kernel.proc)
    kernel.now_s += 5
    thread.look()
    assert thread.in_force


@pytest.mark.parametrize(
    ("processors", "throttle", "allowed"),
    [({0, 1}, "-1\n", True), ({0}, "950000\n", True), ({0}, "", True), ({0}, "-1\n", False)],
)
def test_the_only_processor_is_not_taken_where_the_kernel_sets_no_bound(
    kernel: SimpleNamespace, processors: set[int], throttle: str, allowed: bool
) -> None:
    kernel.processors = processors
    kernel.throttle(throttle)
    thread = RealTimeThread(kernel.proc)
    assert thread.in_force == allowed
    assert ("sched_rt_runtime_us" in thread.refusal) == (not allowed)


def test_a_system_without_real_time_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "SCHED_RESET_ON_FORK", raising=False)
    monkeypatch.delattr(os, "sched_getscheduler", raising=False)
    thread = RealTimeThread()
    thread.look()
    assert not thread.in_force
    assert "no real time" in thread.refusal
