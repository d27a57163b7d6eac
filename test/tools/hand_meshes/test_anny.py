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

"""Hands of Anny's layout, made of the package's own, become hands of the same joints."""

from __future__ import annotations

import numpy as np
import pytest

from hand_meshes.anny import read_anny
from hand_meshes.rig import Rig
from hand_tracking_dsp.cameras.mesh.catalogue import rigs
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation

SCALES = (1.0, 0.7)


@pytest.fixture
def example():
    """Give the WebXR hand of the package."""
    rig = rigs()[0]
    vertices, weights = rig.vertices.astype(np.float64), rig.weights.astype(np.float64)
    return Rig(vertices, rig.faces, weights, rig.heads.copy(), rig.frames.copy(), rig.landmarks.copy())


@pytest.fixture
def people(tmp_path, example):
    """Give the file of an adult and a child with that hand, somewhere in space."""
    labels = ["wrist.R", *(f"finger{1 + bone // 3}-{1 + bone % 3}.R" for bone in range(15))]
    turn, place = rotation(0.1, -0.5, 2.0), np.array([0.7, 1.0, 0.1])

    def placed(points):
        return np.stack([scale * points @ turn.T + place for scale in SCALES])

    heads = np.concatenate([np.zeros((1, 3)), example.heads[1:]])
    path = tmp_path / "anny.npz"
    np.savez(
        path,
        V=placed(example.vertices).astype(np.float32),
        F=example.faces,
        H=placed(heads),
        W=example.weights,
        labels=np.array(labels),
    )
    return path


def test_joints_lie_where_they_are_in_the_example_in_proportion(people, example):
    for rig, scale in zip(read_anny(people, example), SCALES, strict=True):
        away = np.linalg.norm(rig.landmarks / scale - example.landmarks, axis=1)
        # The thumb's base is moved by what Anny's lies off, tips are found anew in the skin.
        assert away[1] < 0.010
        assert np.delete(away, 1).max() < 0.006
        np.testing.assert_allclose(np.linalg.norm(rig.frames, axis=1), 1.0, atol=1e-6)
        assert np.linalg.det(rig.frames) == pytest.approx(1.0)
        np.testing.assert_allclose(rig.weights, example.weights, atol=1e-6)


def test_the_example_stays_as_it_is(people, example):
    before = example.landmarks.copy()
    read_anny(people, example)
    np.testing.assert_array_equal(example.landmarks, before)
