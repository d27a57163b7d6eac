"""Bags and photos for the tests of replaying, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from hand_tracking_dsp.sources.frames import SourceOptions
from hand_tracking_dsp.sources.synthetic import SyntheticHandSource

pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
from hand_tracking_dsp.evaluation.bags.source_recording import record_source
from hand_tracking_dsp.evaluation.bags.writing import BagWriter
from hand_tracking_dsp.evaluation.replay.unit import ReplayOptions
from hand_tracking_dsp.resources import default_bank

SECONDS = 2.0


@pytest.fixture(scope="session")
def source_options() -> SourceOptions:
    """Give the options of the synthetic hand in the bags."""
    return SourceOptions(width=320, height=240, seed=3, absence_s=0.0)


@pytest.fixture(scope="session")
def synthetic_bag(tmp_path_factory, source_options) -> Path:
    """Give a bag of two seconds of a synthetic hand, with its truth."""
    path = tmp_path_factory.mktemp("bags") / "synthetic"
    with SyntheticHandSource(source_options) as source, BagWriter(path) as writer:
        record_source(source, writer, SECONDS, jpeg_quality=None)
    return path


@pytest.fixture(scope="session")
def synthetic_frames(source_options):
    """Give the frames that are in that bag."""
    with SyntheticHandSource(source_options) as source:
        return [source.read() for _ in range(round(SECONDS * source_options.rate_hz))]


@pytest.fixture
def replay_options() -> ReplayOptions:
    """Give the options with which to replay, on the package's own bank."""
    return ReplayOptions(bank=default_bank())
