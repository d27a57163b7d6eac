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

"""Changed pictures with exact labels: landmarks go where the hand goes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hand_tracking_dsp.compression.affine import AffineChange
from hand_tracking_dsp.compression.distillation.exact_augment import augmented

SIZE = 224
NOTHING = AffineChange(0, 0, 0, 0, 0)


def sample() -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Draw each landmark as a blurred dot of its own brightness."""
    x, y = np.meshgrid(np.linspace(60, 160, 7), np.linspace(70, 150, 3))
    points = np.stack([x.ravel(), y.ravel(), np.linspace(-20, 20, 21)], 1).astype(np.float32)
    places = np.arange(SIZE) + 0.5
    near = np.hypot(places - points[:, :1, None], places[:, None] - points[:, 1:2, None]) < 4
    image = (near * (np.arange(21) + 1)[:, None, None]).max(0).astype(np.float32)
    world = (points - points.mean(0)) / 1000
    labels = {"landmarks": points, "world_landmarks": world}
    batch = {name: torch.from_numpy(values).reshape(1, -1) for name, values in labels.items()}
    batch |= {"handedness": torch.ones(1), "palm": torch.full((1,), 50.0), "presence": torch.ones(1)}
    return torch.from_numpy(image).expand(1, 3, SIZE, SIZE), batch


@pytest.mark.parametrize("seed", range(6))
def test_landmarks_go_where_the_picture_goes(seed: int) -> None:
    images, moved = augmented(*sample(), np.random.default_rng(seed))
    for number, (x, y, _) in enumerate(moved["landmarks"].view(21, 3).tolist(), 1):
        assert float(images[0, 0, int(y), int(x)]) == pytest.approx(number, abs=0.01)


def test_without_changes_a_sample_stays_as_it_is() -> None:
    images, labels = sample()
    same, moved = augmented(images, labels, np.random.default_rng(0), NOTHING)
    assert torch.allclose(same, images, atol=1e-3)
    for name, values in labels.items():
        assert torch.allclose(moved[name], values, atol=1e-4)


def test_a_mirrored_hand_is_one_of_the_other_side_in_metres_too() -> None:
    images, labels = sample()
    mirror = AffineChange(0, 0, 0, 0, mirror=1)
    _, moved = augmented(images, labels, np.random.default_rng(0), mirror)
    before, after = (one["world_landmarks"].view(21, 3) for one in (labels, moved))
    assert torch.allclose(after, before * torch.tensor([-1.0, 1, 1]))
    assert float(moved["handedness"]) == 0


def test_a_larger_picture_is_a_nearer_hand_of_the_same_size() -> None:
    images, labels = sample()
    larger = AffineChange(0, 0.3, 0, 0, 0)
    _, moved = augmented(images, labels, np.random.default_rng(0), larger)
    assert torch.allclose(moved["world_landmarks"], labels["world_landmarks"])
    points, before = (one["landmarks"].view(21, 3) for one in (moved, labels))
    grown = (points[-1] - points[0]) / (before[-1] - before[0])
    assert torch.allclose(grown, grown[:1].expand(3), rtol=1e-3)
    assert float(moved["palm"]) == pytest.approx(50 * float(grown[0]), rel=1e-3)


def test_stretching_changes_the_proportions_in_metres() -> None:
    images, labels = sample()
    stretched = AffineChange(0, 0, 0.3, 0, 0)
    _, moved = augmented(images, labels, np.random.default_rng(0), stretched)
    ratio = moved["world_landmarks"].view(21, 3)[0] / labels["world_landmarks"].view(21, 3)[0]
    assert float(ratio[0] * ratio[1]) == pytest.approx(1, rel=1e-3)
    assert abs(float(ratio[0]) - 1) > 0.01
