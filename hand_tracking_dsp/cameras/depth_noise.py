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

"""Noise of depth sensors: structured light, stereo and time of flight.

The models follow what is published of such sensors, in shape: K. Khoshelham and S. O. Elberink, "Accuracy and
Resolution of Kinect Depth Data", Sensors 12(2), 2012 (error growing with the square of the distance, shadow
of the projector); A. Handa et al., "A Benchmark for RGB-D Visual Odometry, 3D Reconstruction and SLAM", ICRA
2014 (jitter of edges); L. Keselman et al., "Intel RealSense Stereoscopic Depth Cameras", CVPR Workshops 2017
(stereo); H. Sarbolandi et al., "Kinect Range Sensing: Structured-Light versus Time-of-Flight Kinect",
Computer Vision and Image Understanding 139, 2015 (time of flight: flying pixels, multipath).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.tracking.depth_view import Intrinsics

Floats32 = NDArray[np.float32]

DEPTH_NOISES = ("none", "structured_light", "stereo", "time_of_flight")

_FOCAL_PX = 600.0
"""Focal length of the sensors that the strengths below are told for."""

_STEP_M = np.float32(0.015)
"""Smallest jump of depth between neighbours that counts as an edge."""

_LOST = 0.002
"""Share of pixels that a time-of-flight camera loses anywhere."""

_SQUARE = np.ones((3, 3), np.uint8)


class DepthSensor:
    """A depth sensor: what is its own is drawn once, the noise anew for each image.

    Args:
        kind: One of DEPTH_NOISES.
        random: Source of what is the sensor's own: baseline, steps and side of the projector, reach of the
            matching, strengths. Each is drawn where it is first needed.
        strength: Strength of noise and quantisation; 1: a good sensor of its kind.
    """

    def __init__(self, kind: str, random: np.random.Generator, strength: float = 1.0) -> None:
        self._kind = kind
        self._random = random
        self._strength = strength
        self._own: dict[str, float] = {}

    def see(self, metres: Floats32, camera: Intrinsics, random: np.random.Generator) -> Floats32:
        """Return a depth image as the sensor would give it.

        Args:
            metres: float32 [height, width]; 0 = unknown.
            camera: The image's camera; a crop has that of its enlarged pixels.
            random: Source of the image's noise.

        Returns:
            float32 [height, width], a new array; 0 where the sensor sees nothing.
        """
        if self._kind == "structured_light":
            return self._structured_light(metres, camera, random)
        if self._kind == "stereo":
            return self._stereo(metres, camera, random)
        if self._kind == "time_of_flight":
            return self._time_of_flight(metres, random)
        copied: Floats32 = metres.copy()
        return copied

    def _constant(self, name: str, low: float = 0.0, high: float = 1.0) -> float:
        if name not in self._own:
            self._own[name] = float(self._random.uniform(low, high))
        return self._own[name]

    def _structured_light(
        self, metres: Floats32, camera: Intrinsics, random: np.random.Generator
    ) -> Floats32:
        """Jitter edges, quantise disparity, and blank the projector's shadow and steep surfaces."""
        scale = camera.fx / _FOCAL_PX
        edges = np.flatnonzero(_edges(metres))
        depth = _jittered(metres, edges, random, 0.6 * scale)
        baseline_m = self._constant("baseline_m", 0.02, 0.075)
        step = np.float32(self._strength * self._constant("step_px", 0.06, 0.16))
        focal_baseline = np.float32(_FOCAL_PX * baseline_m)
        disparity = _disparity(depth, focal_baseline)
        steps = disparity * (np.float32(1.0) / step)
        steps += random.standard_normal(depth.shape, np.float32) * np.float32(0.6)
        steps = np.rint(steps)
        seen = np.zeros_like(depth)
        np.divide(focal_baseline / step, steps, out=seen, where=(steps > 0) & (depth > 0))
        leftward = self._constant("side") < 0.5
        holes = _shadow(metres, camera.fx * baseline_m, leftward) | _grazing(metres, camera, 0.22)
        holes.reshape(-1)[edges[random.random(len(edges)) < 0.35]] = True
        seen[holes] = 0.0
        return seen

    def _stereo(self, metres: Floats32, camera: Intrinsics, random: np.random.Generator) -> Floats32:
        """Fatten what is near, add correlated noise, and blank what one eye misses or has no texture."""
        scale = camera.fx / _FOCAL_PX
        reach = max(round(self._constant("reach_px", 0.5, 2.0) * scale), 1)
        depth = _fattened(metres, reach)
        baseline_m = self._constant("baseline_m", 0.035, 0.095)
        focal_baseline = np.float32(_FOCAL_PX * baseline_m)
        grain = _smooth_noise(depth.shape, random, 1.6 * scale)
        disparity = _disparity(depth, focal_baseline)
        disparity += grain * np.float32(self._strength * self._constant("grain_px", 0.06, 0.22))
        seen = np.zeros_like(depth)
        np.divide(focal_baseline, disparity, out=seen, where=(disparity > 0) & (depth > 0))
        holes = _shadow(metres, camera.fx * baseline_m * 0.5, leftward=True)
        bare = _smooth_noise(depth.shape, random, max(5.0 * scale, 2.5))
        holes |= bare > np.float32(self._constant("texture", 1.8, 3.2))
        seen[holes] = 0.0
        return seen

    def _time_of_flight(self, metres: Floats32, random: np.random.Generator) -> Floats32:
        """Mix depths at steps, add light by detours and noise, and blank what returns little light."""
        known = metres > 0
        far = np.where(known, metres, metres.max(initial=0.0)).astype(np.float32)
        near_light = cv2.blur(far, (9, 9))
        detour = np.clip(near_light - far, -0.05, 0.08) * np.float32(self._constant("detour", 0.0, 0.12))
        depth: Floats32 = far + detour
        edges = np.flatnonzero(_edges(metres))
        flying = edges[random.random(len(edges)) < self._constant("flying", 0.3, 0.9)]
        depth.reshape(-1)[flying] = cv2.blur(far, (3, 3)).reshape(-1)[flying]
        amplitude = np.float32(self._strength * self._constant("amplitude_m", 0.0015, 0.004))
        sigma = amplitude * (np.float32(0.4) + far * far)
        depth += sigma * random.standard_normal(metres.shape, np.float32)
        anywhere = random.integers(0, depth.size, round(_LOST * self._strength * depth.size))
        lost = np.concatenate([edges[random.random(len(edges)) < 0.25], anywhere])
        depth[~known | (depth < 0)] = 0.0
        depth.reshape(-1)[lost] = 0.0
        return depth


