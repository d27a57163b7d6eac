"""Small bags of every kind, written here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from hand_tracking_dsp.evaluation.bags.messages import header, image_message
from hand_tracking_dsp.evaluation.bags.writing import BagFormat, BagWriter


@pytest.fixture(scope="session")
def picture() -> Callable[[int], NDArray[np.uint8]]:
    """Give a maker of pictures by number: noise, which no compression makes small."""
    return lambda number: np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)


@pytest.fixture
def images(tmp_path: Path, picture: Callable[[int], NDArray[np.uint8]]) -> Callable[..., Path]:
    """Give a writer of bags with count images on /image_raw, every 1000 ns, or with the stamps given."""

    def write(form: BagFormat, count: int = 30, stamps: list[int] | None = None, name: str = "bag") -> Path:
        with BagWriter(tmp_path / name, form) as writer:
            for number, stamp_ns in enumerate(stamps or [1000 * i for i in range(count)]):
                writer.write(
                    "/image_raw", image_message(picture(number), header(stamp_ns, "camera")), stamp_ns
                )
        return tmp_path / name

    return write


@pytest.fixture(scope="session")
def data_file() -> Callable[[Path], Path]:
    """Give a function that finds the one .mcap or .db3 file of a bag."""
    return lambda bag: next(path for path in bag.iterdir() if path.suffix in {".mcap", ".db3"})


@pytest.fixture(scope="session")
def fingerprint() -> Callable[[Path], dict[str, tuple[int, str]]]:
    """Give a function that describes all in and beside a bag: when it was changed, and its bytes."""

    def describe(bag: Path) -> dict[str, tuple[int, str]]:
        return {
            str(path): (
                path.stat().st_mtime_ns,
                "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in bag.parent.rglob("*")
        }

    return describe
