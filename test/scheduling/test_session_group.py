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

import errno
import os
from pathlib import Path

import pytest

from hand_tracking_dsp.scheduling import session_group
from hand_tracking_dsp.scheduling.session_group import SessionGroup

OWN = os.getpid()
NODE = b"/ws/install/hand_tracking_dsp/lib/hand_tracking_dsp/camera_node\0--ros-args\0"
CHILD = b"python3\0-c\0from hand_tracking_dsp.nodes.camera_node import main; sys.exit(main())\0"


class Machine:
    """A made-up /proc and /sys/fs/cgroup."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.cgroups = folder / "proc", folder / "cgroup"
        self.write(self.proc / "sys/kernel/sched_autogroup_enabled", "1\n")
        self.cgroups.mkdir()
        self.process(OWN, parent=40, command=NODE)
        self.cgroup("0::/\n")

    def write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def process(
        self, pid: int, group: int = 7, parent: int = 1, command: bytes = b"", name: str = "a b) c"
    ) -> None:
        folder = self.proc / str(pid)
        self.write(folder / "autogroup", f"/autogroup-{group} nice 0\n")
        self.write(folder / "stat", f"{pid} ({name}) S {parent} {pid} 7 0 -1\n")
        self.write(folder / "comm", name + "\n")
        (folder / "cmdline").write_bytes(command)

    def cgroup(self, text: str, namespace: int = 4026531835) -> None:
        self.write(self.proc / str(OWN) / "cgroup", text)
        link = self.proc / str(OWN) / "ns/cgroup"
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(f"cgroup:[{namespace}]")

    @property
    def group(self) -> SessionGroup:
        return SessionGroup(self.proc, self.cgroups)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_niceness_is_read_and_set(machine: Machine) -> None:
    assert machine.group.niceness == 0
    machine.write(machine.proc / str(OWN) / "autogroup", "/autogroup-7 nice -10\n")
    assert machine.group.niceness == -10
    machine.group.change(-3)
    assert (machine.proc / str(OWN) / "autogroup").read_text() == "-3"


@pytest.mark.parametrize("enabled", ["0\n", "", None])
def test_there_is_no_group_where_the_kernel_does_not_use_them(machine: Machine, enabled: str | None) -> None:
    switch = machine.proc / "sys/kernel/sched_autogroup_enabled"
    if enabled is None:
        switch.unlink()
    else:
        switch.write_text(enabled)
    assert machine.group.niceness is None


@pytest.mark.parametrize("text", ["", "nonsense\n", None])
def test_there_is_no_group_where_the_process_has_none(machine: Machine, text: str | None) -> None:
    path = machine.proc / str(OWN) / "autogroup"
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    assert machine.group.niceness is None
    assert machine.group.strangers() == []
    assert not machine.group.needed_by_others


def test_there_is_no_group_on_another_kernel(tmp_path: Path) -> None:
    group = SessionGroup(tmp_path / "absent", tmp_path / "absent")
    assert group.niceness is None
    assert group.cpu_cgroup == ""


def test_strangers_are_neither_what_started_the_process_nor_of_this_package(machine: Machine) -> None:
    machine.process(40, parent=39, command=b"/usr/bin/python3\0/opt/ros/jazzy/bin/ros2\0launch\0")
    machine.process(39, parent=1, command=b"-bash\0")
    machine.process(50, parent=40, command=NODE.replace(b"camera", b"power"))
    machine.process(51, parent=40, command=CHILD)
    assert machine.group.strangers() == []
    machine.process(60, parent=39, command=b"make\0-j8\0", name="make")
    machine.process(61, group=8, parent=39, command=b"cc1\0", name="cc1")
    machine.process(
        62, parent=39, command=b"/home/u/hand_tracking_dsp/.venv/bin/python\0train.py\0", name="python"
    )
    assert sorted(machine.group.strangers()) == ["make", "python"]


@pytest.mark.parametrize(
    ("lines", "enabled", "found"),
    [
        ("0::/\n", "cpu memory", ""),
        ("0::/user.slice/session-3.scope\n", "cpuset cpu io memory pids", "/user.slice/session-3.scope"),
        ("0::/user.slice/session-3.scope\n", "memory pids", ""),
        ("4:memory:/a\n2:cpu,cpuacct:/docker/1f\n0::/x\n", "", "/docker/1f"),
        ("4:memory:/a\n2:cpu,cpuacct:/\n0::/x\n", "", ""),
        ("3:cpuset:/a\n2:cpuacct:/b\n1:cpu:/\n0::/\n", "", ""),
        ("", "", ""),
        ("nonsense", "cpu", ""),
    ],
)
def test_a_cpu_control_group_counts_before_the_session(
    machine: Machine, lines: str, enabled: str, found: str
) -> None:
    machine.cgroup(lines)
    machine.write(machine.cgroups / "cgroup.subtree_control", enabled)
    assert machine.group.cpu_cgroup == found


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["cpu.weight"], "of the container"),
        (["cpu/cpu.shares"], "of the container"),
        (["cpu/cpu.shares", "cpu/release_agent"], ""),
        (["cgroup.procs"], ""),
    ],
)
def test_a_container_sees_its_own_group_as_the_topmost(
    machine: Machine, files: list[str], found: str
) -> None:
    machine.cgroup("0::/\n", namespace=4026532500)
    for name in files:
        machine.write(machine.cgroups / name, "100")
    assert machine.group.cpu_cgroup == found


def test_the_group_is_needed_while_another_node_in_it_stands_before_others(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    nicenesses = {50: -10, 60: -10, OWN: -10}
    monkeypatch.setattr(session_group, "_niceness", nicenesses.__getitem__)
    machine.process(60, command=b"strange\0")
    assert not machine.group.needed_by_others
    machine.process(50, command=NODE)
    assert machine.group.needed_by_others
    nicenesses[50] = 0
    assert not machine.group.needed_by_others


@pytest.mark.parametrize(("failures", "raised"), [(2, None), (99, BlockingIOError)])
def test_a_group_that_was_just_set_is_tried_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, failures: int, raised: type[OSError] | None
) -> None:
    attempts = []

    def write_text(_path: Path, text: str, encoding: str) -> None:  # noqa: ARG001
        attempts.append(text)
        if len(attempts) <= failures:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(Path, "write_text", write_text)
    monkeypatch.setattr(session_group, "_PAUSE_S", 0)
    if raised is None:
        machine.group.change(-10)
        assert attempts == ["-10"] * 3
    else:
        with pytest.raises(raised):
            machine.group.change(-10)
