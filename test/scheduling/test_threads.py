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
import resource
import threading

import pytest

from hand_tracking_dsp.scheduling import threads


def test_every_thread_is_listed() -> None:
    ids, stop = [], threading.Event()
    started = threading.Barrier(4)

    def wait() -> None:
        ids.append(threading.get_native_id())
        started.wait()
        stop.wait()

    workers = [threading.Thread(target=wait) for _ in range(3)]
    for worker in workers:
        worker.start()
    started.wait()
    found = threads.thread_ids()
    stop.set()
    for worker in workers:
        worker.join()
    if found == [0]:
        pytest.skip("this kernel does not list threads")
    assert {*ids, threading.main_thread().native_id} <= set(found)


def test_a_kernel_that_lists_no_threads_has_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(threads, "_TASKS", tmp_path / "absent")
    assert threads.thread_ids() == [0]
    assert threads.nicenesses() == (threads.niceness(),) * 2


def test_threads_that_appear_meanwhile_are_set_too(monkeypatch: pytest.MonkeyPatch) -> None:
    nicenesses = {1: 0, 2: 0}

    def set_priority(_kind: int, thread: int, value: int) -> None:
        if thread == 1 and 3 not in nicenesses:
            nicenesses[3] = 0  # a thread that is not set yet starts another
        nicenesses[thread] = value

    monkeypatch.setattr(threads, "thread_ids", lambda: sorted(nicenesses))
    monkeypatch.setattr(os, "getpriority", lambda _kind, thread: nicenesses[thread])
    monkeypatch.setattr(os, "setpriority", set_priority)
    threads.change_niceness(0, -10)
    assert nicenesses == {1: -10, 2: -10, 3: -10}


def test_on_the_way_back_threads_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {1: 0, 2: 0, 3: 7}
    monkeypatch.setattr(threads, "thread_ids", lambda: sorted(values))
    monkeypatch.setattr(os, "getpriority", lambda _kind, thread: values[thread])
    monkeypatch.setattr(os, "setpriority", lambda _kind, thread, value: values.__setitem__(thread, value))
    threads.change_niceness(0, -10)
    assert values == {1: -10, 2: -10, 3: 7}
    values[4] = values[2] + 5  # a thread that steps back behind the one that started it
    threads.change_niceness(-10, 0)
    assert values == {1: 0, 2: 0, 3: 7, 4: 5}


@pytest.mark.parametrize(("soft", "least"), [(0, 20), (20, 0), (30, -10), (40, -20), (99, -20), (-1, -20)])
def test_the_limit_counts_from_the_other_end(monkeypatch: pytest.MonkeyPatch, soft: int, least: int) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (soft, soft))
    monkeypatch.setattr(resource, "RLIMIT_NICE", 13, raising=False)
    assert threads.least_niceness() == least


def test_without_such_a_limit_nothing_is_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(resource, "RLIMIT_NICE", raising=False)
    assert threads.least_niceness() == 20
