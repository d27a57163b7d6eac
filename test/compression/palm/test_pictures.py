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

import numpy as np
import pytest

from hand_tracking_dsp.compression.palm.pictures import detector_inputs, split_pictures
from hand_tracking_dsp.errors import ConfigurationError, SourceError


def test_a_fifth_is_held_back_and_no_group_is_on_both_sides(picture_folder):
    learn, held_back = split_pictures([picture_folder])

    assert len(learn) + len(held_back) == 60
    assert 0.1 < len(held_back) / 60 < 0.3
    assert not {one.group for one in learn} & {one.group for one in held_back}


def test_inputs_are_as_many_as_asked_and_the_same_for_a_seed(picture_folder):
    learn, _ = split_pictures([picture_folder])

    first, again, other = (detector_inputs(learn, 52, seed) for seed in (3, 3, 4))

    assert first.shape == (52, 192, 192, 3)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).any()


def test_unreadable_pictures_are_left_out(picture_folder):
    (picture_folder / "000.png").write_bytes(b"no picture")
    learn, held_back = split_pictures([picture_folder])

    assert len(detector_inputs([*held_back, *learn], 40)) == 40


def test_refuses_too_few_pictures(picture_folder):
    _, held_back = split_pictures([picture_folder])

    with pytest.raises(ConfigurationError, match="too few for a palm detector"):
        detector_inputs(held_back, 64)


def test_refuses_a_missing_folder(tmp_path):
    with pytest.raises(SourceError, match="no folder"):
        split_pictures([tmp_path / "nowhere"])
