"""Between hands and their messages."""

from __future__ import annotations

import math
from collections.abc import Iterable

from geometry_msgs.msg import Point
from std_msgs.msg import Header

from hand_tracking_dsp.cameras.camera import HandTruth
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.msg import Hand, HandArray
from hand_tracking_dsp.tracking.types import Floats, FrameResult, TrackedHand


def hands_message(result: FrameResult, header: Header, width: int, height: int) -> HandArray:
    """Build the message of a frame's hands.

    Args:
        result: What the tracker found.
        header: The image's header.
        width: The image's width, pixels.
        height: The image's height, pixels.
    """
    return HandArray(
        header=header,
        image_width=width,
        image_height=height,
        level=result.stats.level,
        sparsity=result.stats.sparsity,
        hands=[_hand_message(hand) for hand in result.hands],
    )


def truth_message(truth: Iterable[HandTruth], header: Header, width: int, height: int) -> HandArray:
    """Build the message of a source's exact joints; arguments as for hands_message."""
    message = HandArray(header=header, image_width=width, image_height=height, level=0, sparsity=math.nan)
    for exact in truth:
        known = exact.handedness != Handedness.UNKNOWN
        hand = Hand(
            handedness=int(exact.handedness),
            handedness_score=1.0 if known else math.nan,
            presence=math.nan,
            region_x=math.nan,
            region_y=math.nan,
            region_size=math.nan,
            region_rotation=math.nan,
        )
        _fill(hand.landmarks, exact.joints_px)
        _fill(hand.world_landmarks, exact.joints_m)
        message.hands.append(hand)
    return message


def _hand_message(hand: TrackedHand) -> Hand:
    region = hand.region
    message = Hand(
        track_id=hand.track_id,
        handedness=int(hand.handedness),
        handedness_score=hand.handedness_score,
        presence=hand.presence,
        region_x=float(region.x),
        region_y=float(region.y),
        region_size=float(region.size),
        region_rotation=float(region.rotation),
    )
    _fill(message.landmarks, hand.landmarks)
    _fill(message.world_landmarks, hand.world_landmarks)
    return message


def _fill(points: Iterable[Point], values: Floats) -> None:
    for point, (x, y, z) in zip(points, values.tolist(), strict=True):
        point.x, point.y, point.z = x, y, z
