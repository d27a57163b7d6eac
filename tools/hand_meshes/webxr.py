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

"""The skinned hand of WebXR, of its glTF file."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_meshes.rig import KNUCKLES, Floats, Rig, build_rig, palm_turn

FINGERS = ("thumb", "index-finger", "middle-finger", "ring-finger", "pinky-finger")

ALONG_PALM_M = 1e-3 * np.array([11.7, 10.5, 4.4, 4.7, 7.0])
"""Distances from the WebXR wrist and finger MCP joints to MediaPipe's, along wrist to middle MCP (from 35
renders of open hands)."""


def read_webxr(path: Path, mirror: bool) -> Rig:
    """Read a skinned WebXR hand of 25 joints; a left one is mirrored into a right one."""
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[12:16])
    tree, buffer = json.loads(data[20 : 20 + length]), data[28 + length :]

    def values(number: int) -> NDArray[np.generic]:
        accessor = tree["accessors"][number]
        kind = {5126: "<f4", 5121: "u1", 5123: "<u2"}[accessor["componentType"]]
        parts = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[accessor["type"]]
        start = tree["bufferViews"][accessor["bufferView"]].get("byteOffset", 0)
        flat = np.frombuffer(buffer, kind, accessor["count"] * parts, start)
        return flat.reshape(accessor["count"], parts)

    primitive = tree["meshes"][0]["primitives"][0]
    vertices, joints, shares = (
        values(primitive["attributes"][name]).astype(np.float64)
        for name in ("POSITION", "JOINTS_0", "WEIGHTS_0")
    )
    faces = values(primitive["indices"]).astype(np.int64).reshape(-1, 3)
    inverse = values(tree["skins"][0]["inverseBindMatrices"]).astype(np.float64).reshape(-1, 4, 4)
    binds = np.linalg.inv(inverse.transpose(0, 2, 1))
    names = [tree["nodes"][node]["name"] for node in tree["skins"][0]["joints"]]
    place = {name: binds[i, :3, 3] for i, name in enumerate(names)}
    across = {name: -binds[i, :3, 0] for i, name in enumerate(names)}
    weights = np.zeros((len(vertices), 16))
    for slot in range(4):
        bones = np.array([_bone_of_webxr(names[int(joint)]) for joint in joints[:, slot]])
        np.add.at(weights, (np.arange(len(vertices)), bones), shares[:, slot])
    if mirror:
        flip = np.array([-1.0, 1.0, 1.0])
        vertices, faces = vertices * flip, faces[:, ::-1]
        place = {name: point * flip for name, point in place.items()}
        across = {name: -axis * flip for name, axis in across.items()}
    chains = [
        [f"{finger}-{part}" for part in (*_parts(finger), "phalanx-distal", "tip")] for finger in FINGERS
    ]
    turn = palm_turn(np.array([place["wrist"]] + [place[chain[0]] for chain in chains[1:]]))
    vertices, faces, weights = _merge(vertices, faces, weights)
    vertices = (vertices - place["wrist"]) @ turn.T
    points = np.array([[turn @ (place[name] - place["wrist"]) for name in chain] for chain in chains])
    axes = np.array([[turn @ across[name] for name in chain[:3]] for chain in chains])
    rig = build_rig(vertices, faces, weights, points, axes)
    palm = rig.landmarks[9] / np.linalg.norm(rig.landmarks[9])
    rig.landmarks[[0, *KNUCKLES]] += ALONG_PALM_M[:, None] * palm
    return rig


def _parts(finger: str) -> tuple[str, str]:
    thumb = finger == "thumb"
    return ("metacarpal", "phalanx-proximal") if thumb else ("phalanx-proximal", "phalanx-intermediate")


def _bone_of_webxr(name: str) -> int:
    for row, finger in enumerate(FINGERS):
        for number, part in enumerate((*_parts(finger), "phalanx-distal")):
            if name == f"{finger}-{part}":
                return 1 + 3 * row + number
        if name == f"{finger}-tip":
            return 3 + 3 * row
    return 0


def _merge(
    vertices: Floats, faces: NDArray[np.int64], weights: Floats
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Join vertices of one place, which textures had parted."""
    _, first, number = np.unique(np.rint(vertices * 1e6), axis=0, return_index=True, return_inverse=True)
    faces = number.reshape(-1)[faces]
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return vertices[first], faces[whole], weights[first]
