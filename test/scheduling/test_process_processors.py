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

"""Processors that the nodes of a process choose, and give back."""

from __future__ import annotations

import os

import pytest
from support.scheduling import SEVERAL_THREADS, FakeGroup, Run

from hand_tracking_dsp.scheduling import process_priority
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.scheduling.process_priority import ProcessPriority


def test_processors_are_chosen_read_back_and_given_back(in_process: Run) -> None:
    there = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(there) < 2:
        pytest.skip("there is one processor only")
    found = in_process(
        SEVERAL_THREADS
        + f"""
process = ProcessPriority()
def masks():
    return sorted({{tuple(sorted(os.sched_getaffinity(thread))) for thread in threads.thread_ids()}})
process.claim("camera", SchedulingOptions("normal", "{there[0]}"))
first = masks(), process.standing().in_force
process.claim("tracker", SchedulingOptions("normal", "{there[1]}"))
both = masks()
process.release("camera")
second = masks()
process.release("tracker")
print(json.dumps([first, both, second, masks()]))
"""
    )
    (masks, said), both, second, after = found
    assert masks == [there[:1]]
    assert said.endswith(f"processors {there[0]}")
    assert both == [there[:2]]
    assert second == [there[1:2]]
    assert after == [there]


def test_processors_that_are_not_there_are_named_and_nothing_fails(in_process: Run) -> None:
    there = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    found = in_process(
        f"""
        process = ProcessPriority()
        before = sorted(os.sched_getaffinity(0))
        process.claim("node", SchedulingOptions("normal", "8190"))
        none = process.standing().refused, sorted(os.sched_getaffinity(0)) == before
        process.claim("node", SchedulingOptions("normal", "{there},8190"))
        print(json.dumps([none, process.standing().refused, sorted(os.sched_getaffinity(0))]))
        """
    )
    (none, same), some, masks = found
    assert len(none) == 1
    assert same
    assert some == ["Parameter cpus does not hold on this machine: 8190 cannot be had."]
    assert masks == [there]


def test_where_the_system_binds_no_process_to_processors_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(process_priority.threads.os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(process_priority.threads.os, "sched_setaffinity", raising=False)
    process = ProcessPriority(FakeGroup())
    process.claim("node", SchedulingOptions("normal", "0"))
    assert "binds no process" in process.standing().refused[0]
    process.release("node")
    assert process.standing().refused == ()
