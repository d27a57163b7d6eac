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

"""hand-tracking-dsp view and top, each in a process of its own, and what they refuse."""

from __future__ import annotations

import re
import signal
import socket
import urllib.request
from importlib.util import find_spec

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not installed")
pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")
pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from support.shown import write_shown_bag

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.viewing.viewer_files import free_port

needs_rerun = pytest.mark.skipif(find_spec("rerun") is None, reason="rerun is not installed: make setup-view")


def ports() -> list[str]:
    return ["--port", str(free_port()), "--data-port", str(free_port())]


def until(process, word: str) -> str:
    """Read what a process prints, to the line that has a word."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            return line
    pytest.fail(f"{word!r} was not printed, but: {''.join(lines)}")


def ends_at_once(process) -> str:
    """Press Ctrl-C; return what is printed then."""
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert "Traceback" not in rest
    return rest


def page_of(line: str) -> bytes:
    address = re.search(r"http://\S+", line)[0]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=120) as answer:
        return answer.read()


@needs_rerun
def test_a_bag_is_served_until_ctrl_c(start, tmp_path):
    write_shown_bag(tmp_path / "bag", 1.0)
    process = start("view", "bag", *ports())
    assert b"re_viewer" in page_of(until(process, "Open http://127.0.0.1:"))
    until(process, "All of the bag is there")
    ends_at_once(process)


@needs_rerun
def test_the_graph_is_subscribed_to_while_somebody_looks(start):
    chosen = ports()
    process = start("view", *chosen)
    until(process, "Open http://127.0.0.1:")
    for _ in range(2):  # a browser that is closed comes back
        with socket.create_connection(("127.0.0.1", int(chosen[3]))):
            until(process, "Somebody looks: subscribed.")
        until(process, "Nobody looks: no longer subscribed.")
    ends_at_once(process)


@needs_rerun
def test_every_address_may_be_had_and_is_warned_of(start):
    process = start("view", "--address", "0.0.0.0", *ports())  # noqa: S104 (what is tested)
    until(process, "no password")
    ends_at_once(process)


@pytest.mark.parametrize("command", ["view", "top"])
def test_a_namespace_that_is_none_is_refused(command, capsys):
    assert main([command, "--namespace", "a b"]) == 1
    assert "The namespace 'a b' is none of ROS" in capsys.readouterr().err


def test_top_says_that_it_waits_and_ends(start):
    process = start("top")
    until(process, "nothing has been received yet: are the nodes running")
    ends_at_once(process)


@needs_rerun
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--address", "robot"], "--address robot is no IP address: give one"),
        (["--port", "5000", "--data-port", "5000"], "are both 5000: choose two"),
        (["--rate", "0"], "--rate"),
        (["missing"], "There is no bag missing"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(arguments, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["view", *arguments]) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


@needs_rerun
@pytest.mark.parametrize("option", ["--port", "--data-port"])
def test_a_port_that_is_taken_is_refused_in_a_sentence(option, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["view", *ports(), option, port]) == 1
    error = capsys.readouterr().err
    assert f"port {port} (Address already in use): choose another {option}" in error
    assert error.count("\n") == 1


def test_without_rerun_top_is_pointed_to(capsys, monkeypatch):
    monkeypatch.setattr("hand_tracking_dsp.viewing.viewer_files.find_spec", lambda _name: None)
    assert main(["view"]) == 1
    assert "pip install rerun-sdk, or use hand-tracking-dsp top" in capsys.readouterr().err
