"""Options of the tests of replaying."""

from __future__ import annotations

import pytest

pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
from hand_tracking_dsp.evaluation.replay.run import ReplayOptions
from hand_tracking_dsp.resources import default_bank


@pytest.fixture
def replay_options() -> ReplayOptions:
    """Give the options with which to replay, on the package's own bank."""
    return ReplayOptions(bank=default_bank())
