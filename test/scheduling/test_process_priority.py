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
from typing import Any

import pytest

from hand_tracking_dsp.scheduling import process_priority, threads
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.scheduling.process_priority import ProcessPriority

Run = Callable[[str], Any]

SEVERAL_THREADS = """
stop = threading.Event()
for _ in range(5):
    threading.Thread(target=stop.wait, daemon=True).start()
"""


@pytest.mark.usefixtures("permitted")
@pytest.mark.parametrize("scheduling", ["auto", "nice", "realtime"])
def test_all_threads_and_the_session_group_go_before_others_and_return(
    in_process: Run, scheduling: str
) -> None:
    before, during, later, after, group_counts = in_process(
        SEVERAL_THREADS
        + f"""
process = ProcessPriority()
before = thread_nicenesses(), of_group()
process.claim("node", SchedulingOptions({scheduling!r}))
during = thread_nicenesses(), of_group()
threading.Thread(target=stop.wait, daemon=True).start()
later = thread_nicenesses(), of_group()
process.release("node")
counts = before[1] is not None and not SessionGroup().cpu_cgroup
print(json.dumps([before, during, later, (thread_nicenesses(), of_group()), counts]))
"""
    )
    niceness, group = before
    assert niceness == [0]
    assert during[0] == later[0] == [-10]
    assert during[1] == (-10 if group_counts else group)
    assert after == before


@pytest.mark.usefixtures("permitted")
def test_normal_changes_nothing(in_process: Run) -> None:
    found = in_process(
        """
        process = ProcessPriority()
        process.claim("node", SchedulingOptions("normal"))
        print(json.dumps([thread_nicenesses(), of_group() or 0, process.standing().remarks]))
        """
    )
    assert found == [[0], 0, []]


@pytest.mark.usefixtures("permitted")
def test_the_last_node_of_a_process_that_asked_gives_the_place_back(in_process: Run) -> None:
    found = in_process(
        """
        process = ProcessPriority()
        found = []
        def note():
            found.append(thread_nicenesses())
        process.claim("camera", SchedulingOptions("auto")); note()
        process.claim("tracker", SchedulingOptions("nice")); note()
        process.claim("power", SchedulingOptions("normal")); note()
        process.release("camera"); note()
        process.release("tracker"); note()
        process.release("tracker"); note()
        process.claim("tracker", SchedulingOptions("auto")); note()
        process.release("tracker"); process.release("power"); note()
        print(json.dumps(found))
        """
    )
    assert found == [[-10], [-10], [-10], [-10], [0], [0], [-10], [0]]


@pytest.mark.usefixtures("permitted")
def test_what_whoever_started_the_process_chose_stays_unless_another_place_is_asked_by_name(
    in_process: Run,
) -> None:
    found = in_process(
        """
        found = []
        for start in (5, -4, -15):
            os.setpriority(os.PRIO_PROCESS, 0, start)
            for name in ("auto", "nice"):
                process = ProcessPriority()
                process.claim("node", SchedulingOptions(name))
                found.append([start, name, thread_nicenesses(), len(process.standing().remarks)])
                process.release("node")
                assert thread_nicenesses() == [start]
        print(json.dumps(found))
        """
    )
    assert found == [
        [5, "auto", [5], 1], [5, "nice", [-10], 0],
        [-4, "auto", [-4], 1], [-4, "nice", [-10], 0],
        [-15, "auto", [-15], 0], [-15, "nice", [-15], 0],
    ]  # fmt: skip


@pytest.mark.usefixtures("permitted")
def test_a_stranger_in_the_session_keeps_its_group_from_being_raised(in_process: Run) -> None:
    found = in_process(
        """
        import subprocess
        found = []
        stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        def claim():
            process = ProcessPriority()
            process.claim("node", SchedulingOptions("auto"))
            found.append([of_group(), thread_nicenesses(), " ".join(process.standing().remarks)])
            process.release("node")
        if of_group() is None or SessionGroup().cpu_cgroup:
            print(json.dumps(None))
        else:
            claim()
            stranger.communicate(b"\\n")
            claim()
            print(json.dumps(found))
        """
    )
    if found is None:
        pytest.skip("the sessions of this machine are no groups that count")
    (shared, nice, said), (alone, *_) = found
    assert (shared, nice, alone) == (0, [-10], -10)
    assert "session" in said


@pytest.mark.usefixtures("permitted")
def test_a_thread_that_a_library_set_apart_keeps_its_niceness(in_process: Run) -> None:
    found = in_process(
        """
        ready, stop = threading.Event(), threading.Event()
        def apart():
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 7)
            ready.set()
            stop.wait()
        threading.Thread(target=apart, daemon=True).start()
        ready.wait()
        process = ProcessPriority()
        process.claim("node", SchedulingOptions("auto"))
        said = process.standing().in_force
        during = thread_nicenesses()
        process.release("node")
        print(json.dumps([during, said, thread_nicenesses()]))
        """
    )
    assert found[0] == [-10, 7]
    assert found[1].startswith("niceness -10 to 7")
    assert found[2] == [0, 7]


