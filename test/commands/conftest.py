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

"""Commands that start a real graph, and a bag for those that evaluate one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_CODE = "import sys; from hand_tracking_dsp.cli import main; sys.exit(main())"
_PATIENCE_S = 120


@pytest.fixture
def start(tmp_path: Path, domain_id: int) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Give a function that starts the command in tmp_path, in a domain of its own; the end ends all."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        # Elsewhere than in the checkout, whose sources lack the generated messages.
        process = subprocess.Popen(
            [sys.executable, "-c", _CODE, *arguments],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"ROS_DOMAIN_ID": str(domain_id)},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            # Only this ends its nodes, too.
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    """Give a bag of one second of a synthetic hand."""
    from hand_tracking_dsp.cameras.camera import SourceOptions
    from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
    from hand_tracking_dsp.recordings.bags.record_camera import record_source
    from hand_tracking_dsp.recordings.bags.writer import BagWriter

    path = tmp_path_factory.mktemp("bags") / "drive"
    with (
        SyntheticHandSource(SourceOptions(width=320, height=240, absence_s=0.0)) as source,
        BagWriter(path) as writer,
    ):
        record_source(source, writer, 1.0, jpeg_quality=90)
    return path
