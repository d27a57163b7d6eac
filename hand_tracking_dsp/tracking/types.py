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

"""Value types of the tracking room."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.hand import JOINT_COUNT, Handedness

Image = NDArray[np.uint8]
"""An image, uint8 [height, width, 3]; the order of its channels is said by a ChannelOrder."""

Floats = NDArray[np.float32]

ChannelOrder = Literal["rgb", "bgr"]

IMAGE_SHAPE_STD_M = 0.03
"""Deviation of a bone's extent along the optical axis where a network sees no depth, metres."""


@dataclass(frozen=True, slots=True)
class Region:
    """A square of the image, possibly turned, that a landmark network looks at.

    Attributes:
        x: Centre, pixels from the left border.
        y: Centre, pixels from the top border.
        size: Side, pixels, above 0.
        rotation: Radians, clockwise as seen in the image; 0 = fingers point up.
    """

    x: float
    y: float
    size: float
    rotation: float


@dataclass(frozen=True, slots=True)
class PalmDetection:
    """A palm found by the detector.

    Attributes:
        score: Probability of a palm, 0 to 1.
        box: float32 [4]: left, top, right, bottom, pixels of the image.
        keypoints: float32 [7, 2]: wrist, index, middle, ring and pinky MCP, thumb CMC, thumb MCP,
            pixels of the image.
    """

    score: float
    box: Floats
    keypoints: Floats


@dataclass(frozen=True, slots=True)
class HandLandmarks:
    """Result of the landmark network for one region.

    Attributes:
        presence: Probability that the region shows a hand, 0 to 1.
        right: Probability that it is a person's right hand in an unmirrored image, 0 to 1.
        landmarks: float32 [21, 3]: x, y in pixels of the image, z in the same scale relative to the
            wrist, smaller is nearer to the camera.
        world_landmarks: float32 [21, 3]: metres from the hand's own centre, axes of the image
            (x right, y down, z away from the camera).
        region: The region the network saw.
        input_mean: Mean of the network's input, 0 to 1, from a sixteenth of its pixels.
        input_std: Standard deviation of the network's input, 0 to 1, from the same pixels.
        shape_std_m: Deviation of a bone's extent along the optical axis in world_landmarks, metres.
        error_percent: Expected deviation of the landmarks, % of palm; NaN where the level does not say it.
        input_sharpness: Mean square of the difference of neighbouring pixels among these, in the direction in
            which they differ least, relative to that of any two: about 1 for noise, 0.1 for a hand, less
            where it is blurred, 0 for one colour; NaN where it is not known.
    """

    presence: float
    right: float
    landmarks: Floats
    world_landmarks: Floats
    region: Region
    input_mean: float
    input_std: float
    shape_std_m: float = IMAGE_SHAPE_STD_M
    error_percent: float = math.nan
    input_sharpness: float = math.nan

    @classmethod
    def nothing(cls, region: Region) -> HandLandmarks:
        """Return the result for a region of which nothing is known: presence 0, landmarks NaN."""
        unknown: Floats = np.full((JOINT_COUNT, 3), np.nan, np.float32)
        return cls(0.0, 0.5, unknown, unknown, region, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class TrackedHand:
    """A hand followed from frame to frame.

    Attributes:
        track_id: Counts from 1; a hand that is found again within a second of its loss keeps it.
        handedness: Side of the person's body.
        handedness_score: Probability of that side, 0.5 to 1.
        presence: Probability that the region shows a hand, 0 to 1.
        landmarks: float32 [21, 3], as in HandLandmarks, smoothed if the tracker smooths.
        world_landmarks: float32 [21, 3], as in HandLandmarks, smoothed if the tracker smooths.
        region: The region the network saw.
        measured: Whether the network saw it on this frame; else it was predicted from earlier ones.
        measurement_age_s: Time since the image in which the network saw it last, seconds; 0 where measured.
        shape_std_m: As in HandLandmarks.
        error_percent: Expected deviation of the landmarks, % of palm, as the network said when it saw it
            last; NaN where the level does not say it.
    """

    track_id: int
    handedness: Handedness
    handedness_score: float
    presence: float
    landmarks: Floats
    world_landmarks: Floats
    region: Region
    measured: bool = True
    measurement_age_s: float = 0.0
    shape_std_m: float = IMAGE_SHAPE_STD_M
    error_percent: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameStats:
    """Cost of one frame; NaN = not measured or not known.

    Attributes:
        requested_level: Level asked for; 0 = dense.
        level: Level that ran (the sparsest of the bank where it has no such level); higher = sparser.
        sparsity: Share of the dense network's parameters removed at that level, 0 to 1.
        detection_ms: Palm detection on the way of the hands, milliseconds; 0 where it did not run there.
        landmarks_ms: Landmark network with cropping and projection, all hands, milliseconds.
        total_ms: From taking the image to the hands, milliseconds.
        detector_ran: Whether the palm detector ran for this frame, on the way of the hands or beside them.
        aside_ms: Palm detection beside the hands whose palms were looked at here, milliseconds; 0: none.
        predicted: Hands that were held, not measured.
        reflex: Whether a sparser level ran than the one asked for, for want of time.
        commanded_ms: total_ms as it would have been at the level asked for: an estimate where reflex is true,
            else total_ms.
        presence: Lowest presence of the hands in view, 0 to 1; NaN without a hand.
        input_mean: Mean of the landmark network's inputs, 0 to 1; NaN where it did not run.
        input_std: Mean of their standard deviations, 0 to 1; NaN where it did not run.
        input_sharpness: Mean of their sharpness; see HandLandmarks. NaN where it did not run.
        keep: Where a composed network ran in the place of the level, the share of hidden channels that stays
            in each of its blocks, %; empty: the level itself ran.
        keep_time: Time of that network, relative to the dense level's, as it was measured; NaN: none ran.
        smoothing_residual: How far smoothing moved the landmarks, mean over joints and hands, % of palm
            size; NaN without a hand or without smoothing.
        provider: Backend and execution provider of the landmark networks, "backend/provider"; see
            LevelBank.provider.
    """

    requested_level: int = 0
    level: int
    sparsity: float = math.nan
    detection_ms: float = math.nan
    landmarks_ms: float = math.nan
    total_ms: float = math.nan
    detector_ran: bool = False
    aside_ms: float = 0.0
    predicted: int = 0
    reflex: bool = False
    commanded_ms: float = math.nan
    presence: float = math.nan
    input_mean: float = math.nan
    input_std: float = math.nan
    input_sharpness: float = math.nan
    keep: tuple[int, ...] = ()
    keep_time: float = math.nan
    smoothing_residual: float = math.nan
    provider: str = ""


@dataclass(frozen=True, slots=True)
class FrameResult:
    """Result of the tracker for one frame.

    Attributes:
        hands: The hands, ordered by track_id.
        stats: What they cost.
        raw: What the network said of each of them, in the same order, before smoothing; of a hand that was
            held, what it is expected to say.
    """

    hands: tuple[TrackedHand, ...]
    stats: FrameStats
    raw: tuple[HandLandmarks, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift of a frame; by default it is not known.

    Attributes:
        drift: Mean distance of the landmarks from the dense level's, % of the dense palm size; 0 at the
            dense level, where no hand is held; NaN where it is not known.
        drift_sparser: Where it is 0, that distance of the next sparser one; NaN at other levels,
            where there is no sparser one, and where it was not measured.
        ms: What the measurement took, milliseconds; 0 where there was none.
        estimated: Whether drift is what the level says of itself, not measured.
    """

    drift: float = math.nan
    drift_sparser: float = math.nan
    ms: float = 0.0
    estimated: bool = False
