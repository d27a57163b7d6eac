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

from types import SimpleNamespace

import numpy as np
import pytest

from hand_tracking_dsp.recordings.static_transforms import StaticTransforms


def transform(parent, child, place, turn=(0.0, 0.0, 0.0, 1.0)):
    x, y, z = place
    qx, qy, qz, qw = turn
    return SimpleNamespace(
        header=SimpleNamespace(frame_id=parent),
        child_frame_id=child,
        transform=SimpleNamespace(
            translation=SimpleNamespace(x=x, y=y, z=z), rotation=SimpleNamespace(x=qx, y=qy, z=qz, w=qw)
        ),
    )


def tree(*transforms):
    made = StaticTransforms()
    made.add(SimpleNamespace(transforms=transforms))
    return made


QUARTER = (0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5))
"""A quarter turn about z, from x to y."""


def test_poses_are_chained_up_and_down_the_tree():
    frames = tree(
        transform("base", "/colour", (1.0, 0.0, 0.0), QUARTER), transform("base", "depth", (0.0, 2.0, 0.0))
    )
    pose = frames.pose("colour", "depth")
    assert pose is not None
    # In base the depth camera is 1 back and 2 left of the other, which looks along y.
    np.testing.assert_allclose(pose.position_m, [2.0, 1.0, 0.0], atol=1e-6)
    back = frames.pose("depth", "colour")
    assert back is not None
    np.testing.assert_allclose(back.moved(pose.position_m), [0.0, 0.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(back.rotation @ pose.rotation, np.eye(3), atol=1e-6)


def test_a_frame_lies_in_itself_and_frames_that_are_not_joined_nowhere():
    frames = tree(transform("base", "colour", (1.0, 0.0, 0.0)))
    own = frames.pose("colour", "colour")
    assert own is not None
    np.testing.assert_array_equal(own.position_m, 0)
    assert frames.pose("colour", "elsewhere") is None
    assert frames.pose("elsewhere", "colour") is None


@pytest.mark.parametrize("turn", [(0.0, 0.0, 0.0, 0.0), (np.nan, 0.0, 0.0, 1.0)])
def test_a_transform_that_is_none_is_left_out(turn):
    assert tree(transform("a", "b", (0.0, 0.0, 0.0), turn)).pose("a", "b") is None


def test_circles_come_to_an_end():
    pairs = (("a", "b"), ("b", "c"), ("c", "a"))
    frames = tree(*(transform(parent, child, (1.0, 0.0, 0.0)) for parent, child in pairs))
    assert frames.pose("a", "nowhere") is None
