"""The message of what a frame cost."""

import math

import pytest
from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from hand_tracking_dsp.nodes.messages.stats_message import age_ms, stats_message
from hand_tracking_dsp.tracking.drift import Drift
from hand_tracking_dsp.tracking.types import FrameResult, FrameStats


def test_costs_become_a_message_field_by_field():
    stats = FrameStats(3, 2, 0.25, 1.0, 2.0, 3.5, True, 0.875, 0.5, 0.125, 0.75, "test/cpu")
    header = Header(frame_id="camera")
    message = stats_message(
        FrameResult((), stats, ()),
        Drift(4.5, math.nan, 6.5),
        header,
        frame=7,
        frames_dropped=8,
        frames_rejected=9,
        conversion_ms=0.5,
        total_ms=4.0,
        end_to_end_ms=5.0,
        accelerator_utilization=0.625,
    )
    assert message.header == header
    assert (message.frame, message.frames_dropped, message.frames_rejected) == (7, 8, 9)
    assert (message.conversion_ms, message.detection_ms, message.landmarks_ms) == (0.5, 1, 2)
    assert (message.total_ms, message.end_to_end_ms) == (4, 5)
    assert (message.requested_level, message.applied_level, message.sparsity) == (3, 2, 0.25)
    assert (message.detector_ran, message.hands, message.presence) == (True, 0, 0.875)
    assert (message.input_mean, message.input_std) == (0.5, 0.125)
    assert (message.drift, message.drift_ms, message.smoothing_residual) == (4.5, 6.5, 0.75)
    assert math.isnan(message.drift_sparser)
    assert message.accelerator_utilization == 0.625
    assert message.provider == "test/cpu"


@pytest.mark.parametrize(
    ("sec", "nanosec", "expected"),
    [(99, 500_000_000, 500.0), (100, 0, 0.0), (101, 0, math.nan), (0, 0, math.nan)],
)
def test_the_age_of_a_stamp_is_unknown_where_it_is_zero_or_in_the_future(sec, nanosec, expected):
    assert age_ms(Time(sec=sec, nanosec=nanosec), 100 * 10**9) == pytest.approx(expected, nan_ok=True)
