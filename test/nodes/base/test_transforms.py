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


"""Transforms by tf2, which is not installed here and is stood in for."""

from __future__ import annotations

import numpy as np
import pytest
from builtin_interfaces.msg import Time

from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.nodes.base.transforms import Transforms

NOW = Time(sec=1000)


@pytest.fixture
def transforms(graph, tf2):  # noqa: ARG001 (in place of what is imported)
    return Transforms(graph.observer, ["depth.target_frame"])


def test_the_latest_transform_counts_where_the_images_time_is_not_there_yet(transforms, tf2):
    pose = transforms.pose("base_link", "camera_optical_frame", NOW)
    np.testing.assert_allclose(pose.position_m, [2, 0, 0])
    np.testing.assert_allclose(pose.rotation, [[0, -1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-6)
    assert [asked[2] for asked in tf2.asked] == [1000 * 10**9, 0]
    assert transforms.warnings() == [], "without a stamp it is static"


@pytest.mark.parametrize(
    ("stamp", "told"), [(Time(sec=997, nanosec=500_000_000), "2.5 s older"), (Time(sec=1060), "60.0 s newer")]
)
def test_a_transform_of_another_time_is_named(transforms, tf2, stamp, told):
    tf2.known.header.stamp = stamp
    transforms.pose("base_link", "camera_optical_frame", NOW)
    (sentence,) = transforms.warnings()
    assert f"from camera_optical_frame to base_link is {told} than the image" in sentence


def test_a_transform_that_is_a_little_old_is_none_to_speak_of(transforms, tf2):
    tf2.known.header.stamp = Time(sec=999, nanosec=500_000_000)
    transforms.pose("base_link", "camera_optical_frame", NOW)
    assert transforms.warnings() == []


@pytest.mark.parametrize("source", ["", "another", "/camera_optical_frame"])
def test_without_a_transform_both_frames_are_named(transforms, source):
    with pytest.raises(FrameError) as refusal:
        transforms.pose("base_link", source, NOW)
    named = source or "a frame without a name"
    assert str(refusal.value).startswith(f"There is no transform from {named} to base_link (")
    assert str(refusal.value).endswith(": publish it.")


@pytest.mark.parametrize("rotation", [{"z": 0.0, "w": 0.0}, {"z": float("nan")}, {"w": float("inf")}])
def test_a_transform_that_is_no_pose_is_refused_in_a_sentence(transforms, tf2, rotation):
    for name, value in rotation.items():
        setattr(tf2.known.transform.rotation, name, value)
    with pytest.raises(FrameError) as refusal:
        transforms.pose("base_link", "camera_optical_frame", NOW)
    start = (
        "The transform from camera_optical_frame to base_link cannot be used: The pose at [2.0, 0.0, 0.0] m"
    )
    assert str(refusal.value).startswith(start)
