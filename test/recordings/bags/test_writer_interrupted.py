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

"""Bags whose writing was ended by an error, a full disk or a kill: they can be read, or are named."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcap", reason="mcap is not installed: pip install mcap")

from support.bag_messages import FORMATS, HELLO, TEXT

from hand_tracking_dsp.errors import OutputError
from hand_tracking_dsp.recordings.bags.reader import open_bag
from hand_tracking_dsp.recordings.bags.writer import BagWriter


@pytest.mark.parametrize("form", FORMATS)
def test_an_error_on_the_way_leaves_a_whole_bag(tmp_path: Path, form: Any) -> None:
    def fail() -> None:
        with BagWriter(tmp_path / "bag", form) as writer:
            writer.write_raw("/x", TEXT, 1, HELLO)
            assert not (tmp_path / "bag").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["bag"]
    with open_bag(tmp_path / "bag") as opened:
        assert [message.data for _, _, message in opened.read()] == ["hello"]
        assert not opened.problems


@pytest.mark.parametrize(
    ("size", "most_bytes", "least"), [(5000, 4_000_000, 400), (1_000_000, 40_000_000, 15)]
)
@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_is_named_and_what_was_written_can_be_read(
    tmp_path: Path, form: Any, size: int, most_bytes: int, least: int
) -> None:
    def write() -> None:
        with BagWriter(tmp_path / "bag", form) as writer:
            for number in range(2000):
                writer.write_raw("/chatter", TEXT, number, HELLO + bytes(size))

    # The largest file that may be written stands for the disk's end.
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most[1]))
    try:
        with pytest.raises(OutputError, match=r"cannot be written.*what was written") as caught:
            write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    (left,) = tmp_path.iterdir()
    # SQLite takes back what did not fit, so that the bag can be finished; MCAP cannot.
    said, bag_path = {
        "mcap": (f"lies in {left}", left / "bag"),
        "sqlite3": ("what was written before is kept", tmp_path / "bag"),
    }[form]
    assert said in str(caught.value)
    with open_bag(bag_path) as bag:
        stamps = [stamp_ns for _, stamp_ns, _ in bag.messages()]
    assert len(stamps) > least
    assert stamps == list(range(len(stamps)))


KILLED = """
import sys, time
from pathlib import Path
from hand_tracking_dsp.recordings.bags.writer import BagWriter
writer = BagWriter(Path("bag"), sys.argv[1])
for number in range(1000):
    text = b"\\0\\1\\0\\0\\1\\x20\\0\\0" + b"x" * 8192 + b"\\0"
    writer.write_raw("/x", "std_msgs/msg/String", number, text)
print("written", flush=True)
time.sleep(100)
"""


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_killed_writer_leaves_can_be_read(tmp_path: Path, form: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, form], cwd=tmp_path, stdout=subprocess.PIPE, env=os.environ
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"written\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (left,) = tmp_path.glob(".bag.unfinished-*/bag")
    with open_bag(left) as opened:
        found = [at for _, at, _ in opened.messages()]
        assert opened.problems
    assert found[0] == 0
    assert len(found) > 600


@pytest.mark.parametrize("form", FORMATS)
def test_the_next_writer_names_what_a_killed_one_left_and_not_what_a_living_one_writes(
    tmp_path: Path, form: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, form], cwd=tmp_path, stdout=subprocess.PIPE, env=os.environ
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"written\n"
    with BagWriter(tmp_path / "next") as writer:
        assert writer.unfinished == []
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with BagWriter(tmp_path / "next") as writer:
        assert writer.unfinished == list(tmp_path.glob(".bag.unfinished-*/bag"))
        assert len(writer.unfinished) == 1


KILLED_AT_STEP = """
import os, signal, sys
from pathlib import Path
from hand_tracking_dsp.recordings.bags.writer import BagWriter
writer = BagWriter(Path("bag"))
writer.write_raw("/x", "std_msgs/msg/String", 1, b"\\0\\1\\0\\0\\2\\0\\0\\0x\\0")
steps = int(sys.argv[1])
def counted(call):
    def run(*arguments, **options):
        global steps
        steps -= 1
        if steps < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)
    return run
for name in ("fsync", "rename", "rmdir", "close"):
    setattr(os, name, counted(getattr(os, name)))
writer.close()
"""


def test_a_bag_is_complete_or_named_wherever_its_writer_was_killed(tmp_path: Path) -> None:
    for step in range(60):
        folder = tmp_path / str(step)
        folder.mkdir()
        done = subprocess.run([sys.executable, "-c", KILLED_AT_STEP, str(step)], cwd=folder, check=False)
        with BagWriter(folder / "next") as writer:
            left = writer.unfinished
        bags = [folder / "bag"] if (folder / "bag").exists() else left
        assert len(bags) == 1
        with open_bag(bags[0]) as opened:
            assert [at for _, at, _ in opened.messages()] == [1]
        if bags[0] == folder / "bag":
            assert not opened.problems
            assert [path.name for path in folder.iterdir()] == ["bag"]
        if done.returncode == 0:
            break
    assert done.returncode == 0
    assert step > 4
