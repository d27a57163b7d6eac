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

"""Random hands of many people: who, in which pose, where, from which side."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.depth_noise import DEPTH_NOISES, add_depth_noise
from hand_tracking_dsp.cameras.mesh.catalogue import SPLITS, split_rigs
from hand_tracking_dsp.cameras.mesh.poses import RandomPose, random_pose
from hand_tracking_dsp.cameras.mesh.rig import pose_mesh
from hand_tracking_dsp.cameras.mesh.scene import Arm, PlacedHand, held_solid, place_hand, random_turn
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.options import check_options, check_order, option
from hand_tracking_dsp.tracking.depth_view import Intrinsics

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

VIEWS = ("any", "frontal", "palm")

_REACH_M = 0.11
"""From the middle of the palm to the farthest fingertip of most hands, about."""


@dataclass(frozen=True, slots=True)
class PeopleOptions:
    """Settings of random hands and of the sensor that sees them."""

    split: str = option("train", "People and poses to draw from.", choices=SPLITS)
    views: str = option(
        "any",
        "Views of the hand: any; frontal, palm or back within 45 degrees; palm, upright within 32 degrees.",
        choices=VIEWS,
    )
    noise: str = option(
        "all", "Depth sensor's noise, or each of them in turn.", choices=("all", *DEPTH_NOISES)
    )
    gesture_share: float = option(0.2, "Share of named gestures; else tracked poses.", "", 0, 1)
    held_share: float = option(0.2, "Share of hands that hold something, where the pose allows.", "", 0, 1)
    second_share: float = option(0.12, "Share of pictures with a second hand.", "", 0, 1)
    elbow_share: float = option(0.0, "Share of arms with an upper arm.", "", 0, 1)
    person_share: float = option(0.0, "Share of backgrounds with a person.", "", 0, 1)
    short_range_share: float = option(
        0.0, "Share of noisy depth images that end somewhere behind the hand.", "", 0, 1
    )
    nearest_m: float = option(0.25, "Nearest hand.", "m", 0.1, 10)
    farthest_m: float = option(0.95, "Farthest hand.", "m", 0.1, 10)

    def __post_init__(self) -> None:
        """Raise ConfigurationError where a value cannot work."""
        check_options(self)
        check_order(self, "nearest_m", "farthest_m", equal=True)


class People:
    """Draws hands.

    Args:
        options: Settings.
        half_view: Tangents of half the horizontal and half the vertical angle of view.
        whole: Whether a whole hand is to be in view where that is possible; else its middle.
    """

    def __init__(self, options: PeopleOptions, half_view: tuple[float, float], *, whole: bool) -> None:
        self._options = options
        self._half_view = np.array(half_view)
        self._reach_m = _REACH_M if whole else 0.0
        self._rigs = split_rigs(options.split)

    def hand(
        self, random: np.random.Generator, pose: RandomPose | None = None
    ) -> tuple[PlacedHand, RandomPose]:
        """Draw a hand somewhere in the view.

        Args:
            random: Source of the numbers drawn.
            pose: Its pose; None: a random one.

        Returns:
            The hand in the optical frame, and its pose.
        """
        options = self._options
        rig = self._rigs[int(random.integers(len(self._rigs)))]
        side = Handedness.RIGHT if random.integers(2) else Handedness.LEFT
        pose = pose or random_pose(random, options.split, options.gesture_share)
        held = None
        if random.uniform() < options.held_share:
            held = held_solid(random, rig, pose.angles_deg)
        distance = math.exp(random.uniform(math.log(options.nearest_m), math.log(options.farthest_m)))
        free = np.maximum(self._half_view - self._reach_m / distance, 0.0)
        place = distance * np.append(random.uniform(-free, free), 1.0)
        size, arm = float(random.uniform(0.92, 1.08)), Arm.random(random, options.elbow_share)
        posed = pose_mesh(rig, pose.angles_deg, side)
        return place_hand(posed, self._turn(random), place, size, arm, held), pose

    def beside(self, random: np.random.Generator, joints_m: Floats) -> tuple[PlacedHand, RandomPose]:
        """Draw another hand beside one whose joints [21, 3] are given."""
        other, pose = self.hand(random)
        angle = random.uniform(0.0, 2.0 * np.pi)
        away = random.uniform(0.13, 0.2)
        shift = np.array([away * np.cos(angle), away * np.sin(angle), random.uniform(-0.05, 0.12)])
        shift += joints_m.mean(0) - other.joints_m.mean(0)
        return other.moved(np.eye(3), shift), pose

    def through_sensor(
        self, random: np.random.Generator, metres: Floats32, camera: Intrinsics, hand_m: float
    ) -> tuple[Floats32, str]:
        """Give a depth image as a sensor would, and the kind of its noise.

        Args:
            random: Source of the numbers drawn.
            metres: float32 [height, width].
            camera: The image's camera.
            hand_m: Distance of the hand.
        """
        noise = self._options.noise
        kind = str(random.choice(DEPTH_NOISES)) if noise == "all" else noise
        short = self._options.short_range_share
        if short > 0.0 and kind != "none" and random.uniform() < short:
            metres = np.where(metres < hand_m + random.uniform(0.2, 0.8), metres, np.float32(0.0))
        return add_depth_noise(metres, camera, kind, random, float(random.uniform(0.5, 2.0))), kind

    def _turn(self, random: np.random.Generator) -> Floats:
        if self._options.views == "any":
            return random_turn(random)
        if self._options.views == "palm":
            limits = np.radians([32.0, 20.0, 32.0])
            roll, pitch, yaw = random.uniform(-limits, limits)
            return rotation(float(roll), float(pitch), float(yaw))
        roll, pitch, yaw = random.uniform((-np.pi, -0.78, -0.78), (np.pi, 0.78, 0.78))
        back = np.pi if random.integers(2) else 0.0
        return rotation(float(roll), float(pitch), float(yaw + back))
