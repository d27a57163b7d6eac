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

"""Rendered gestures before tracker and lifter: how far joints in space lie from their true places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.depth_noise import add_depth_noise
from hand_tracking_dsp.cameras.mesh.render import render_mesh
from hand_tracking_dsp.cameras.mesh.rig import HandRig, pose_mesh
from hand_tracking_dsp.cameras.mesh.scene import Arm, place_hand
from hand_tracking_dsp.cameras.synthetic.background import paint_room, view_room
from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.shading import Look
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.depth.flesh import flesh_before
from hand_tracking_dsp.depth.lifting import HandLifter, LiftOptions
from hand_tracking_dsp.depth.statue import StatuePainter
from hand_tracking_dsp.evaluation.stills import find_hand
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.types import Floats, Image, TrackedHand

VIEWS_DEG = ((0, 0, 0), (10, 0, 40), (-10, 0, -40), (15, 30, 0), (0, 0, 180))
"""Roll, pitch and yaw of the hands, degrees: from the front, both sides, above and the back."""

_CAMERA = Intrinsics(576.0, 576.0, 319.5, 239.5)
_WIDTH, _HEIGHT = 640, 480
_WALL_M = 1.2
_WINDOW = 2
"""Pixels on each side of a landmark of which the plain median is taken."""

_SEEN_M: Floats = np.float32(1e-3) * np.array(
    [
        *(50.0, 47.0, 29.0, 24.5, 14.45),
        *(30.5, 23.0, 19.25, 15.5),
        *(38.0, 23.0, 19.25, 16.25),
        *(34.25, 20.0, 16.25, 15.5),
        *(27.5, 17.75, 15.5, 14.0),
    ],
    np.float32,
)
"""Most that may lie before a joint that is visible: one and a half times an adult's flesh there, and 5 mm."""


@dataclass(frozen=True, slots=True)
class GestureSample:
    """A rendered gesture.

    Attributes:
        image: uint8 [h, w, 3], BGR.
        view: Depth as the sensor gives it.
        landmarks_px: float32 [21, 2], true places in the image, pixels.
        joints_m: float32 [21, 3], true places, metres.
        visible: bool [21], joints that no other part of the hand hides.
    """

    image: Image
    view: DepthView
    landmarks_px: Floats
    joints_m: Floats
    visible: NDArray[np.bool_]


Lift = Callable[[TrackedHand, GestureSample], Floats]
"""Joints in space, float32 [21, 3], metres, of the hand that was found; NaN where unknown."""


@dataclass(frozen=True, slots=True)
class LiftErrors:
    """Distances of joints from their true places.

    Attributes:
        errors_mm: float64 [frames, 21]; NaN where unknown.
        visible: bool [frames, 21].
    """

    errors_mm: NDArray[np.float64]
    visible: NDArray[np.bool_]

    @property
    def figures(self) -> tuple[float, float, float, float]:
        """Mean over all joints, over visible and over hidden ones, and the median, mm."""
        every, seen = self.errors_mm, self.visible
        means = [float(np.nanmean(errors)) for errors in (every, every[seen], every[~seen])]
        return means[0], means[1], means[2], float(np.nanmedian(every))


def gesture_samples(rig: HandRig, noise: str, seed: int) -> Iterator[GestureSample]:
    """Render all gestures of a person in all views, the hand 40 to 55 cm away.

    Args:
        rig: The person's hand.
        noise: Kind of the depth's noise, one of cameras.depth_noise.DEPTH_NOISES.
        seed: Seed of places, looks and noise.
    """
    random = np.random.default_rng(seed)
    look = Look.random(random, float(random.uniform()))
    room = paint_room(seed, 0, _WIDTH, _HEIGHT)
    for angles in GESTURES.values():
        for turn_deg in VIEWS_DEG:
            middle = random.uniform((-0.05, -0.03, 0.40), (0.05, 0.05, 0.55))
            posed = pose_mesh(rig, angles, Handedness.RIGHT)
            hand = place_hand(posed, rotation(*np.radians(turn_deg)), middle, 1.0, Arm())
            image = view_room(room, _WIDTH, _HEIGHT, float(random.uniform(0, 60)))
            clean = np.full((_HEIGHT, _WIDTH), _WALL_M, np.float32)
            render_mesh(hand, look, _CAMERA, image, clean)
            joints = hand.joints_m.astype(np.float32)
            pixels = _CAMERA.project(joints)
            columns, rows = np.clip(np.rint(pixels).astype(np.intp), 0, (_WIDTH - 1, _HEIGHT - 1)).T
            visible = joints[:, 2] - clean[rows, columns] < _SEEN_M
            view = DepthView(add_depth_noise(clean, _CAMERA, noise, random), _CAMERA)
            yield GestureSample(image, view, pixels, joints, visible)


