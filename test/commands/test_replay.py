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

"""Bags played into a real graph."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")
pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.nodes.graph.spinning import SpinningNode
from hand_tracking_dsp.recordings.bags.writer import BagWriter, profile
from hand_tracking_dsp.resources import share_path

TEXT = "std_msgs/msg/String"
COUNT, PERIOD_NS = 40, 50_000_000
RELIABLE = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)


def text(number: int) -> bytes:
    return b"\0\1\0\0\x05\0\0\0" + f"{number:04}".encode() + b"\0"


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    """Write two seconds of numbers on /numbers, and a word on the latched /word."""
    with BagWriter(tmp_path / "bag") as writer:
        writer.write_raw("/word", TEXT, 10**18, text(7), profile(transient_local=True))
        for number in range(COUNT):
            writer.write_raw("/numbers", TEXT, 10**18 + number * PERIOD_NS, text(number))
    return tmp_path / "bag"


class Listener:
    """Hears the bag's topics and /clock."""

    def __init__(self, domain_id: int, topics: tuple[str, ...]) -> None:
        self.heard: dict[str, list[int]] = {topic: [] for topic in topics}
        self.arrivals_s: list[float] = []
        self.clock_ns: list[int] = []
        self.spinning = SpinningNode("listener", domain_id)
        for topic in topics:
            self.spinning.node.create_subscription(
                String, topic, lambda message, topic=topic: self._note(topic, message), RELIABLE
            )
        self.spinning.node.create_subscription(Clock, "/clock", self._tick, RELIABLE)

    def _note(self, topic: str, message: Any) -> None:
        self.heard[topic].append(int(message.data))
        self.arrivals_s.append(time.monotonic())

    def _tick(self, message: Any) -> None:
        self.clock_ns.append(message.clock.sec * 10**9 + message.clock.nanosec)


@pytest.fixture
def listen(domain_id: int) -> Iterator[Callable[..., Listener]]:
    """Give a function that begins to listen to topics."""
    listeners: list[Listener] = []

    def begin(*topics: str) -> Listener:
        listener = Listener(domain_id, topics)
        listener.spinning.__enter__()
        listeners.append(listener)
        return listener

    yield begin
    for listener in listeners:
        listener.spinning.__exit__(None, None, None)