def test_without_permission_auto_goes_on_and_says_what_it_would_need(in_process: Run) -> None:
    found = in_process(
        """
        drop_permissions()
        process = ProcessPriority()
        process.claim("node", SchedulingOptions("auto"))
        standing = process.standing()
        process.release("node")
        print(json.dumps([standing.in_force, standing.refused, standing.remarks, threads.least_niceness()]))
        """
    )
    in_force, refused, remarks, permitted = found
    if permitted <= -10:
        pytest.skip(f"everybody may take niceness {permitted} here")
    assert "niceness -10" not in in_force
    assert refused == []
    assert "CAP_SYS_NICE" in " ".join(remarks) or "whoever started" in " ".join(remarks)


def test_without_permission_what_was_asked_by_name_is_a_refusal(in_process: Run) -> None:
    found = in_process(
        """
        drop_permissions()
        process = ProcessPriority()
        process.claim("node", SchedulingOptions("nice"))
        print(json.dumps([process.standing().refused, threads.least_niceness()]))
        """
    )
    refused, permitted = found
    if permitted <= -10:
        pytest.skip(f"everybody may take niceness {permitted} here")
    assert len(refused) == 1
    assert "CAP_SYS_NICE" in refused[0]


def test_a_limit_of_niceness_is_used_as_far_as_it_goes(in_process: Run) -> None:
    found = in_process(
        """
        import resource
        try:
            resource.setrlimit(resource.RLIMIT_NICE, (26, 26))
        except (OSError, ValueError) as error:
            print(json.dumps(str(error)))
            sys.exit()
        drop_permissions()
        process = ProcessPriority()
        process.claim("node", SchedulingOptions("nice"))
        standing = process.standing()
        during = thread_nicenesses(), of_group()
        process.release("node")
        after = thread_nicenesses(), of_group() or 0
        print(json.dumps([during, standing.refused, after]))
        """
    )
    if isinstance(found, str):
        pytest.skip(f"RLIMIT_NICE cannot be set here: {found}")
    during, refused, after = found
    assert during in ([[-6], -6], [[-6], None])
    assert len(refused) == 1
    assert "instead of -6" in refused[0]
    assert after == [[0], 0]


@pytest.mark.parametrize(("allowed", "reached"), [(20, 0), (3, 0), (-6, -6), (-10, -10), (-20, -10)])
def test_no_more_is_taken_than_the_limit_permits(
    monkeypatch: pytest.MonkeyPatch, allowed: int, reached: int
) -> None:
    now = [0]

    def change(before: int, after: int) -> None:
        assert before == now[0]
        if after < allowed:
            raise PermissionError(13, "Permission denied")
        now[0] = after

    monkeypatch.setattr(threads, "niceness", lambda: now[0])
    monkeypatch.setattr(threads, "nicenesses", lambda: (now[0], now[0]))
    monkeypatch.setattr(threads, "least_niceness", lambda: allowed)
    monkeypatch.setattr(threads, "change_niceness", change)
    process = ProcessPriority(FakeGroup())
    process.claim("node", SchedulingOptions("auto"))
    standing = process.standing()
    assert standing.in_force == f"niceness {reached}, session group {reached}"
    assert len(standing.remarks) == (reached > -10)
    process.release("node")
    assert process.standing().in_force == "niceness 0, session group 0"


class FakeGroup:
    """A session's group that can be set by everybody."""

    def __init__(self, strangers: list[str] | None = None, cpu_cgroup: str = "") -> None:
        self.niceness = 0
        self.needed_by_others = False
        self.cpu_cgroup = cpu_cgroup
        self._strangers = strangers or []

    def strangers(self) -> list[str]:
        return self._strangers

    def change(self, niceness: int) -> None:
        self.niceness = niceness


@pytest.fixture
def lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process's niceness be changed, without touching the one of the tests."""
    now = [0]
    monkeypatch.setattr(threads, "niceness", lambda: now[0])
    monkeypatch.setattr(threads, "nicenesses", lambda: (now[0], now[0]))
    monkeypatch.setattr(threads, "change_niceness", lambda _, after: now.__setitem__(0, after))


@pytest.mark.usefixtures("lowered")
def test_a_session_shared_with_strangers_is_lowered_by_name_alone() -> None:
    process = ProcessPriority(group := FakeGroup(strangers=["make", "make", "cc1", "ld"]))
    process.claim("node", SchedulingOptions("auto"))
    assert group.niceness == 0
    (remark,) = process.standing().remarks
    assert "make, cc1:" in remark
    process.claim("node", SchedulingOptions("nice"))
    assert group.niceness == -10
    assert process.standing().remarks == ()
    process.release("node")
    assert group.niceness == 0


@pytest.mark.usefixtures("lowered")
def test_in_a_cpu_control_group_the_session_is_left_alone_and_that_is_said() -> None:
    process = ProcessPriority(group := FakeGroup(cpu_cgroup="/system.slice/hands.service"))
    process.claim("node", SchedulingOptions("nice"))
    standing = process.standing()
    assert (group.niceness, standing.in_force, standing.refused) == (0, "niceness -10", ())
    assert "/system.slice/hands.service" in standing.remarks[0]


@pytest.mark.usefixtures("lowered")
def test_a_session_that_several_nodes_share_returns_with_the_last_of_them() -> None:
    group = FakeGroup()
    camera, tracker = ProcessPriority(group), ProcessPriority(group)
    camera.claim("camera", SchedulingOptions("auto"))
    group.needed_by_others = True
    tracker.claim("tracker", SchedulingOptions("auto"))
    camera.release("camera")
    assert group.niceness == -10
    threads.change_niceness(0, -10)
    group.needed_by_others = False
    tracker.release("tracker")
    assert group.niceness == 0


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
