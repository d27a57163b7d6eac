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

from __future__ import annotations

import math

import pytest
from sensor_msgs.msg import CameraInfo, RegionOfInterest

from hand_tracking_dsp.messages.camera_model import camera_model


def info(width=1280, height=960, **fields):
    """Make the camera_info of a calibrated camera of 1280x960 with a focal length of 1000 px."""
    matrix = [1000.0, 0.0, 640.0, 0.0, 1000.0, 480.0, 0.0, 0.0, 1.0]
    return CameraInfo(width=width, height=height, k=matrix, **fields)


@pytest.mark.parametrize("missing", [None, CameraInfo(width=640, height=480)])
def test_without_a_calibration_the_field_of_view_counts(missing):
    camera = camera_model(missing, 640, 480, 90.0)
    assert camera.focal_px == pytest.approx(320)
    assert list(camera.centre_px) == [320, 240]
    assert (camera.note, camera.warning) == ("", "")


@pytest.mark.parametrize(
    ("fields", "size", "focal_px", "centre_px"),
    [
        ({}, (1280, 960), 1000, (640, 480)),
        ({"width": 0, "height": 0}, (1280, 960), 1000, (640, 480)),
        ({"binning_x": 2, "binning_y": 2}, (640, 480), 500, (320, 240)),
        ({"binning_x": 1, "binning_y": 1}, (1280, 960), 1000, (640, 480)),
        (
            {"roi": RegionOfInterest(x_offset=320, y_offset=240, width=640, height=480)},
            (640, 480),
            1000,
            (320, 240),
        ),
        (
            {
                "roi": RegionOfInterest(x_offset=320, y_offset=0, width=640, height=960),
                "binning_x": 2,
                "binning_y": 2,
            },
            (320, 480),
            500,
            (160, 240),
        ),
    ],
)
def test_binning_and_region_are_applied(fields, size, focal_px, centre_px):
    camera = camera_model(info(**fields), *size, 60.0)
    assert camera.focal_px == pytest.approx(focal_px)
    assert list(camera.centre_px) == list(centre_px)
    assert (camera.note, camera.warning) == ("", "")


@pytest.mark.parametrize(("size", "scale"), [((640, 480), 0.5), ((2560, 1920), 2), ((321, 241), 0.2508)])
def test_an_image_of_another_size_and_the_same_shape_scales_the_matrix_and_is_noted(size, scale):
    camera = camera_model(info(), *size, 60.0)
    assert camera.focal_px == pytest.approx(1000 * scale, rel=0.01)
    assert list(camera.centre_px) == pytest.approx([640 * scale, 480 * scale], rel=0.01)
    assert f"it was scaled to {size[0]}x{size[1]}" in camera.note
    assert camera.warning == ""


def test_an_image_of_another_shape_is_warned_of():
    camera = camera_model(info(), 1280, 720, 90.0)
    assert camera.focal_px == pytest.approx(640)
    assert "camera_info is for images of 1280x960, but they are 1280x720" in camera.warning


@pytest.mark.parametrize("value", [math.nan, math.inf, -1000.0])
def test_a_focal_length_that_cannot_be_is_none(value):
    broken = info()
    broken.k[0] = value
    assert camera_model(broken, 1280, 960, 90.0).focal_px == pytest.approx(640)


@pytest.mark.parametrize(
    ("model", "d", "noted", "warned"),
    [
        ("plumb_bob", [0.0] * 5, False, False),
        ("plumb_bob", [0.1, 0.0, 0.0, 0.0, 0.0], True, False),
        ("", [0.1, 0.0, 0.0, 0.0, 0.0], True, False),
        ("equidistant", [0.0] * 4, False, True),
        ("kannala_brandt", [0.1], False, True),
    ],
)
def test_a_lens_that_is_no_pinhole_is_said(model, d, noted, warned):
    camera = camera_model(info(distortion_model=model, d=d), 1280, 960, 60.0)
    assert (bool(camera.note), bool(camera.warning)) == (noted, warned)
