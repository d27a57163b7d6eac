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
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.up import nodes_to_start
from hand_tracking_dsp.nodes.graph.names import SHORT_NAMES

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")


class Up:
    """The command in a process of its own."""

    def __init__(self, *arguments):
        code = "import sys; from hand_tracking_dsp.cli import main; sys.exit(main(['up', *sys.argv[1:]]))"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(
            target=lambda: self.lines.extend(iter(self.process.stdout.readline, ""))
        )
        self.reader.start()

    def text(self):
        return "".join(self.lines)

    def until(self, word, count=1, patience_s=120.0):
        deadline = time.monotonic() + patience_s
        while self.text().count(word) < count:
            assert time.monotonic() < deadline, f"{word!r} was not printed {count} times, but: {self.text()}"
            time.sleep(0.02)

    def node_pids(self):
        """Process ids of the nodes, which are children of the command."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def freeze(self, pid, word):
        """Stop a process until that is said: again and again, since a report must have come before."""
        deadline = time.monotonic() + 300
        while word not in self.text():
            assert time.monotonic() < deadline, f"{word!r} was not printed, but: {self.text()}"
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
                time.sleep(3)
                os.kill(pid, signal.SIGSTOP)
            with suppress(AssertionError):
                self.until(word, patience_s=30)

    def end(self):
        status = self.process.wait(timeout=300)
        self.reader.join(10)
        self.process.stdout.close()
        return status


@pytest.fixture
def up(domain_id):
    started = []

    def start(*arguments):
        started.append(Up("--domain", str(domain_id), *arguments))
        return started[-1]

    yield start
    for command in started:
        if command.process.poll() is None:
            nodes = command.node_pids()
            command.process.kill()
            for pid in nodes:  # a frozen one would stay for good
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            command.end()


def is_running(pid):
    return Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stops_its_nodes_cleanly_on_a_signal(up, number):
    command = up("--only", "power,controller", "-p", "power.source=simulated")
    command.until("] active", count=2)
    pids = command.node_pids()
    assert len(pids) == 2
    command.process.send_signal(number)
    assert command.end() == 0
    assert not any(is_running(pid) for pid in pids)
    assert "Traceback" not in command.text()
    assert "power_node              | [INFO] Reading power source: simulated battery" in command.text()


def test_ends_with_1_and_stops_the_rest_when_a_node_dies(up):
    command = up("--only", "power,controller")
    command.until("] active", count=2)
    pids = command.node_pids()
    os.kill(pids[0], signal.SIGKILL)
    assert command.end() == 1
    assert "power_node has ended with status -9: " in command.text()
    assert not any(is_running(pid) for pid in pids)


def test_starts_a_node_again_if_asked(up):
    command = up("--only", "power", "--respawn")
    command.until("] active")
    os.kill(command.node_pids()[0], signal.SIGKILL)
    command.until("] active", count=2)
    command.process.send_signal(signal.SIGINT)
    assert command.end() == 0


def test_starts_a_node_again_that_is_alive_and_frozen(up):
    command = up("--only", "power,controller", "-p", "power.source=simulated", "--respawn")
    command.until("] active", count=2)
    power, controller = command.node_pids()
    command.until("power_node              | [INFO] active")
    command.freeze(power, "power_node has not reported in /diagnostics for ")
    command.until("power_node              | [INFO] active", count=2)
    assert not is_running(power)
    assert controller in command.node_pids()
    command.process.send_signal(signal.SIGINT)
    assert command.end() == 0


SMALL_CAMERA = ("--only", "camera,tracker", "-p", "camera.width=160", "-p", "camera.height=120")


def test_camera_and_tracker_share_a_process_that_is_started_again_where_it_freezes(up):
    command = up(*SMALL_CAMERA, "--respawn")
    command.until("hand_tracker_node       | [INFO] active")
    (shared,) = command.node_pids()
    command.freeze(shared, "has not reported in /diagnostics for ")
    command.until("hand_tracker_node       | [INFO] active", count=2)
    command.until("camera_node             | [INFO] active", count=2)
    (again,) = command.node_pids()
    assert again != shared
    command.process.send_signal(signal.SIGINT)
    assert command.end() == 0


def test_camera_and_tracker_have_a_process_each_where_asked_to(up):
    command = up(*SMALL_CAMERA, "--no-composed")
    command.until("] active", count=2)
    assert len(command.node_pids()) == 2
    command.process.send_signal(signal.SIGINT)
    assert command.end() == 0


def test_starts_the_nodes_of_gestures_where_asked_to(up):
    command = up(
        "--only", "gesture,teleop,trigger", "-p", "teleop.watchdog_s=0.3", "-p", "gesture.hold_on_s=0.3"
    )
    command.until("] active", count=3)
    assert len(command.node_pids()) == 3
    command.process.send_signal(signal.SIGINT)
    assert command.end() == 0
    assert "Traceback" not in command.text()


@pytest.mark.parametrize(
    ("only", "also", "names"),
    [
        (None, None, "camera tracker controller power"),
        (None, "gesture, teleop", "camera tracker controller power gesture teleop"),
        (None, "power,gesture_node", "camera tracker controller power gesture"),
        ("trigger,camera", None, "trigger camera"),
    ],
)
def test_chooses_the_nodes_to_start(only, also, names):
    assert nodes_to_start(only, also) == tuple(SHORT_NAMES[name] for name in names.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--only", "toaster"],
            f"There is no node 'toaster': choose from {', '.join(SHORT_NAMES)}.",
        ),
        (["--with", "gesture,toaster"], "There is no node 'toaster': choose from camera, tracker,"),
        (["--only", ""], "There is no node '': choose from camera, tracker,"),
        (["-p", "camera.source"], "The argument 'camera.source' is not of the form -p NODE.NAME=VALUE."),
        (["-p", "source=0"], "The argument -p source=0 names no node: write NODE.NAME=VALUE,"),
        (["-p", "toaster.heat=9"], "There is no node 'toaster': choose from"),
        (["--remap", "hands"], "The argument 'hands' is not of the form --remap OLD=NEW."),
        (
            ["--params", "/nowhere.yaml"],
            "The parameter file /nowhere.yaml cannot be read (No such file or directory): give an existing",
        ),
        (["-p", "tracker.providers=[]"], "hand_tracker_node's parameter providers is empty, but must have"),
        (["-p", "tracker.nonsense=1"], "hand_tracker_node has no parameter 'nonsense': see"),
        (["--namespace", "a-b"], "The namespace 'a-b' is none of ROS: use letters, digits and _"),
        (["--remap", "hands=a//b"], "The topic 'a//b' is none of ROS: use letters, digits and _"),
        (["--domain", "200"], "The ROS domain is 200: choose one from 0 to 101."),
    ],
)
def test_refuses_wrong_arguments_in_a_sentence(capsys, arguments, sentence):
    assert main(["up", *arguments]) == 1
    assert capsys.readouterr().err.startswith(f"hand-tracking-dsp up: {sentence}")
