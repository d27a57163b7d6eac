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

"""Crops out of packed pictures: of hands their region, of others all of it."""

from __future__ import annotations

import numpy as np
import pytest
from support.packs import COUNTS, write_some_pack

from hand_tracking_dsp.compression.data.packed_crops import calibration_images, packed_crops
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind, encoded, read_pack
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.types import Region


def test_a_crop_to_measure_on_is_the_whole_picture_and_a_hand_its_region():
    image = np.zeros((200, 200, 3), np.uint8)
    image[50:150, 50:150] = (0, 0, 255)
    region = Region(100, 100, 90, 0.0)
    whole, hand = (
        PackedPicture(encoded(image, 95), kind, region, "a", "a/0")
        for kind in (PictureKind.CROP, PictureKind.HAND)
    )
    (crop,) = packed_crops([whole, hand], PictureKind.CROP)["a"].images
    assert crop.shape == (224, 224, 3)
    assert crop[112, 112, 0] > 200, "RGB"
    assert crop[10, 112, 0] < 40
    (crop,) = packed_crops([whole, hand], PictureKind.HAND)["a"].images
    assert crop[4, 112, 0] > 200


def test_int8_is_calibrated_on_hands_and_places_without_one(tmp_path):
    write_some_pack(tmp_path / "pack.npz")
    pictures = read_pack(tmp_path / "pack.npz")
    images = calibration_images(pictures, 0)
    assert len(images) == COUNTS[PictureKind.HAND] + COUNTS[PictureKind.EMPTY]
    assert np.array_equal(images, calibration_images(pictures, 0))
    with pytest.raises(ConfigurationError, match="no hands to calibrate"):
        calibration_images([one for one in pictures if one.kind is not PictureKind.HAND], 0)
