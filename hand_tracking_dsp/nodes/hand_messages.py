"""Between hands and their messages and markers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from hand_tracking_dsp.hand import BONES, Handedness
from hand_tracking_dsp.msg import Hand, HandArray
from hand_tracking_dsp.sources.frames import HandTruth
from hand_tracking_dsp.tracking.draw import bone_colour
from hand_tracking_dsp.tracking.types import Floats, FrameResult, TrackedHand

_BONE_WIDTH_M = 0.006
_COLOURS = [
    ColorRGBA(r=red / 255, g=green / 255, b=blue / 255, a=1.0)
    for blue, green, red in (bone_colour(start, end) for start, end in BONES)
    for _ in range(2)
]


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


def hand_markers(
    hands: Sequence[TrackedHand], header: Header, focal_px: float, centre_px: Floats
) -> MarkerArray:
    """Build coloured skeletons in the camera's optical frame.

    The distance follows from the hand's size in the image against its size in metres (weak
    perspective), so it carries the error of the network's idea of a hand's size.

    Args:
        hands: The hands.
        header: The image's header.
        focal_px: Focal length, pixels.
        centre_px: float [2], principal point, pixels.
    """
    markers = [Marker(header=header, ns="hands", action=Marker.DELETEALL)]
    for hand in hands:
        points = hand_in_camera(hand, focal_px, centre_px)
        if points is None:
            continue
        marker = Marker(header=header, ns="hands", id=hand.track_id % 2**31, type=Marker.LINE_LIST)
        marker.scale.x = _BONE_WIDTH_M
        marker.pose.orientation.w = 1.0
        ends = points.tolist()
        marker.points = [
            Point(x=ends[joint][0], y=ends[joint][1], z=ends[joint][2]) for bone in BONES for joint in bone
        ]
        marker.colors = _COLOURS
        markers.append(marker)
    return MarkerArray(markers=markers)


def hand_in_camera(hand: TrackedHand, focal_px: float, centre_px: Floats) -> Floats | None:
    """Place a hand's joints in the camera's optical frame, float32 [21, 3], metres.

    Returns:
        None where the hand has no extent in the image.
    """
    flat_px = hand.landmarks[:, :2]
    flat_m = hand.world_landmarks[:, :2]
    middle_px, middle_m = flat_px.mean(axis=0), flat_m.mean(axis=0)
    spread_m = flat_m - middle_m
    # Least squares over all joints: pixels a metre at the hand.
    scale = float(np.sum(spread_m * (flat_px - middle_px)) / max(float(np.sum(spread_m**2)), 1e-9))
    if not scale > 0:
        return None
    distance_m = focal_px / scale
    sideways_m = (middle_px - centre_px) * distance_m / focal_px - middle_m
    return hand.world_landmarks + np.array([*sideways_m, distance_m], dtype=np.float32)


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
