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


def test_the_last_quarter_is_held_out_and_neighbours_of_it_are_in_neither_part(picture_folder):
    learn, held_out = split_pictures([picture_folder])

    assert len(held_out) == 15
    assert len(learn) == 42
    assert max(one.path.name for one in learn) < min(one.path.name for one in held_out)


def test_no_folder_gives_no_picture():
    assert split_pictures([]) == ([], [])


def test_inputs_are_as_many_as_asked_and_the_same_for_a_seed(picture_folder):
    learn, _ = split_pictures([picture_folder])

    first, again, other = (detector_inputs(learn, 52, seed) for seed in (3, 3, 4))

    assert first.shape == (52, 192, 192, 3)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).any()


def test_unreadable_pictures_are_left_out(picture_folder):
    (picture_folder / "000.png").write_bytes(b"no picture")
    learn, held_out = split_pictures([picture_folder])

    assert len(detector_inputs([*held_out, *learn], 40)) == 40


def test_refuses_too_few_pictures(picture_folder):
    _, held_out = split_pictures([picture_folder])

    with pytest.raises(ConfigurationError, match="too few for a palm detector"):
        detector_inputs(held_out, 64)


def test_refuses_a_missing_folder(tmp_path):
    with pytest.raises(SourceError, match="no folder"):
        split_pictures([tmp_path / "nowhere"])
