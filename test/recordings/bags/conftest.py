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

"""Small bags of every kind, written here."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

# Without these no test here is collected; see test/conftest.py.
if find_spec("rosbags"):
    from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
    from hand_tracking_dsp.recordings.bags.writer import BagFormat, BagWriter


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
                    "/image_raw",
                    BAG_MESSAGES.image(picture(number), BAG_MESSAGES.header(stamp_ns, "camera")),
                    stamp_ns,
                )
        return tmp_path / name

    return write
