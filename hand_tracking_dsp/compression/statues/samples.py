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

"""Crops of rendered hands, drawn as statues, with exact labels in the form of the networks' outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.crops import CropOptions, CropStream, DepthCrop
from hand_tracking_dsp.depth.statue import LAMP, StatuePainter
from hand_tracking_dsp.hand import JOINT_COUNT, Handedness, Joint
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import Floats, Image

SIZE = LANDMARKS.size

SIDES_PX = (112, 160, 224)
"""Sides of the crops in the depth image; a tracker enlarges them to the network's."""

CENTRE = (Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP)
"""Joints whose mean lies in the origin of MediaPipe's world landmarks, to within 6 mm."""

_Z_SHARE = 0.4
"""Scale of the landmarks' z, against that of x; see tracking.bank."""

Labels = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class StatueRecipe:
    """Ingredients of training samples.

    Attributes:
        seed: Seed of all that is drawn.
        split: People and poses to draw from, as CropOptions.split.
        empty: Share of crops without a hand.
        shift: Largest shift of a crop, as a share of its side.
        turn_deg: Largest turn of a crop, degrees.
        gestures: Share of named gestures; the others are poses tracked on a person.
        views: Views of the hand, as CropOptions.views.
        shard: Number of samples in one file.
    """

    seed: int = 0
    split: str = "train"
    empty: float = 0.1
    shift: float = 0.12
    turn_deg: float = 30.0
    gestures: float = 0.2
    views: str = "any"
    shard: int = 1024

    def maker(self) -> Callable[[int], tuple[Image, Labels]]:
        """Prepare what makes sample i: uint8 [224, 224, 3] RGB, and its labels."""
        streams = [
            CropStream(
                self.seed,
                CropOptions(
                    size=side,
                    split=self.split,
                    empty_share=self.empty,
                    shift=self.shift,
                    turn_deg=self.turn_deg,
                    gesture_share=self.gestures,
                    views=self.views,
                ),
            )
            for side in SIDES_PX
        ]

        def make(number: int) -> tuple[Image, Labels]:
            crop = streams[number % len(streams)].crop(number)
            turn = np.random.default_rng((self.seed, number)).uniform(0, 2 * math.pi)
            return draw(crop, float(turn)), labels_of(crop)

        return make


def draw(crop: DepthCrop, turn_rad: float = 0.0) -> Image:
    """Draw a crop as the tracker would cut it out of a statue.

    Args:
        crop: The crop.
        turn_rad: Rotation of the tracker's region, and so of the lamp against the crop.

    Returns:
        uint8 [224, 224, 3], RGB.
    """
    across, down, near = LAMP
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)
    lamp = np.array([cos * across + sin * down, cos * down - sin * across, near])
    statue = StatuePainter(lamp=lamp).draw(DepthView(crop.metres, crop.camera))
    image: Image = cv2.resize(statue, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    return image


def labels_of(crop: DepthCrop) -> Labels:
    """Return the exact labels of a crop, as distillation.samples.Labels; zeros without a hand."""
    present = crop.handedness is not Handedness.UNKNOWN
    joints = np.where(np.isnan(crop.joints_m), 1.0, crop.joints_m).astype(np.float32)
    pixels = crop.joints_px * np.float32(SIZE / len(crop.metres))
    landmarks, palm = in_crop(joints, pixels, crop.camera.fx * SIZE / len(crop.metres))
    world = joints - joints[list(CENTRE)].mean(0)
    shown = np.float32(present)
    return {
        "landmarks": np.nan_to_num(landmarks).reshape(-1) * shown,
        "world_landmarks": world.reshape(-1) * shown,
        "presence": shown.reshape(()),
        "handedness": np.float32(crop.handedness is Handedness.RIGHT if present else 0.5).reshape(()),
        "truth": np.full((JOINT_COUNT, 2), np.nan, np.float32),
        "palm": np.float32(palm).reshape(()),
    }


def in_crop(joints_m: Floats, pixels: Floats, focal_px: float) -> tuple[Floats, float]:
    """Return joints as landmarks of the network's input, and the size of the palm there.

    Args:
        joints_m: float32 [21, 3], metres in the optical frame.
        pixels: float32 [21, 2], pixels of the input.
        focal_px: Focal length of the input's camera, pixels.

    Returns:
        float32 [21, 3], z from the wrist on at MediaPipe's scale; distance from wrist to middle MCP in space
        at the wrist's distance, pixels.
    """
    scale = focal_px / float(joints_m[Joint.WRIST, 2])
    depth = (joints_m[:, 2:] - joints_m[Joint.WRIST, 2:]) * np.float32(_Z_SHARE * scale)
    palm = float(np.linalg.norm(joints_m[Joint.MIDDLE_MCP] - joints_m[Joint.WRIST])) * scale
    return np.hstack([pixels, depth]).astype(np.float32), palm
