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

"""Files of hands at rest."""

from __future__ import annotations

import numpy as np

from hand_meshes.rig import Rig, closed, save

CORNERS = np.array([[0.0, 0, 0], [0.08, 0, 0], [0, 0.09, 0], [0, 0, 0.03]])
FACES = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])


def tetrahedron(faces, scale=1.0):
    weights = np.zeros((4, 16))
    weights[:, 3], weights[:, 4] = 0.25, 0.75
    return Rig(
        scale * CORNERS, faces, weights, np.ones((16, 3)), np.tile(np.eye(3), (16, 1, 1)), np.ones((21, 3))
    )


def edges(rig):
    return [(int(a), int(b)) for face in rig.faces for a, b in zip(face, np.roll(face, -1), strict=True)]


def test_an_open_end_is_closed_by_a_fan_of_the_palm():
    whole = closed(tetrahedron(FACES[:3]))
    assert len(whole.faces) == 6
    assert sorted(edges(whole)) == sorted((b, a) for a, b in edges(whole)), "each edge has two sides"
    np.testing.assert_allclose(whole.vertices[4], CORNERS[[0, 2, 3]].mean(0))
    assert whole.weights[4].tolist() == [1.0, *[0.0] * 15]
    shut = tetrahedron(FACES)
    assert closed(shut) is shut


def test_a_file_keeps_what_it_says_it_keeps(tmp_path):
    rigs = [tetrahedron(FACES), tetrahedron(FACES, 0.5)]
    save(tmp_path / "a.npz", rigs)
    save(tmp_path / "b.npz", rigs)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as data:
        kept = {name: data[name] for name in data.files}
    vertices = kept["vertices"] * ((kept["high"] - kept["low"]) / 65535) + kept["low"]
    for found, rig in zip(vertices, rigs, strict=True):
        np.testing.assert_allclose(found, rig.vertices, atol=1e-6)
    np.testing.assert_allclose(kept["weights"] / 255, rigs[0].weights, atol=1 / 255)
    assert kept["landmarks"].shape == (2, 21, 3)
