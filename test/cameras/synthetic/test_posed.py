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

"""Pictures of a posed synthetic hand."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.cameras.synthetic import GESTURES
from hand_tracking_dsp.cameras.synthetic.posed import pose_picture


def test_a_pose_is_in_the_middle_of_its_picture_however_it_is_turned() -> None:
    wall = pose_picture("fist")[0, 0]
    for roll_deg in (-90, 0, 90):
        skin = (pose_picture("open palm", roll_deg) != wall).any(axis=2)
        assert skin[100:200, 100:200].mean() > 0.6
        assert 0.1 < skin.mean() < 0.6


@pytest.mark.parametrize("pose", ["fist", "open palm"])
def test_poses_differ_and_are_the_same_every_time(pose: str) -> None:
    assert (pose_picture(pose) == pose_picture(pose)).all()
    assert all((pose_picture(pose) != pose_picture(other)).any() for other in GESTURES if other != pose)
