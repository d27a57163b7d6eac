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

"""How far a network's hands lie from another's."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.compression.bank.deviation import (
    Predictions,
    as_input,
    deviation_palm_percent,
    predict,
)
from hand_tracking_dsp.hand import Joint
from hand_tracking_dsp.tracking.backends.base import TensorSpec
from hand_tracking_dsp.tracking.geometry import mean_distance_palm_percent
from hand_tracking_dsp.tracking.types import Floats


def predictions(landmarks: Floats) -> Predictions:
    count = len(landmarks)
    return Predictions(landmarks, np.ones(count), np.ones(count), landmarks, np.full(count, np.nan))


def hands(count: int, seed: int = 0) -> Floats:
    """Joints anywhere, with palms of some size."""
    joints = np.random.default_rng(seed).uniform(0, 224, (count, 21, 3)).astype(np.float32)
    joints[:, Joint.WRIST, :2] = (100, 200)
    joints[:, Joint.MIDDLE_MCP, :2] = (100, 120)
    return joints


class Echo:
    """A session that puts the mean of its input into every output."""

    inputs = (TensorSpec("image", (1, 3, 8, 8)),)

    def __init__(self) -> None:
        self.seen: list[Floats] = []

    def run(self, tensor: Floats) -> tuple[Floats, ...]:
        self.seen.append(tensor.copy())
        return tuple(np.full((1, size), tensor.mean(), np.float32) for size in (63, 1, 1, 63))


def test_a_network_does_not_deviate_from_itself() -> None:
    same = predictions(hands(3))
    assert deviation_palm_percent(same, same).tolist() == [0, 0, 0]


def test_a_shift_of_a_tenth_of_the_palm_is_ten_percent() -> None:
    joints = hands(2)
    moved = joints.copy()
    moved[1, :, 0] += 8.0  # the palm is 80 pixels long
    found = deviation_palm_percent(predictions(moved), predictions(joints))
    assert found.tolist() == pytest.approx([0, 10], abs=1e-4)


def test_depth_does_not_count() -> None:
    joints = hands(1)
    deeper = joints + np.array([0, 0, 50], np.float32)
    assert deviation_palm_percent(predictions(deeper), predictions(joints))[0] == 0


def test_it_is_the_metric_of_the_evaluation() -> None:
    found, reference = hands(4, seed=1), hands(4, seed=2)
    one_by_one = [mean_distance_palm_percent(a, b) for a, b in zip(found, reference, strict=True)]
    assert deviation_palm_percent(predictions(found), predictions(reference)).tolist() == pytest.approx(
        one_by_one, rel=1e-4
    )


def test_a_palm_of_no_size_gives_a_number() -> None:
    flat = predictions(np.zeros((1, 21, 3), np.float32))
    assert np.isfinite(deviation_palm_percent(predictions(hands(1)), flat)).all()


def test_an_input_is_planes_from_0_to_1() -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    image[0, 5] = (255, 51, 0)
    tensor = as_input(image)
    assert tensor.shape == (1, 3, 4, 6)
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    assert tensor[0, :, 0, 5].tolist() == pytest.approx([1.0, 0.2, 0.0])


def test_predictions_keep_the_order_of_the_crops() -> None:
    session = Echo()
    images = [np.full((8, 8, 3), value, np.uint8) for value in (0, 255, 51)]
    found = predict(session, images)  # type: ignore[arg-type]
    assert found.landmarks.shape == found.world_landmarks.shape == (3, 21, 3)
    assert found.presence.tolist() == pytest.approx([0, 1, 0.2])
    assert len(session.seen) == 3


def test_no_crops_give_no_predictions() -> None:
    found = predict(Echo(), [])  # type: ignore[arg-type]
    assert found.landmarks.shape == (0, 21, 3)
    assert found.handedness.shape == (0,)


def test_a_network_of_another_size_sees_the_crop_scaled_and_answers_in_its_pixels():
    class Small:
        """Stands for a network of 160 pixels: its landmarks are the place of the brightest pixel."""

        inputs = (TensorSpec("image", (1, 160, 160, 3), "uint8"),)

        def run(self, tensor):
            y, x = np.unravel_index(tensor[0].sum(2).argmax(), (160, 160))
            landmarks = np.tile(np.array([x, y, 0], np.float32), 21)[None]
            one = np.ones((1, 1), np.float32)
            return [landmarks, one, one, np.zeros((1, 63), np.float32), one]

    image = np.zeros((224, 224, 3), np.uint8)
    image[98:102, 138:142] = 255
    found = predict(Small(), [image])
    assert np.abs(found.landmarks[0, :, :2] - [140, 100]).max() < 3
    assert found.presence.tolist() == [1.0]
