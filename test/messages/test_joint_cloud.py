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

"""Joints as a point cloud."""

from __future__ import annotations

import array

import numpy as np
import pytest

pytest.importorskip("hand_tracking_dsp.msg", reason="the messages are not built; run make setup")
pytest.importorskip("rosbags", reason="rosbags is not installed: pip install rosbags")

from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES

_FORMATS = {2: "u1", 4: "u2", 6: "u4", 7: "f4"}


def some_hand(unknown: tuple[int, ...] = ()) -> Hand3d:
    joints = np.random.default_rng(0).uniform(0.2, 1, (21, 3)).astype(np.float32)
    states = np.full(21, JointState.MEASURED, np.uint8)
    states[3] = JointState.INFERRED
    joints[list(unknown)] = np.nan
    states[list(unknown)] = JointState.UNKNOWN
    return Hand3d(70_000, Handedness.LEFT, 0.9, 0.8, joints, states, np.full(21, 0.01, np.float32))


def read(cloud) -> np.ndarray:
    """Read a cloud as Humble's sensor_msgs_py does, whose points end with their last field."""
    kind = np.dtype(
        {
            "names": [field.name for field in cloud.fields],
            "formats": [_FORMATS[field.datatype] for field in cloud.fields],
            "offsets": [field.offset for field in cloud.fields],
        }
    )
    assert kind.itemsize == cloud.point_step
    return np.ndarray((cloud.width * cloud.height,), kind, bytes(cloud.data))


@pytest.mark.parametrize("build", [ROS_MESSAGES, BAG_MESSAGES], ids=["ROS 2", "rosbags"])
def test_every_known_joint_is_a_point_with_its_fields(build):
    header, hand = build.header(7, "camera"), some_hand(unknown=(5, 20))
    cloud = build.joint_cloud([hand, some_hand()], header)
    assert cloud.header == header
    assert (cloud.height, cloud.width, cloud.row_step) == (1, 19 + 21, 40 * cloud.point_step)
    assert cloud.is_dense
    points = read(cloud)
    first = points[:19]
    np.testing.assert_array_equal(first["joint"], [j for j in range(21) if j not in (5, 20)])
    for axis, name in enumerate("xyz"):
        np.testing.assert_array_equal(first[name], hand.joints_m[first["joint"], axis])
    np.testing.assert_array_equal(first["state"], hand.states[first["joint"]])
    np.testing.assert_array_equal(first["intensity"], first["state"])
    assert set(points["track_id"]) == {70_000}
    assert set(points["handedness"]) == {int(Handedness.LEFT)}
    np.testing.assert_array_equal(first["std"], np.full(19, 0.01, np.float32))


def test_no_hand_is_an_empty_cloud_of_the_type_that_rclpy_does_not_check_byte_by_byte():
    cloud = ROS_MESSAGES.joint_cloud([], ROS_MESSAGES.header(0, "camera"))
    assert (cloud.width, cloud.row_step, len(cloud.data)) == (0, 0, 0)
    assert isinstance(cloud.data, array.array)
