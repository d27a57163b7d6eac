from __future__ import annotations

import array
import math

import numpy as np
from std_msgs.msg import Header

from hand_tracking_dsp.cameras.camera import Intrinsics
from hand_tracking_dsp.messages.images import compressed_to_pixels, image_to_pixels
from hand_tracking_dsp.nodes.messages.conversion import (
    camera_info,
    pixels_to_compressed,
    pixels_to_image,
    seconds,
)


def picture(height: int = 8, width: int = 10) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_pixels_survive_the_way_through_a_message():
    image = pixels_to_image(picture(), Header(frame_id="camera"))
    assert image.header.frame_id == "camera"
    assert isinstance(image.data, array.array)
    np.testing.assert_array_equal(image_to_pixels(image)[0], picture())


def test_a_message_filled_again_holds_the_new_pixels_of_any_size():
    message = pixels_to_image(picture(), Header())
    data = message.data
    assert pixels_to_image(255 - picture(), Header(frame_id="next"), message) is message
    assert message.data is data
    np.testing.assert_array_equal(image_to_pixels(message)[0], 255 - picture())
    small = picture()[:2, :5]
    np.testing.assert_array_equal(image_to_pixels(pixels_to_image(small, Header(), message))[0], small)


def test_a_flat_picture_survives_compression():
    flat = np.full((16, 16, 3), 90, np.uint8)
    pixels, order = compressed_to_pixels(pixels_to_compressed(flat, Header(), 95))
    assert order == "bgr"
    assert np.abs(pixels.astype(int) - 90).max() <= 2


def test_camera_info_says_uncalibrated_where_nothing_is_known():
    assert not camera_info(640, 480, None, Header()).k.any()
    known = camera_info(640, 480, Intrinsics(500.0, 501.0, 320.0, 240.0), Header())
    assert list(known.k) == [500, 0, 320, 0, 501, 240, 0, 0, 1]
    assert known.distortion_model == "plumb_bob"


def test_seconds_keeps_nanoseconds_apart():
    header = Header()
    header.stamp.sec, header.stamp.nanosec = 3, 500_000_000
    assert math.isclose(seconds(header.stamp), 3.5)
