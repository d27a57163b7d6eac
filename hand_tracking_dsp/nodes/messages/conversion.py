"""From pixel arrays to ROS image messages; the way back is sources.image_messages."""

from __future__ import annotations

import array
from typing import cast

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from hand_tracking_dsp.cameras.camera import Intrinsics
from hand_tracking_dsp.tracking.types import Image as Pixels


def pixels_to_image(pixels: Pixels, header: Header, into: Image | None = None) -> Image:
    """Build a bgr8 message.

    Args:
        pixels: uint8 [height, width, 3], BGR.
        header: Its header.
        into: An earlier message to fill again; a fresh one costs page faults for every image.
    """
    message = Image(encoding="bgr8", is_bigendian=0) if into is None else into
    height, width = pixels.shape[:2]
    message.header = header
    message.height, message.width, message.step = height, width, 3 * width
    if len(message.data) != pixels.size:
        # The one type that rclpy takes without checking every element.
        message.data = array.array("B", bytes(pixels.size))
    np.copyto(np.frombuffer(message.data, dtype=np.uint8).reshape(pixels.shape), pixels)
    return message


def pixels_to_compressed(pixels: Pixels, header: Header, quality: int) -> CompressedImage:
    """Build a JPEG message of uint8 [height, width, 3], BGR.

    Args:
        pixels: The image.
        header: Its header.
        quality: 1 to 100.
    """
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    # The format string of image_transport's compressed plugin.
    data = _bytes(cast(Pixels, jpeg))
    return CompressedImage(header=header, format="bgr8; jpeg compressed bgr8", data=data)


def camera_info(width: int, height: int, intrinsics: Intrinsics | None, header: Header) -> CameraInfo:
    """Build the description of a pinhole camera without distortion; all zero if it is not calibrated."""
    info = CameraInfo(header=header, width=width, height=height)
    if intrinsics is not None:
        fx, fy, cx, cy = intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy
        info.distortion_model = "plumb_bob"
        info.d = [0.0] * 5
        info.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
        info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
        info.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return info


def seconds(stamp: Time) -> float:
    """Give a stamp in seconds."""
    return float(stamp.sec) + stamp.nanosec * 1e-9


def _bytes(data: NDArray[np.uint8]) -> array.array[int]:
    """Copy into the one type that rclpy takes without checking every element."""
    result = array.array("B")
    result.frombytes(data.data.cast("B"))
    return result