def played(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


def test_all_is_heard_in_order_with_a_clock(
    start: Callable[..., subprocess.Popen[str]], listen: Callable[..., Listener], bag: Path
) -> None:
    listener = listen("/numbers")
    output = played(start("replay", str(bag), "--wait", "20"))
    assert listener.heard["/numbers"] == list(range(COUNT))
    assert f"/numbers: {COUNT} messages" in output
    clock = listener.clock_ns
    assert clock == sorted(clock)
    # 2 s of 50 Hz and of every message; some of the first ticks come before discovery.
    assert len(clock) > 80
    assert 0 <= clock[0] - 10**18 < 2e9
    assert clock[-1] >= 10**18 + (COUNT - 1) * PERIOD_NS


def test_what_nobody_could_understand_is_named_and_not_published(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """Types that are not installed, other definitions of those that are, and other encodings."""
    mcap_writer = pytest.importorskip("mcap.writer", reason="mcap is not installed: pip install mcap")
    event = (share_path("msg") / "GestureEvent.msg").read_text(encoding="utf-8")
    older = event + "float32 older\n"
    with (tmp_path / "x.mcap").open("wb") as stream:
        writer = mcap_writer.Writer(stream)
        writer.start(profile="ros2")
        for topic, msgtype, definition, encoding, about in (
            ("/good", TEXT, "string data", "cdr", {}),
            ("/short", "std_msgs/String", '# a comment\nstring data "default"', "cdr", {}),
            ("/longer", "std_msgs/msg/Bool", "bool data\nint32 more", "cdr", {}),
            ("/hashed", "std_msgs/msg/Int8", "", "cdr", {"topic_type_hash": "RIHS01_" + "0" * 64}),
            ("/events", "hand_tracking_dsp/msg/GestureEvent", older, "cdr", {}),
            ("/foreign", "their_msgs/msg/Thing", "int8 x", "cdr", {}),
            ("/web", "std_msgs/msg/Empty", "{}", "json", {}),
        ):
            schema = writer.register_schema(msgtype, "ros2msg", definition.encode())
            writer.add_message(writer.register_channel(topic, encoding, schema, about), 1, text(1), 1)
        writer.finish()
    output = played(start("replay", str(tmp_path / "x.mcap"), "--wait", "0"))
    assert "Publishing /good, /short, and /clock." in output
    other = "is another than the one installed here"
    for said in (
        f"/longer, its definition of std_msgs/msg/Bool {other} (it has another field more)",
        f"/hashed, its definition of std_msgs/msg/Int8 {other} (by its hash)",
        f"/events, its definition of hand_tracking_dsp/msg/GestureEvent {other} (it has another field older)",
        "/foreign, their_msgs/msg/Thing is not installed here",
        "/web, it is recorded as json std_msgs/msg/Empty",
    ):
        assert f"Not published: {said}." in " ".join(output.split())


def test_the_rate_stretches_time(
    start: Callable[..., subprocess.Popen[str]], listen: Callable[..., Listener], bag: Path
) -> None:
    spans_s = []
    listener = listen("/numbers")
    for rate in ("0.5", "4"):
        begin = len(listener.arrivals_s)
        played(start("replay", str(bag), "--wait", "20", "--rate", rate))
        assert len(listener.heard["/numbers"]) == begin + COUNT
        spans_s.append(listener.arrivals_s[-1] - listener.arrivals_s[begin])
    slow, fast = spans_s
    assert slow > 3.5, "2 s at half the speed, less what comes before discovery"
    assert fast < slow


def test_a_part_of_some_topics_is_played_under_other_names(
    start: Callable[..., subprocess.Popen[str]], listen: Callable[..., Listener], bag: Path
) -> None:
    listener = listen("/other", "/word")
    options = ("--topics", "numbers", "--remap", "numbers=other", "--start", "0.5", "--seconds", "1")
    output = played(start("replay", str(bag), "--wait", "20", *options))
    assert listener.heard == {"/other": list(range(10, 31)), "/word": []}
    assert "Publishing /other, and /clock." in output


def test_a_late_subscriber_hears_the_latched_topic(
    start: Callable[..., subprocess.Popen[str]], domain_id: int, bag: Path
) -> None:
    process = start("replay", str(bag), "--wait", "0", "--loop")
    assert process.stdout is not None
    while "messages published" not in process.stdout.readline():
        assert process.poll() is None
    heard: list[str] = []
    latched = QoSProfile(
        depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
    )
    late = SpinningNode("late", domain_id)
    late.node.create_subscription(String, "/word", lambda message: heard.append(message.data), latched)
    deadline_s = time.monotonic() + 120
    with late:
        while not heard and time.monotonic() < deadline_s:
            time.sleep(0.05)
    assert heard[0] == "0007"


def test_a_loop_begins_again_and_the_clock_with_it(
    start: Callable[..., subprocess.Popen[str]], listen: Callable[..., Listener], bag: Path
) -> None:
    listener = listen("/numbers")
    start("replay", str(bag), "--wait", "20", "--rate", "4", "--loop")
    deadline_s = time.monotonic() + 120
    while len(listener.heard["/numbers"]) < 3 * COUNT and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert listener.heard["/numbers"][: 3 * COUNT] == list(range(COUNT)) * 3
    assert sum(b < a for a, b in zip(listener.clock_ns, listener.clock_ns[1:], strict=False)) >= 2


def test_of_a_damaged_bag_what_is_left_is_played(
    start: Callable[..., subprocess.Popen[str]], listen: Callable[..., Listener], bag: Path
) -> None:
    file = bag / "bag.mcap"
    content = file.read_bytes()
    # The chunk is cut off in the middle of its messages.
    file.write_bytes(content[: content.index(text(25))])
    (bag / "metadata.yaml").unlink()
    listener = listen("/numbers")
    output = played(start("replay", str(bag), "--wait", "20", "--rate", "4"))
    assert listener.heard["/numbers"] == list(range(25))
    assert "Not whole: metadata.yaml is missing or damaged" in output
    assert "Not whole: bag.mcap is cut off" in output


def test_types_that_are_not_installed_are_named(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    from mcap.writer import Writer

    with (tmp_path / "x.mcap").open("wb") as stream:
        writer = Writer(stream)
        writer.start(profile="ros2")
        schema = writer.register_schema("nowhere/msg/Nothing", "ros2msg", b"uint8 data")
        writer.add_message(writer.register_channel("/x", "cdr", schema), 1, b"\0\1\0\0\7", 1)
        writer.finish()
    process = start("replay", "x.mcap")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "Not published: /x, nowhere/msg/Nothing is not installed here." in output
    assert "has no topic to publish (it has /x as nowhere/msg/Nothing)" in output


def test_what_ros_cannot_publish_is_named_and_the_rest_is_played(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    with BagWriter(tmp_path / "bag") as writer:
        for number in range(3):
            for topic, msgtype in (("/x", TEXT), ("/x", "std_msgs/msg/UInt8"), ("/y", TEXT)):
                writer.write_raw(topic, msgtype, number, text(number) if msgtype == TEXT else b"\0\1\0\0\7")
    output = played(start("replay", str(tmp_path / "bag"), "--wait", "0", "--remap", "y=/not a name"))
    assert "Not published: /x, /x has another type already: std_msgs/msg/String." in output
    assert "Not published: /y, /not a name is not a name that a topic can have." in output
    assert "/x: 3 messages" in output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rate", "0"], "--rate is 0: choose 0.01 to 100"),
        (["--rate", "nan"], "--rate is nan"),
        (["--remap", "x"], "--remap x is not of the form OLD=NEW"),
        (["--start", "5"], "ends at 1.95 s, before --start 5"),
        (["--topics", "nothing"], "has no topic to publish (it has /numbers as"),
    ],
)
def test_options_that_cannot_be_used_are_refused(bag: Path, capsys, options: list[str], said: str) -> None:
    assert main(["replay", str(bag), *options]) == 1
    assert said in capsys.readouterr().err


def test_a_missing_bag_is_named(tmp_path: Path, capsys) -> None:
    assert main(["replay", str(tmp_path / "nowhere")]) == 1
    assert "There is no bag" in capsys.readouterr().err
