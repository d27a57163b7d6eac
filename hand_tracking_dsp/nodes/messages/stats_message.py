"""The message of what a frame cost."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from hand_tracking_dsp.msg import TrackerStats
from hand_tracking_dsp.tracking.drift import Drift
from hand_tracking_dsp.tracking.types import FrameResult


def stats_message(
    result: FrameResult,
    drift: Drift,
    header: Header,
    *,
    frame: int,
    frames_dropped: int,
    frames_rejected: int,
    conversion_ms: float,
    total_ms: float,
    end_to_end_ms: float,
    accelerator_utilization: float,
) -> TrackerStats:
    """Build the message of what a frame cost; what is not said here is said in msg/TrackerStats.msg.

    Args:
        result: What the tracker found.
        drift: Measured on the frame, or nothing.
        header: The image's header.
        frame: Frames handled since activation, this one included.
        frames_dropped: Images since activation that a newer one replaced.
        frames_rejected: Images since activation that could not be read.
        conversion_ms: ROS image to pixels, milliseconds.
        total_ms: From taking the image to the hands, milliseconds.
        end_to_end_ms: From the image's stamp to the publishing of the hands, milliseconds, or NaN.
        accelerator_utilization: 0 to 1, or NaN.
    """
    stats = result.stats
    return TrackerStats(
        header=header,
        frame=frame,
        frames_dropped=frames_dropped,
        frames_rejected=frames_rejected,
        conversion_ms=conversion_ms,
        detection_ms=stats.detection_ms,
        landmarks_ms=stats.landmarks_ms,
        total_ms=total_ms,
        end_to_end_ms=end_to_end_ms,
        requested_level=stats.requested_level,
        applied_level=stats.level,
        sparsity=stats.sparsity,
        detector_ran=stats.detector_ran,
        hands=len(result.hands),
        presence=stats.presence,
        input_mean=stats.input_mean,
        input_std=stats.input_std,
        drift=drift.drift,
        drift_sparser=drift.drift_sparser,
        drift_ms=drift.ms,
        smoothing_residual=stats.smoothing_residual,
        accelerator_utilization=accelerator_utilization,
        provider=stats.provider,
    )


def age_ms(stamp: Time, now_ns: int) -> float:
    """Return how long ago a stamp was, milliseconds; NaN where it is zero or lies in the future.

    Args:
        stamp: Of an image.
        now_ns: Time of the node's clock, nanoseconds.
    """
    age_ns = now_ns - (stamp.sec * 10**9 + stamp.nanosec)
    known = (stamp.sec or stamp.nanosec) and age_ns >= 0
    return age_ns * 1e-6 if known else math.nan
