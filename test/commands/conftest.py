"""What tests of commands that start a real graph need."""

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
