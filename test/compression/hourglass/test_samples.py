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

"""Samples of hands in depth: rendered, kept and read again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.compression.data.depth_bytes import to_bytes, to_depth
from hand_tracking_dsp.compression.hourglass.samples import (
    DepthSamples,
    make_samples,
    read_samples,
    rendered_hands,
)
from hand_tracking_dsp.errors import ConfigurationError


def ignore(*_: object) -> None:
    """Take progress."""


def test_joints_lie_in_space_where_they_lie_in_the_cube(samples: DepthSamples) -> None:
    for index in np.flatnonzero(samples.present):
        metres = samples.cube(int(index)).to_metres(samples.joints[index])
        assert np.allclose(metres, samples.joints_m[index], atol=1e-5)


def test_most_joints_of_a_hand_lie_in_its_cube_and_on_what_is_drawn(samples: DepthSamples) -> None:
    hands = samples.hands
    assert np.mean(np.abs(hands.joints) < 1) > 0.95
    pixels = np.clip((hands.joints[..., :2] + 1) * 64, 0, 127).astype(int)
    drawn = [image[xy[:, 1], xy[:, 0]] > 0 for image, xy in zip(hands.images, pixels, strict=True)]
    assert np.mean(drawn) > 0.8


def test_depth_survives_bytes_to_a_millimetre() -> None:
    depth = np.linspace(-1, 1, 1001, dtype=np.float32)
    assert np.abs(to_depth(to_bytes(depth)) - depth).max() <= 1 / 255 + 1e-6
    assert to_bytes(np.float32([-1, 1])).tolist() == [0, 255]


def test_samples_are_made_once_and_more_are_added(tmp_path: Path) -> None:
    make_samples(tmp_path, 3, rendered_hands("val", 0, 0.0), ignore)
    first = read_samples(tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.npz")}
    make_samples(tmp_path, 3, rendered_hands("val", 0, 0.0), ignore)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.npz")} == stamps
    assert len(first) == 3
    assert len(first.first(2)) == 2


def test_samples_of_another_kind_are_not_mixed(tmp_path: Path) -> None:
    make_samples(tmp_path, 1, rendered_hands("val", 0, 0.0), ignore)
    with pytest.raises(ConfigurationError, match="has samples of another kind"):
        make_samples(tmp_path, 1, rendered_hands("test", 0, 0.0), ignore)


def test_a_folder_without_samples_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="hourglass samples"):
        read_samples(tmp_path)
