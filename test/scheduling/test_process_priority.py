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

"""The niceness of a process: claimed by its nodes as far as it is permitted, and given back."""

from __future__ import annotations

import pytest
from support.scheduling import SEVERAL_THREADS, FakeGroup, Run

from hand_tracking_dsp.scheduling import threads
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.scheduling.process_priority import ProcessPriority


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
