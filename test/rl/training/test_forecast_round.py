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

"""Training from given weights."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.control.observation import OBSERVATION, POINT_OBSERVATION
from hand_tracking_dsp.rl.training.forecast_data import LabelledObservations
from hand_tracking_dsp.rl.training.forecast_round import (
    Layers,
    RoundOptions,
    first_layers,
    loss_of,
    train_layers,
)


def observations() -> LabelledObservations:
    random = np.random.default_rng(0)
    points = random.random((128, 3, len(POINT_OBSERVATION)), np.float32)
    seen = random.random((128, len(OBSERVATION)), np.float32)
    return LabelledObservations(seen, points, points[..., :3], np.zeros(128, np.int64))


def distance(first: Layers, second: Layers) -> float:
    pairs = zip(first, second, strict=True)
    return float(sum(np.square(one[0] - other[0]).sum() for one, other in pairs))


def test_a_training_goes_on_from_the_weights_it_is_given() -> None:
    data, first = observations(), first_layers(0)
    once, _ = train_layers(first, data, RoundOptions(epochs=2))
    twice, _ = train_layers(once, data, RoundOptions(epochs=2, seed=1))
    assert loss_of(first, data) > loss_of(once, data) > loss_of(twice, data)


def test_the_given_weights_stay_as_they_are() -> None:
    first = first_layers(0)
    before = [(weight.copy(), bias.copy()) for weight, bias in first]
    train_layers(first, observations(), RoundOptions(epochs=1))
    assert distance(first, tuple(before)) == 0


def test_the_proximal_term_keeps_them_near() -> None:
    data, first = observations(), first_layers(0)
    free, near = (train_layers(first, data, RoundOptions(epochs=4, proximal=mu))[0] for mu in (0.0, 10.0))
    assert distance(first, near) < 0.5 * distance(first, free)
