"""Messages for bags out of plain values, as the nodes publish them, without ROS 2."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np

from hand_tracking_dsp.cameras.camera import HandTruth, Intrinsics
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.recordings.bags.definitions import typestore
from hand_tracking_dsp.tracking.types import Floats, Image


def header(stamp_ns: int, frame_id: str) -> Any:  # noqa: ANN401 (rosbags may be absent)
    """Build a std_msgs/Header; the stamp in nanoseconds."""
    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    stamp = _type("builtin_interfaces/msg/Time")(sec=seconds, nanosec=nanoseconds)
    return _type("std_msgs/msg/Header")(stamp=stamp, frame_id=frame_id)


def image_message(pixels: Image, head: Any) -> Any:  # noqa: ANN401
    """Build a sensor_msgs/Image in bgr8 of uint8 [height, width, 3], BGR."""
    height, width = pixels.shape[:2]
    return _type("sensor_msgs/msg/Image")(
        header=head,
        height=height,
        width=width,
        encoding="bgr8",
        is_bigendian=0,
        step=3 * width,
        data=np.ascontiguousarray(pixels).reshape(-1),
    )


def compressed_message(pixels: Image, quality: int, head: Any) -> Any:  # noqa: ANN401
    """Build a sensor_msgs/CompressedImage, a JPEG of uint8 [height, width, 3], BGR; quality 1 to 100."""
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    # The format string of image_transport's compressed plugin.
    return _type("sensor_msgs/msg/CompressedImage")(
        header=head, format="bgr8; jpeg compressed bgr8", data=jpeg.reshape(-1)
    )


def camera_info_message(width: int, height: int, intrinsics: Intrinsics, head: Any) -> Any:  # noqa: ANN401
    """Build the sensor_msgs/CameraInfo of a pinhole camera without distortion."""
    fx, fy, cx, cy = intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy
    region = _type("sensor_msgs/msg/RegionOfInterest")(
        x_offset=0, y_offset=0, height=0, width=0, do_rectify=False
    )
    return _type("sensor_msgs/msg/CameraInfo")(
        header=head,
        height=height,
        width=width,
        distortion_model="plumb_bob",
        d=np.zeros(5),
        k=np.array([fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]),
        r=np.eye(3).reshape(-1),
        p=np.array([fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]),
        binning_x=0,
        binning_y=0,
        roi=region,
    )


def truth_message(truth: Iterable[HandTruth], width: int, height: int, head: Any) -> Any:  # noqa: ANN401
    """Build the HandArray of a source's exact joints; what only a network would know is NaN."""
    return _type("hand_tracking_dsp/msg/HandArray")(
        header=head,
        image_width=width,
        image_height=height,
        level=0,
        sparsity=math.nan,
        hands=[_true_hand(exact) for exact in truth],
    )


def _true_hand(exact: HandTruth) -> Any:  # noqa: ANN401
    known = exact.handedness != Handedness.UNKNOWN
    kind = _type("hand_tracking_dsp/msg/Hand")
    return kind(
        track_id=0,
        handedness=int(exact.handedness),
        handedness_score=1.0 if known else math.nan,
        presence=math.nan,
        landmarks=_points(exact.joints_px),
        world_landmarks=_points(exact.joints_m),
        region_x=math.nan,
        region_y=math.nan,
        region_size=math.nan,
        region_rotation=math.nan,
    )


def _points(values: Floats) -> list[Any]:
    point = _type("geometry_msgs/msg/Point")
    return [point(x=x, y=y, z=z) for x, y, z in values.tolist()]


def _type(name: str) -> Any:  # noqa: ANN401
    return typestore().types[name]
