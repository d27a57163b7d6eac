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

"""A WebXR hand of 25 joints, written by the test, becomes a right hand of 16 bones and 21 landmarks."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from hand_meshes.webxr import ALONG_PALM_M, read_webxr
from hand_tracking_dsp.cameras.synthetic import pose_hand
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.hand import FINGERS, Joint

NAMES = ("thumb", "index-finger", "middle-finger", "ring-finger", "pinky-finger")
PARTS = ("phalanx-proximal", "phalanx-intermediate", "phalanx-distal", "tip")
TURN, PLACE = rotation(0.3, 0.2, -0.4), np.array([0.4, 1.1, -0.2])
MIRROR = np.diag([-1.0, 1.0, 1.0])
SMALL = 0.002 * np.array([[1.0, 0, 0], [-1, 0, 1], [-1, 0, -1]])
JOINTS = pose_hand(np.zeros((5, 4))).joints


def joints_by_name():
    """Give the place of each joint in the hand frame."""
    places = {"wrist": JOINTS[Joint.WRIST]}
    for name, finger in zip(NAMES, FINGERS, strict=True):
        parts = ("metacarpal", "phalanx-proximal", "phalanx-distal", "tip") if name == "thumb" else PARTS
        places |= {f"{name}-{part}": JOINTS[joint] for part, joint in zip(parts, finger, strict=True)}
        if name != "thumb":
            places[f"{name}-metacarpal"] = 0.3 * JOINTS[finger[0]]
    return places


def write_glb(path, seam=False, left=False):
    """Write a tetrahedron around each joint as one skinned mesh, in a frame of its own."""
    places = joints_by_name()
    base = MIRROR @ TURN if left else TURN
    vertices, owners, faces = [], [], []
    for number, (name, place) in enumerate(places.items()):
        finger = name.rpartition("-phalanx")[0] or name.removesuffix("-tip").removesuffix("-metacarpal")
        along = np.array([0.0, 1.0, 0.0])
        if finger == "thumb":
            along = JOINTS[Joint.THUMB_TIP] - JOINTS[Joint.THUMB_IP]
            along = along / np.linalg.norm(along)
        start = len(vertices)
        vertices += [base @ (place + corner) + PLACE for corner in (*SMALL, 0.005 * along)]
        owners += [number] * 4
        faces += [[start + i for i in face] for face in ((0, 1, 2), (0, 3, 1), (1, 3, 2), (2, 3, 0))]
    if seam:  # textures part a vertex in two
        vertices.append(vertices[0])
        owners.append(owners[0])
        faces[0] = [len(vertices) - 1, *faces[0][1:]]
    binds = np.tile(np.eye(4), (len(places), 1, 1))
    for bind, place in zip(binds, places.values(), strict=True):
        bind[:3, :3] = base @ np.diag([1.0 if left else -1.0, 1.0, -1.0])
        bind[:3, 3] = base @ place + PLACE
    count = len(vertices)
    parts = [
        (np.array(vertices, "<f4"), 5126, "VEC3", count),
        (np.array([[one, 0, 0, 0] for one in owners], "u1"), 5121, "VEC4", count),
        (np.tile(np.array([1, 0, 0, 0], "<f4"), (count, 1)), 5126, "VEC4", count),
        (np.array([face[::-1] if left else face for face in faces], "<u2"), 5123, "SCALAR", 3 * len(faces)),
        (np.linalg.inv(binds).transpose(0, 2, 1).astype("<f4"), 5126, "MAT4", len(binds)),
    ]
    buffer, views = b"", []
    for values, *_ in parts:
        views.append({"byteOffset": len(buffer)} if buffer else {})
        buffer += values.tobytes()
        buffer += b"\0" * (-len(buffer) % 4)
    tree = {
        "accessors": [
            {"bufferView": number, "componentType": kind, "type": form, "count": length}
            for number, (_, kind, form, length) in enumerate(parts)
        ],
        "bufferViews": views,
        "meshes": [
            {"primitives": [{"attributes": {"POSITION": 0, "JOINTS_0": 1, "WEIGHTS_0": 2}, "indices": 3}]}
        ],
        "skins": [{"inverseBindMatrices": 4, "joints": list(range(len(places)))}],
        "nodes": [{"name": name} for name in places],
    }
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    chunks = (
        struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(buffer), b"BIN\0") + buffer
    )
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks)
    return path


def test_its_landmarks_are_mediapipes_in_the_hand_frame(tmp_path):
    rig = read_webxr(write_glb(tmp_path / "right.glb"), mirror=False)
    moved = [Joint.WRIST, *(finger[0] for finger in FINGERS[1:])]
    others = np.setdiff1d(np.arange(21), moved)
    np.testing.assert_allclose(rig.landmarks[others], JOINTS[others], atol=2e-4)
    away = rig.landmarks[moved] - JOINTS[moved]
    np.testing.assert_allclose(np.linalg.norm(away, axis=1), ALONG_PALM_M, atol=1e-5)
    assert (away[:, 1] > 0).all(), "towards the fingers"
    np.testing.assert_allclose(rig.heads[1::3], JOINTS[[finger[0] for finger in FINGERS]], atol=1e-6)


def test_each_vertex_moves_with_the_bone_of_its_joint(tmp_path):
    rig = read_webxr(write_glb(tmp_path / "right.glb"), mirror=False)
    assert (rig.weights.sum(1) == 1).all()
    # Four vertices a joint: wrist and four metacarpals are the palm's, distal phalanx and tip one bone's.
    assert (rig.weights == 1).sum(0).tolist() == [20, *[4, 4, 8] * 5]
    middle = 1 + 3 * 2
    np.testing.assert_allclose(rig.frames[middle], np.eye(3), atol=1e-6)


def test_a_left_hand_is_mirrored_into_the_right_one(tmp_path):
    right = read_webxr(write_glb(tmp_path / "right.glb"), mirror=False)
    left = read_webxr(write_glb(tmp_path / "left.glb", left=True), mirror=True)
    for name in ("landmarks", "heads", "frames"):
        np.testing.assert_allclose(getattr(left, name), getattr(right, name), atol=1e-5, err_msg=name)
    for rig in (left, right):
        a, b, c = (rig.vertices[rig.faces[:, corner]] for corner in range(3))
        volume = np.einsum("ni,ni->", a, np.cross(b, c))
        assert volume > 0, "faces are seen from outside"


@pytest.mark.parametrize("seam", [False, True])
def test_vertices_that_textures_parted_are_one(tmp_path, seam):
    rig = read_webxr(write_glb(tmp_path / "right.glb", seam=seam), mirror=False)
    assert (len(rig.vertices), len(rig.faces)) == (100, 100)