def measure_gestures(
    tracker: HandTracker, people: Sequence[HandRig], noise: str, seed: int, *, in_depth: bool = False
) -> tuple[int, int, Mapping[str, LiftErrors]]:
    """Lift the gestures of people by several methods.

    Args:
        tracker: Tracker that finds their hands; it sees every picture on its own.
        people: Their hands.
        noise: Kind of the depth's noise.
        seed: Seed of all.
        in_depth: Whether it finds them in the depth alone, drawn as a statue.

    Returns:
        Pictures, those of them whose hand was found, and of these the errors by method.
    """
    painter = StatuePainter()
    errors: dict[str, list[NDArray[np.float64]]] = {}
    visible, count = [], 0
    for person, rig in enumerate(people):
        methods = _methods(in_colour=not in_depth)
        for sample in gesture_samples(rig, noise, seed + person):
            count += 1
            if in_depth:
                statue = painter.draw(sample.view)
                hand = find_hand(tracker, statue, sample.landmarks_px, depth=sample.view)
            else:
                hand = find_hand(tracker, sample.image, sample.landmarks_px, order="bgr")
            if hand is None:
                continue
            # One person's bones are learned from picture to picture.
            hand = replace(hand, track_id=1)
            visible.append(sample.visible)
            for name, lift in methods.items():
                off = np.linalg.norm(lift(hand, sample) - sample.joints_m, axis=1)
                errors.setdefault(name, []).append(1e3 * off.astype(np.float64))
    seen = np.array(visible)
    return count, len(visible), {name: LiftErrors(np.array(off), seen) for name, off in errors.items()}


def _methods(*, in_colour: bool) -> dict[str, Lift]:
    """Return the ways to lift a hand that are compared; the last remembers the person's bones."""

    def fit(lifter: HandLifter, hand: TrackedHand, sample: GestureSample) -> Floats:
        return lifter.lift([hand], sample.view, 0.0, in_colour=in_colour)[0].joints_m

    options = LiftOptions(smoothing=False)
    return {
        "no depth: the network's world shape, placed by its landmarks": _without_depth,
        "the joints' true depths at the landmarks": _true_depth,
        "median of 5x5 depths at each landmark": lambda hand, sample: _plain_median(hand, sample.view),
        "the same, and the flesh before the joint": lambda hand, sample: read_joints(hand, sample.view),
        "fit, hand seen for the first time": lambda hand, sample: fit(HandLifter(options), hand, sample),
        "fit, bones learned over frames": partial(fit, HandLifter(options)),
    }


def _without_depth(hand: TrackedHand, sample: GestureSample) -> Floats:
    camera = sample.view.camera
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]], np.float64)
    shape, pixels = hand.world_landmarks.astype(np.float64), hand.landmarks[:, :2].astype(np.float64)
    _, turn, shift = cv2.solvePnP(shape, pixels, matrix, None, flags=cv2.SOLVEPNP_SQPNP)
    placed: Floats = (shape @ cv2.Rodrigues(turn)[0].T + shift.reshape(3)).astype(np.float32)
    return placed


def _true_depth(hand: TrackedHand, sample: GestureSample) -> Floats:
    """Place landmarks at true depths: what is left is their error in the picture."""
    return sample.view.camera.unproject(hand.landmarks[:, :2], sample.joints_m[:, 2])


def _plain_median(hand: TrackedHand, view: DepthView) -> Floats:
    depths = []
    for column, row in np.rint(hand.landmarks[:, :2]).astype(int).tolist():
        rows, columns = (slice(max(at - _WINDOW, 0), max(at + _WINDOW + 1, 0)) for at in (row, column))
        known = view.metres[rows, columns]
        known = known[known > 0]
        depths.append(float(np.median(known)) if known.size else np.nan)
    return view.camera.unproject(hand.landmarks[:, :2], np.array(depths, np.float32))


def read_joints(hand: TrackedHand, view: DepthView) -> Floats:
    """Place joints behind the plain median of the depths at their landmarks, by the flesh before them.

    Returns:
        float32 [21, 3], metres; NaN where no depth is known.
    """
    skin = _plain_median(hand, view)
    behind: Floats = skin * (1 + flesh_before([hand])[0] / np.linalg.norm(skin, axis=1))[:, None]
    return behind
