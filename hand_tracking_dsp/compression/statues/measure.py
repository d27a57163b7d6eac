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

"""Errors of landmark networks on rendered statues, against the exact joints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hand_tracking_dsp.cameras.mesh.crops import CropOptions, CropStream, DepthCrop
from hand_tracking_dsp.compression.bank.deviation import Predictions, predict
from hand_tracking_dsp.compression.statues.samples import SIZE, draw
from hand_tracking_dsp.depth.lifting import HandLifter, LiftOptions
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.depth_info import DepthInfo
from hand_tracking_dsp.tracking.depth_level import DEPTH_SHAPE_STD_M, DepthLevel
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import IMAGE_SHAPE_STD_M, Floats, Region, TrackedHand

UNSEEN = CropOptions(size=SIZE, split="test", empty_share=0.1)
"""Crops of people and poses on which nothing was trained or chosen."""

SETS = {
    "unseen people": UNSEEN,
    "unseen people and poses": replace(UNSEEN, gesture_share=0.0),
    "unseen people, frontal": replace(UNSEEN, views="frontal"),
}
"""Sets to measure on, by name; the joints of all are exact."""

# A network that sees depth sees a cube of space, of which a region shows the middle.
_WIDER = 1.6

ERROR = "joint_error_mm"
"""Metric of a level: see StatueErrors.shape_mm."""


@dataclass(frozen=True, slots=True)
class StatueErrors:
    """Results of a network on crops of rendered hands.

    Attributes:
        shape_mm: Mean distance of the world landmarks from the exact joints, both moved to the mean of their
            21 joints.
        placed_mm: Mean distance of the joints from the exact ones in the camera's frame, where HandLifter
            puts them with the depth image; over the hands that it places, NaN where it places none.
        landmarks_percent: Mean distance of the landmarks in the picture, % of the palm in space.
        found_percent: Share of the hands with a presence above 0.5.
        false_percent: Share of the crops without a hand with a presence above 0.5.
        sides_percent: Share of the hands whose side is right.
        hands: Number of hands.
    """

    shape_mm: float
    placed_mm: float
    landmarks_percent: float
    found_percent: float
    false_percent: float
    sides_percent: float
    hands: int


class UnseenHands:
    """Sets of rendered hands to measure networks on.

    Args:
        count: Number of crops of each set.
        seed: Seed of the crops.
    """

    def __init__(self, count: int, seed: int = 0) -> None:
        self._count, self._seed = count, seed

    def errors(
        self, session: Session, names: Iterable[str] = tuple(SETS), depth: DepthInfo | None = None
    ) -> dict[str, StatueErrors]:
        """Measure a network on the sets of these names; one that sees depth, with bank.json's word on it."""
        if depth is not None:
            return self._errors_of_depth(DepthLevel(session, depth), names)
        return {name: measure(session, make_crops(SETS[name], self._count, self._seed)) for name in names}

    def _errors_of_depth(self, level: DepthLevel, names: Iterable[str]) -> dict[str, StatueErrors]:
        """Measure on the same hands, cut wider, since a cube reaches further than the region."""
        result = {}
        for name in names:
            wide = replace(
                SETS[name], scale_low=_WIDER * UNSEEN.scale_low, scale_high=_WIDER * UNSEEN.scale_high
            )
            crops = make_crops(wide, self._count, self._seed)
            result[name] = compare(_seen_in_depth(level, crops), crops, DEPTH_SHAPE_STD_M)
        return result


def make_crops(options: CropOptions, count: int, seed: int = 0) -> list[DepthCrop]:
    """Make the crops of a set."""
    stream = CropStream(seed, options)
    return [stream.crop(number) for number in range(count)]


def measure(session: Session, crops: Sequence[DepthCrop]) -> StatueErrors:
    """Run a landmark network on crops of rendered hands, of which at least one shows a hand."""
    return compare(predict(session, map(draw, crops)), crops)


def _seen_in_depth(level: DepthLevel, crops: Sequence[DepthCrop]) -> Predictions:
    """Run a network that sees depth on the middle of crops."""
    outputs = []
    for crop in crops:
        half = len(crop.metres) / 2
        region = Region(half, half, 2 * half / _WIDER, 0.0)
        found = level.landmarks(DepthView(crop.metres, crop.camera), region)
        outputs.append(
            (
                np.nan_to_num(found.landmarks[None]) * np.float32(SIZE / len(crop.metres)),
                np.array([found.presence], np.float32),
                np.array([found.right], np.float32),
                np.nan_to_num(found.world_landmarks[None]),
            )
        )
    return Predictions.of(outputs)


def compare(
    found: Predictions, crops: Sequence[DepthCrop], shape_std_m: float = IMAGE_SHAPE_STD_M
) -> StatueErrors:
    """Compare what a network found with the exact joints of crops, of which at least one shows a hand."""
    hands = np.array([crop.handedness is not Handedness.UNKNOWN for crop in crops])
    shown = found.presence > 0.5
    shape, placed, moved, sides = np.array(
        [_errors(crop, found, i, shape_std_m) for i, crop in enumerate(crops) if hands[i]], np.float64
    ).T
    return StatueErrors(
        shape_mm=float(shape.mean()),
        placed_mm=float(np.mean(known)) if len(known := placed[np.isfinite(placed)]) else float("nan"),
        landmarks_percent=float(moved.mean()),
        found_percent=100 * float(shown[hands].mean()),
        false_percent=100 * float(shown[~hands].mean()) if not hands.all() else float("nan"),
        sides_percent=100 * float(sides.mean()),
        hands=int(hands.sum()),
    )


def _errors(
    crop: DepthCrop, found: Predictions, index: int, shape_std_m: float
) -> tuple[float, float, float, bool]:
    """Return what StatueErrors says, of one hand."""
    scale = len(crop.metres) / SIZE
    landmarks = found.landmarks[index] * np.float32(scale)
    world, right = found.world_landmarks[index], float(found.handedness[index])
    side = Handedness.RIGHT if right > 0.5 else Handedness.LEFT
    half = len(crop.metres) / 2
    hand = TrackedHand(
        1,
        side,
        max(right, 1 - right),
        1.0,
        landmarks,
        world,
        Region(half, half, 2 * half, 0.0),
        shape_std_m=shape_std_m,
    )
    lifter = HandLifter(LiftOptions(smoothing=False))
    (lifted,) = lifter.lift([hand], DepthView(crop.metres, crop.camera), 0.0)
    palm_px = crop.camera.fx * float(
        np.linalg.norm(crop.joints_m[9] - crop.joints_m[0]) / crop.joints_m[0, 2]
    )
    return (
        mean_mm([world - world.mean(0)], [crop.joints_m - crop.joints_m.mean(0)]),
        mean_mm([lifted.joints_m], [crop.joints_m]),
        100 * float(np.linalg.norm(landmarks[:, :2] - crop.joints_px, axis=1).mean()) / palm_px,
        side is crop.handedness,
    )


def mean_mm(found: Iterable[Floats], exact: Iterable[Floats]) -> float:
    """Return the mean distance of joints, given in metres, in mm."""
    distances = [np.linalg.norm(one - other, axis=1) for one, other in zip(found, exact, strict=True)]
    return 1000 * float(np.mean(distances))