def add_depth_noise(
    metres: Floats32, camera: Intrinsics, kind: str, random: np.random.Generator, strength: float = 1.0
) -> Floats32:
    """Return a depth image as some sensor of a kind would give it, another one at each call.

    Args:
        metres: float32 [height, width]; 0 = unknown.
        camera: The image's camera.
        kind: One of DEPTH_NOISES.
        random: Source of the sensor and of the noise.
        strength: As for DepthSensor.

    Returns:
        float32 [height, width], a new array; 0 where the sensor sees nothing.
    """
    return DepthSensor(kind, random, strength).see(metres, camera, random)


def _disparity(metres: Floats32, focal_baseline: np.float32) -> Floats32:
    disparity: Floats32 = np.zeros_like(metres)
    np.divide(focal_baseline, metres, out=disparity, where=metres > 0)
    return disparity


def _edges(metres: Floats32) -> NDArray[np.bool_]:
    """Find pixels beside a jump of depth."""
    around: Floats32 = cv2.dilate(metres, _SQUARE) - cv2.erode(metres, _SQUARE)
    edges: NDArray[np.bool_] = around > _STEP_M
    return edges


def _grazing(metres: Floats32, camera: Intrinsics, least_cosine: float) -> NDArray[np.bool_]:
    """Find surfaces that are seen at a grazing angle: cosine to the line of sight below a limit."""
    slope_x = cv2.Sobel(metres, cv2.CV_32F, 1, 0, scale=0.125 * camera.fx)
    slope_y = cv2.Sobel(metres, cv2.CV_32F, 0, 1, scale=0.125 * camera.fy)
    steepest = np.float32(1.0 / least_cosine**2 - 1.0)
    steep: NDArray[np.bool_] = slope_x * slope_x + slope_y * slope_y > steepest * metres * metres
    return steep


def _shadow(metres: Floats32, focal_baseline: float, leftward: bool) -> NDArray[np.bool_]:
    """Find pixels that a second eye or a projector beside the camera does not reach.

    Args:
        metres: float32 [height, width].
        focal_baseline: Focal length in pixels of the image times the distance of the two, px m.
        leftward: Whether shadows lie at the left of what is near.
    """
    depth = metres[:, ::-1] if leftward else metres
    columns = np.arange(depth.shape[1], dtype=np.float32)
    reached = columns + _disparity(depth, np.float32(focal_baseline))
    reached[depth <= 0] = 0.0
    before = np.maximum.accumulate(reached, axis=1)
    hidden: NDArray[np.bool_] = reached < before - np.float32(1.0)
    return hidden[:, ::-1] if leftward else hidden


def _jittered(
    metres: Floats32, edges: NDArray[np.int64], random: np.random.Generator, reach_px: float
) -> Floats32:
    """Take each pixel of edges from a random neighbour's place, so that they fray."""
    height, width = metres.shape
    frayed: Floats32 = metres.copy()
    rows, columns = np.divmod(edges, width)
    shift = np.rint(random.standard_normal((2, len(edges))) * reach_px).astype(np.int64)
    rows, columns = np.clip(rows + shift[0], 0, height - 1), np.clip(columns + shift[1], 0, width - 1)
    frayed.reshape(-1)[edges] = metres[rows, columns]
    return frayed


def _fattened(metres: Floats32, reach: int) -> Floats32:
    """Spread near surfaces over the far ones beside them."""
    far = np.where(metres > 0, metres, np.float32(100.0))
    spread: Floats32 = cv2.erode(far, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    spread = np.where(far - spread > _STEP_M, spread, metres)
    spread[spread >= 100.0] = 0.0
    return spread


def _smooth_noise(shape: tuple[int, ...], random: np.random.Generator, sigma_px: float) -> Floats32:
    """Draw noise of deviation 1 that is alike over sigma_px pixels."""
    step = max(int(sigma_px), 1)
    coarse = (-(-shape[0] // step) + 2, -(-shape[1] // step) + 2)
    noise = random.standard_normal(coarse, np.float32)
    fine: Floats32 = cv2.GaussianBlur(noise, (0, 0), 0.8)
    fine = cv2.resize(fine, (coarse[1] * step, coarse[0] * step), interpolation=cv2.INTER_LINEAR)
    fine = fine[: shape[0], : shape[1]]
    # The blur's and the interpolation's share of the deviation.
    fine *= np.float32(1.0 / 0.33)
    return fine
