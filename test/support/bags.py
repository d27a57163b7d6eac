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

"""Bags of a synthetic hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource

BAG_SECONDS = 2.0


@pytest.fixture(scope="session")
def data_file() -> Callable[[Path], Path]:
    """Give a function that finds the one .mcap or .db3 file of a bag."""
    return lambda bag: next(path for path in bag.iterdir() if path.suffix in {".mcap", ".db3"})


@pytest.fixture(scope="session")
def source_options() -> SourceOptions:
    """Give the options of the synthetic hand in the bags."""
    return SourceOptions(width=320, height=240, seed=3, absence_s=0.0)


@pytest.fixture(scope="session")
def synthetic_bag(tmp_path_factory, source_options) -> Path:
    """Give a bag of two seconds of a synthetic hand, with its truth."""
    pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
    from hand_tracking_dsp.recordings.bags.record_camera import record_source
    from hand_tracking_dsp.recordings.bags.writer import BagWriter

    path = tmp_path_factory.mktemp("bags") / "synthetic"
    with SyntheticHandSource(source_options) as source, BagWriter(path) as writer:
        record_source(source, writer, BAG_SECONDS, jpeg_quality=None)
    return path


@pytest.fixture(scope="session")
def synthetic_frames(source_options):
    """Give the frames that are in that bag."""
    with SyntheticHandSource(source_options) as source:
        return [source.read() for _ in range(round(BAG_SECONDS * source_options.rate_hz))]
