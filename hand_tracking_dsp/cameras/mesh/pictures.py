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

"""Whole pictures of hands for evaluation: colour, depth and truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import HandTruth
from hand_tracking_dsp.cameras.mesh.catalogue import SPLITS
from hand_tracking_dsp.cameras.mesh.people import People, PeopleOptions
from hand_tracking_dsp.cameras.mesh.poses import RandomPose
from hand_tracking_dsp.cameras.mesh.raster import Raster
from hand_tracking_dsp.cameras.mesh.render import render_mesh
from hand_tracking_dsp.cameras.mesh.scene import PlacedHand, draw_background
from hand_tracking_dsp.cameras.synthetic.background import paint_room, view_room
from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.render import hand_truth
from hand_tracking_dsp.cameras.synthetic.shading import Look
from hand_tracking_dsp.options import option
from hand_tracking_dsp.tracking.depth_view import Intrinsics

Floats32 = NDArray[np.float32]

_FOCAL_PER_WIDTH = 0.9
_ROOMS = 12
_GRAIN = 2.0
"""Standard deviation of the picture's noise, grey levels."""


@dataclass(frozen=True, slots=True)
class PictureOptions(PeopleOptions):
    """Settings of a stream of pictures."""

    width: int = option(640, "Width of a picture.", "px", 64, 4096)
    height: int = option(480, "Height of a picture.", "px", 64, 4096)
    poses: str = option(
        "random",
        "Poses of the first hand: random ones, or the named gestures in turn, exactly.",
        choices=("random", "gestures"),
    )


@dataclass(frozen=True, slots=True)
class HandPicture:
    """A picture of one or two hands with depth and truth.

    Attributes:
        image: uint8 [height, width, 3], BGR.
        metres: float32 [height, width], depth as the sensor gives it; 0 where unknown.
        clean: float32 [height, width], the same without noise.
        camera: Camera of both.
        truth: The hands.
        shapes: Names of the persons' hands.
        poses: Names of the poses: a gesture's, or "tracked " and the number of a tracked one.
        noise: Kind of noise of the depth.
    """

    image: NDArray[np.uint8]
    metres: Floats32
    clean: Floats32
    camera: Intrinsics
    truth: tuple[HandTruth, ...]
    shapes: tuple[str, ...]
    poses: tuple[str, ...]
    noise: str


class PictureStream:
    """Random pictures, any of which can be asked for by its number.

    Args:
        seed: Seed of all that is drawn; two streams of the same seed and options are the same.
        options: Settings; the defaults if None.
    """

    def __init__(self, seed: int, options: PictureOptions | None = None) -> None:
        self.seed = seed
        self.options = options or PictureOptions()
        width, height = self.options.width, self.options.height
        focal = _FOCAL_PER_WIDTH * max(width, height)
        self.camera = Intrinsics(focal, focal, (width - 1) / 2, (height - 1) / 2)
        self._people = People(self.options, (width / 2 / focal, height / 2 / focal), whole=True)

    def __iter__(self) -> Iterator[HandPicture]:
        """Give the pictures from number 0 on, without end."""
        return map(self.picture, count())

    def picture(self, index: int) -> HandPicture:
        """Make a picture.

        Args:
            index: Its number, from 0.
        """
        options = self.options
        random = np.random.default_rng((self.seed, SPLITS.index(options.split), index))
        hands = [self._people.hand(random, self._gesture(index))]
        if random.uniform() < options.second_share:
            hands.append(self._people.beside(random, hands[0][0].joints_m))
        distance_m = float(hands[0][0].joints_m[:, 2].mean())
        image, clean = self._room(random, index, hands[0][0])
        for hand, _ in sorted(hands, key=lambda pair: -float(pair[0].joints_m[:, 2].mean())):
            look = Look.random(random, float(random.uniform()))
            thing = random.uniform(20, 230, 3)
            bgr = (float(thing[0]), float(thing[1]), float(thing[2]))
            render_mesh(hand, look, self.camera, image, clean, bgr)
        grain = (random.standard_normal(image.shape, np.float32) * _GRAIN).astype(np.int16)
        metres, noise = self._people.through_sensor(random, clean, self.camera, distance_m)
        return HandPicture(
            cv2.add(image, grain, dtype=cv2.CV_8U).astype(np.uint8),
            metres,
            clean,
            self.camera,
            tuple(hand_truth(hand.handedness, hand.joints_m, self.camera) for hand, _ in hands),
            tuple(hand.posed.rig.name for hand, _ in hands),
            tuple(pose.name for _, pose in hands),
            noise,
        )

    def _gesture(self, index: int) -> RandomPose | None:
        if self.options.poses == "random":
            return None
        name = list(GESTURES)[index % len(GESTURES)]
        return RandomPose(GESTURES[name], name)

    def _room(
        self, random: np.random.Generator, index: int, hand: PlacedHand
    ) -> tuple[NDArray[np.uint8], Floats32]:
        """Draw a room with things in it: image and depth."""
        options = self.options
        room = paint_room(self.seed, index % _ROOMS, options.width, options.height)
        image = view_room(room, options.width, options.height, float(random.uniform(0, 60)))
        raster = Raster(self.camera, options.width, options.height)
        ends = draw_background(
            random, raster, hand.joints_m.mean(0), float(random.uniform(0.03, 0.3)), options.person_share
        )
        seen = raster.faces >= 0
        metres = raster.metres
        colours = random.uniform(30, 220, (len(ends) + 1, 3))[
            np.searchsorted(ends, raster.faces[seen], "right")
        ]
        steep = np.abs(cv2.Sobel(metres, cv2.CV_32F, 1, 0)) * np.float32(0.125 * self.camera.fx)
        light = 1.0 / (1.0 + steep[seen] / metres[seen])
        image[seen] = (colours * light[:, None]).astype(np.uint8)
        return image, metres
