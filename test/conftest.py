"""What tests of several rooms need."""

from __future__ import annotations

import fcntl
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def domain_id() -> Iterator[int]:
    """Give a ROS domain that no other test of this machine uses meanwhile."""
    domains = list(range(1, 102))
    random.shuffle(domains)
    for domain in domains:
        path = Path(tempfile.gettempdir()) / f"hand_tracking_dsp_domain_{domain}.lock"
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            yield domain
            return
    pytest.fail("all 101 ROS domains are in use by other tests")


@pytest.fixture(scope="session")
def mediapipe_wheel() -> Path:
    """Give the folder that MediaPipe's wheel is unpacked in."""
    root = Path(__file__).parents[1]
    for folder in sorted(root.glob(".venv-mediapipe/lib/python3*/site-packages")):
        if (folder / "mediapipe").is_dir():
            return folder
    pytest.skip(
        "MediaPipe's own networks are not here: make bench installs mediapipe 0.10.21 beside the package"
    )
