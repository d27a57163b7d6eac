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

"""The group of a process's session, which goes before others where no stranger is in it."""

from __future__ import annotations

import pytest
from support.scheduling import FakeGroup, Run

from hand_tracking_dsp.scheduling import threads
from hand_tracking_dsp.scheduling.options import SchedulingOptions
from hand_tracking_dsp.scheduling.process_priority import ProcessPriority


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
