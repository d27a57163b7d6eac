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

"""Synthetic hands to measure with and to learn from."""

import numpy as np

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.data.pictures import list_pictures
from hand_tracking_dsp.compression.data.synthetic import draw_pictures, synthetic_hands
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session


def test_the_truth_is_where_the_dense_network_sees_the_hand():
    crops, truth = synthetic_hands(10)
    dense = share_path("models", "mediapipe", "hand_full.onnx").read_bytes()
    found = predict(open_session(dense, "dense", RuntimeOptions(precision="fp32")), crops.images)
    seen = found.presence > 0.5
    assert seen.sum() >= 8
    assert np.median(np.linalg.norm(found.landmarks[:, :, :2] - truth, axis=2).mean(1)[seen]) < 12
    assert len(set(crops.groups)) == 2


def test_the_seed_moves_the_regions():
    (first, _), (again, _), (other, _) = (synthetic_hands(2, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)


def test_drawn_pictures_are_kept(tmp_path):
    draw_pictures(tmp_path / "new", 2)
    first = list_pictures(tmp_path / "new")
    first[0].path.write_bytes(b"kept")
    draw_pictures(tmp_path / "new", 3)
    assert len(list_pictures(tmp_path / "new")) == 3
    assert first[0].path.read_bytes() == b"kept"
    assert first[1].read().shape == (480, 640, 3)
