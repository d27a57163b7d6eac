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

"""Pictures of moving synthetic hands, any of which can be asked for by its number."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.camera import Frame, FrameSource, HandTruth, SourceOptions
from hand_tracking_dsp.cameras.depth_noise import DepthSensor
from hand_tracking_dsp.cameras.synthetic.background import paint_room, view_room
from hand_tracking_dsp.cameras.synthetic.motion import HandPlace, Motion
from hand_tracking_dsp.cameras.synthetic.render import render_hand
from hand_tracking_dsp.cameras.synthetic.shading import Look
from hand_tracking_dsp.cameras.visibility import visible_joints
from hand_tracking_dsp.tracking.depth_view import Intrinsics

_WALL_MM = 1800
_FOCAL_PER_WIDTH = 0.9
"""Focal length in image widths: a webcam's view of 58 degrees."""


class SyntheticScene:
    """One or two hands before a room; frame i depends on the options and i alone.

    Args:
        options: Size, rate, seed, hands, speed, absences, noise and blur, noise of depth.
    """

    def __init__(self, options: SourceOptions) -> None:
        self.options = options
        width, height = options.width, options.height
        focal = _FOCAL_PER_WIDTH * max(width, height)
        self.intrinsics = Intrinsics(focal, focal, (width - 1) / 2, (height - 1) / 2)
        self._motion = Motion(options, (width / 2 / focal, height / 2 / focal))
        random = np.random.default_rng((options.seed, 5))
        grain = random.normal(0.0, options.noise, (height + 64, width + 64, 3))
        self._grain: NDArray[np.int16] = np.rint(grain).astype(np.int16)
        self._sensor = DepthSensor(options.depth_noise, np.random.default_rng((options.seed, 9)))

    def frame(self, index: int, hands_s: float | None = None, room_s: float | None = None) -> Frame:
        """Draw a frame, with depth and the truth of every hand with half its joints in the picture.

        Args:
            index: Number of the frame, from 0; the noise is its own.
            hands_s: Time of the hands' motion, seconds; None: that of the frame. A hand rests while it stays.
            room_s: Time of the room's drift, seconds; None: that of the frame.
        """
        options = self.options
        time_s = index / options.rate_hz
        hands_s = time_s if hands_s is None else hands_s
        number = self._motion.scene_number(hands_s)
        room = paint_room(options.seed, number, options.width, options.height)
        image = view_room(room, options.width, options.height, time_s if room_s is None else room_s)
        depth_mm = np.full(image.shape[:2], _WALL_MM, np.uint16)
        truth: list[HandTruth] = []
        for place in sorted(self._motion.places(hands_s), key=lambda p: -float(p.middle_m[2])):
            look = Look.random(np.random.default_rng((options.seed, 6, number)), place.tone)
            hand = self._render(place, look, number, image, depth_mm)
            if self._in_view(hand) >= 0.5:
                truth.append(hand)
        seen = tuple(replace(hand, visible=self._visible(hand, depth_mm)) for hand in truth)
        return Frame(index, self._through_lens(image, index), seen, self._sensed(depth_mm, index))

    def _render(
        self,
        place: HandPlace,
        look: Look,
        number: int,  # noqa: ARG002
        image: NDArray[np.uint8],
        depth_mm: NDArray[np.uint16],
    ) -> HandTruth:
        """Draw a hand over a picture and its depth, in place; the number is that of the person and room."""
        return render_hand(place, look, self.intrinsics, image, depth_mm)

    def _visible(self, hand: HandTruth, depth_mm: NDArray[np.uint16]) -> NDArray[np.bool_]:
        return visible_joints(hand.joints_m + hand.centre_m, depth_mm, self.intrinsics)

    def _in_view(self, hand: HandTruth) -> float:
        """Give the share of joints inside the picture."""
        x, y, _ = hand.joints_px.T
        inside = (x >= 0) & (x <= self.options.width - 1) & (y >= 0) & (y <= self.options.height - 1)
        return float(inside.mean())

    def _through_lens(self, image: NDArray[np.uint8], index: int) -> NDArray[np.uint8]:
        """Blur a picture and add the sensor's noise."""
        seen = image
        if self.options.blur_px > 0.0:
            seen = cv2.GaussianBlur(seen, (0, 0), self.options.blur_px).astype(np.uint8)
        if self.options.noise > 0.0:
            x, y = np.random.default_rng((self.options.seed, 7, index)).integers(0, 64, 2)
            grain = self._grain[y : y + image.shape[0], x : x + image.shape[1]]
            seen = cv2.add(seen, grain, dtype=cv2.CV_8U).astype(np.uint8)
        return seen

    def _sensed(self, depth_mm: NDArray[np.uint16], index: int) -> NDArray[np.uint16]:
        """Add the depth sensor's noise."""
        if self.options.depth_noise == "none":
            return depth_mm
        random = np.random.default_rng((self.options.seed, 8, index))
        metres = depth_mm.astype(np.float32) * np.float32(1e-3)
        noisy = self._sensor.see(metres, self.intrinsics, random)
        sensed: NDArray[np.uint16] = np.clip(np.rint(noisy * 1e3), 0, 65535).astype(np.uint16)
        return sensed


class SyntheticHandSource(FrameSource):
    """Gives the frames of a SyntheticScene in order, without end; the caller sets the pace.

    Args:
        options: Settings.
        scene: Scene of these options; None: that of the synthetic hand.
        kind: Kind of hand, for people.
    """

    def __init__(
        self, options: SourceOptions, scene: SyntheticScene | None = None, kind: str = "synthetic hand"
    ) -> None:
        self._scene = scene or SyntheticScene(options)
        self._next = 0
        self.name = f"{kind} (seed {options.seed})"
        self.rate_hz = options.rate_hz
        self.width = options.width
        self.height = options.height
        self.intrinsics = self._scene.intrinsics

    def read(self, timeout_s: float = 1.0) -> Frame | None:  # noqa: ARG002
        """Draw the next frame; it is there at once, so the timeout means nothing."""
        frame = self._scene.frame(self._next)
        self._next += 1
        return frame
