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

"""Inputs of other sizes, and landmarks in their pixels."""

from __future__ import annotations

import numpy as np
from support.networks import make_small_network

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.input_size import scale_landmarks, with_input_size


def test_the_input_of_a_network_takes_any_size():
    session = open_exact(with_input_size(make_small_network(1), 192))
    assert session.run(np.zeros((1, 3, 192, 192), np.float32))[0].shape == (1, 63)


def test_landmarks_are_scaled_and_nothing_else():
    model = make_small_network(1)
    image = np.random.default_rng(0).random((1, 3, 224, 224), np.float32)
    before = open_exact(model).run(image)
    scale_landmarks(model, 0.5)
    after = open_exact(model).run(image)
    assert np.allclose(after[0], 0.5 * before[0], rtol=1e-5)
    assert all(np.array_equal(a, b) for a, b in zip(before[1:], after[1:], strict=True))
