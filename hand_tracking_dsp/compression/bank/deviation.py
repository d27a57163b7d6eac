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

"""Deviation of a network's hands from another network's, on the same crops.

Agreement with the dense network, never accuracy: these pictures have no ground truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.data.depth_bytes import to_depth
from hand_tracking_dsp.hand import JOINT_COUNT, Joint
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.geometry import in_size
from hand_tracking_dsp.tracking.network_input import NetworkInput
from hand_tracking_dsp.tracking.soundness import is_possible_error, is_usable, unusable_output
from hand_tracking_dsp.tracking.types import Floats
from hand_tracking_dsp.tracking.votes import joints_of

_NAMES = tuple(name for name, _ in LANDMARKS.outputs)


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predictions of a landmark network.

    Where an output cannot be used there is no hand, as in the tracker: presence is 0, and the landmarks are
    NaN.

    Attributes:
        landmarks: float32 [n, 21, 3], pixels of the crop.
        presence: float32 [n], 0 to 1.
        handedness: float32 [n], probability of a right hand.
        world_landmarks: float32 [n, 21, 3], metres.
        error_percent: float32 [n], expected deviation of the landmarks, % of palm; NaN where the network
            does not say it.
    """

    landmarks: Floats
    presence: Floats
    handedness: Floats
    world_landmarks: Floats
    error_percent: Floats

    @property
    def unusable(self) -> NDArray[np.bool_]:
        """Tell of which crops no landmarks are known, bool [n]."""
        return np.asarray(np.isnan(self.landmarks).any(axis=(1, 2)))

    @classmethod
    def of(cls, outputs: Sequence[Sequence[Floats]]) -> Predictions:
        """Put together the outputs of single crops, each in the order of tracking.contract.LANDMARKS."""
        landmarks, presence, handedness, world, *more = (
            np.concatenate(column) if column else np.empty((0, 1), np.float32)
            for column in (zip(*outputs, strict=True) if outputs else ((), (), (), ()))
        )
        joints = (len(outputs), JOINT_COUNT, 3)
        error = more[0] if more else np.full(len(outputs), np.nan, np.float32)
        return cls(
            landmarks.reshape(joints),
            presence.reshape(-1),
            handedness.reshape(-1),
            world.reshape(joints),
            error.reshape(-1),
        )

    def subset(self, places: NDArray[np.int64]) -> Predictions:
        """Return those at some places."""
        return Predictions(*(getattr(self, one.name)[places] for one in fields(self)))


def as_input(image: NDArray[np.uint8]) -> Floats:
    """Turn a crop into an input.

    Args:
        image: uint8 [height, width, 3], RGB; or depth as bytes, uint8 [height, width].

    Returns:
        float32 [1, 3, height, width], 0 to 1; or float32 [1, 1, height, width], -1 to 1.
    """
    if image.ndim == 2:
        return to_depth(image)[None, None]
    planes: Floats = np.ascontiguousarray(image.transpose(2, 0, 1)[None], dtype=np.float32)
    planes *= np.float32(1 / 255)
    return planes


def predict(session: Session, images: Iterable[NDArray[np.uint8]]) -> Predictions:
    """Run a landmark network on crops, uint8 [side, side, 3] each, RGB.

    Where its input has another size, it sees what the tracker would have cut out in that size, and its
    landmarks are given in pixels of the crops.
    """
    tensor, size = NetworkInput(session), session.inputs[0].shape[2]
    outputs = []
    for image in images:
        landmarks, *others = _usable(session.run(tensor.fill(in_size(image, size), "rgb")))
        outputs.append([landmarks * np.float32(len(image) / size), *others[:4]])
    return Predictions.of(outputs)


def predict_depth(session: Session, depths: NDArray[np.uint8]) -> Predictions:
    """Run a landmark network that sees depth on cubes.

    Args:
        session: The opened network; it finds the package's joints.
        depths: uint8 [n, size, size], depth as bytes.

    Returns:
        Landmarks in pixels of the cube's front, world landmarks in halves of its side; 0 where
        it shows nothing, NaN where an output cannot be used.
    """
    half = depths.shape[-1] / 2
    outputs = []
    for depth in depths:
        maps = session.run(as_input(depth))
        *_, presence, right = maps
        if all(map(is_usable, maps)):
            joints = np.nan_to_num(joints_of(maps))
        else:
            joints = np.full((JOINT_COUNT, 3), np.nan, np.float32)
            presence, right = np.zeros_like(presence), np.full_like(right, 0.5)
        outputs.append((((joints + 1) * np.float32(half))[None], presence, right, joints[None]))
    return Predictions.of(outputs)


def _usable(outputs: Sequence[Floats]) -> Sequence[Floats]:
    """Return the outputs of a landmark network on a crop, or what says that they cannot be used."""
    landmarks, presence, right, world, *more = outputs[:5]
    if unusable_output(_NAMES, outputs):
        nothing, unknown = np.full_like(landmarks, np.nan), np.full_like(world, np.nan)
        return (nothing, np.zeros_like(presence), np.full_like(right, 0.5), unknown, *_not_said(more))
    return outputs if all(is_possible_error(one.item()) for one in more) else (*outputs[:4], *_not_said(more))


def _not_said(errors: Sequence[Floats]) -> list[Floats]:
    return [np.full_like(one, np.nan) for one in errors]


def deviation_palm_percent(found: Predictions, reference: Predictions) -> Floats:
    """Measure each crop's deviation: 100 mean_j |p_j - r_j| / |r_wrist - r_middle MCP|, in x and y.

    The same formula as tracking.geometry.mean_distance_palm_percent, for many crops at once.

    Returns:
        float32 [n], % of the reference's palm size.
    """
    distance = np.linalg.norm(found.landmarks[:, :, :2] - reference.landmarks[:, :, :2], axis=2).mean(axis=1)
    palm = np.linalg.norm(
        reference.landmarks[:, Joint.WRIST, :2] - reference.landmarks[:, Joint.MIDDLE_MCP, :2], axis=1
    )
    result: Floats = (100 * distance / np.maximum(palm, np.float32(1e-6))).astype(np.float32)
    return result
