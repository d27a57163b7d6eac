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

"""Changed samples: joints go where the hand goes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from hand_tracking_dsp.compression.hourglass.augment import NO_AUGMENTATION, CubeAugmentation, augmented


def dots(joints: np.ndarray) -> np.ndarray:
    """Draw each joint as a dot at its depth, large enough to be found again."""
    image = np.zeros((128, 128), np.uint8)
    for x, y, z in joints:
        centre = (round((x + 1) * 64 - 0.5), round((y + 1) * 64 - 0.5))
        cv2.circle(image, centre, 3, round((z + 1) * 127.5), -1)
    return image


def apart() -> np.ndarray:
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 5), np.linspace(-0.5, 0.5, 5))
    z = np.linspace(-0.5, 0.5, 25)
    return np.stack([x.ravel(), y.ravel(), z], axis=1).astype(np.float32)[:21]


def changed(
    joints: np.ndarray, right: float, change: CubeAugmentation, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, float]:
    """Change one sample; the image comes back in bytes, as it went in."""
    batch = torch.from_numpy(dots(joints))[None], torch.from_numpy(joints)[None], torch.tensor([right])
    depth, moved, side = augmented(*batch, change, np.random.default_rng(seed))
    image = np.rint((depth[0, 0].numpy() + 1) * 127.5).astype(np.uint8)
    return image, moved[0].numpy(), float(side)


@pytest.mark.parametrize("seed", range(6))
def test_joints_go_where_the_picture_goes(seed: int) -> None:
    image, moved, _ = changed(apart(), 1.0, CubeAugmentation(holes=0), seed)
    for x, y, z in moved:
        row, column = round((y + 1) * 64 - 0.5), round((x + 1) * 64 - 0.5)
        assert image[row, column] / 127.5 - 1 == pytest.approx(z, abs=0.02)


def test_a_mirrored_hand_is_one_of_the_other_side() -> None:
    joints = apart()
    image, moved, right = changed(joints, 1.0, CubeAugmentation(0, 0, 0, 0, mirror=1, depth=0, holes=0))
    assert right == 0
    assert np.allclose(moved, joints * [-1, 1, 1])
    assert np.array_equal(image, dots(joints)[:, ::-1])


def test_without_changes_a_sample_stays_as_it_is() -> None:
    joints = apart()
    image, moved, right = changed(joints, 0.0, NO_AUGMENTATION)
    assert np.array_equal(image, dots(joints))
    assert np.allclose(moved, joints, atol=1e-6)
    assert right == 0


def test_a_hole_shows_nothing_and_the_rest_stays() -> None:
    flat = torch.full((8, 128, 128), 200, dtype=torch.uint8)
    nothing = torch.zeros(8, 21, 3), torch.zeros(8)
    change = CubeAugmentation(0, 0, 0, 0, 0, 0, holes=1)
    depth, *_ = augmented(flat, *nothing, change, np.random.default_rng(1))
    assert depth.unique().tolist() == pytest.approx([-1, 200 / 127.5 - 1])
    share = (depth < -0.99).float().mean((1, 2, 3))
    assert (share > 0).all()
    assert (share < np.pi * 10**2 / 128**2).all()


def test_a_hand_of_unknown_side_is_not_mirrored() -> None:
    images = torch.full((2, 128, 128), 9, dtype=torch.uint8)
    joints, sides = torch.full((2, 14, 3), 0.25), torch.tensor([1.0, 0.5])
    change = CubeAugmentation(0, 0, 0, 0, mirror=1, depth=0, holes=0)
    _, moved, right = augmented(images, joints, sides, change, np.random.default_rng(0))
    assert right.tolist() == [0, 0.5]
    assert moved[:, 0, 0].tolist() == pytest.approx([-0.25, 0.25])
