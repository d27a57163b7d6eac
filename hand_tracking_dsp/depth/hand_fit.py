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

"""Joints of hands that fit their landmarks, depth, bones and the network's idea of their shape.

For each hand the sum of squared residuals by their deviations is minimised (Gauss-Newton):

- each joint lies on its landmark's ray;
- it lies at the depth that was read, with Geman and McClure's weight 1 / (1 + r²)² of the distance r from
  there: a joint that lies much behind it is hidden by what was read (S. Geman and D. McClure, "Statistical
  Methods for Tomographic Image Reconstruction", 1987);
- links have their lengths;
- along the optical axis, links have the extent that the network's world landmarks give them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.depth.bones import END, LINKS, START
from hand_tracking_dsp.depth.surface_reading import median_known
from hand_tracking_dsp.hand import JOINT_COUNT, Joint

Doubles = NDArray[np.float64]

_ROUNDS = 4

_HIDDEN_M = 0.013
"""Distance behind the depth that was read at which a joint is rather hidden, of the mean adult's hand."""

_MISREAD_M = 0.04
"""Distance before it at which the depth is rather that of something else."""

_LINK_M = 0.002
"""Deviation of a link's length, of the mean adult's hand."""

_DOUBT_MEASURED, _DOUBT_INFERRED = 1.6, 2.8
"""Ratio of the joints' errors, of rendered hands, to the deviations that the fit alone would have: errors of
neighbouring landmarks, which it takes for independent, are not."""

_PALM = [Joint.WRIST, Joint.THUMB_CMC, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]

_EACH = np.arange(JOINT_COUNT)
_SPAN = np.zeros((len(LINKS), JOINT_COUNT))
_SPAN[np.arange(len(LINKS)), END] = 1.0
_SPAN[np.arange(len(LINKS)), START] = -1.0
_EXTENT_NORMAL = _SPAN.T @ _SPAN


@dataclass(frozen=True, slots=True)
class Evidence:
    """Knowledge of hands from one frame.

    Attributes:
        rays: float64 [hands, 21, 2], x and y a metre before the camera.
        depth_m: float64 [hands, 21], depth of the joints as it was read; NaN where it was not.
        depth_std_m: float64 [hands, 21], its deviation where it is the joint's.
        across_std_m: float64 [hands, 1], deviation of the landmarks across their rays.
        shape_m: float64 [hands, 21, 3], the network's world landmarks.
        shape_std_m: float64 [hands, 1], deviation of a link's extent along the optical axis in them.
        links_m: float64 [hands, links], lengths of the hands' links.
        sizes: float64 [hands], sizes of the hands, shares of the mean adult's.
    """

    rays: Doubles
    depth_m: Doubles
    depth_std_m: Doubles
    across_std_m: Doubles
    shape_m: Doubles
    shape_std_m: Doubles
    links_m: Doubles
    sizes: Doubles


@dataclass(frozen=True, slots=True)
class HandFit:
    """Hands that fit the evidence.

    Attributes:
        joints_m: float64 [hands, 21, 3], metres.
        trust: float64 [hands, 21], 0 to 1: weight of the depth that was read.
        std_m: float64 [hands, 21], deviation of the joints' distance from their true places, metres.
    """

    joints_m: Doubles
    trust: Doubles
    std_m: Doubles


def fit_hands(evidence: Evidence) -> HandFit:
    """Fit the joints of hands."""
    read = np.isfinite(evidence.depth_m)
    depth = np.where(read, evidence.depth_m, 0.0)
    z = evidence.shape_m[..., 2] + _place_of_palm(evidence)
    joints = np.concatenate([evidence.rays * z[..., None], z[..., None]], axis=2)
    fixed = _linear_terms(evidence)
    for rounds_left in reversed(range(_ROUNDS)):
        behind = joints[..., 2] - depth
        scaled = behind / (evidence.sizes[:, None] * np.where(behind > 0, _HIDDEN_M, _MISREAD_M))
        trust = read / (1.0 + scaled**2) ** 2
        normal, right = _equations(evidence, fixed, joints, trust / evidence.depth_std_m**2)
        if rounds_left:
            joints = np.linalg.solve(normal, right).reshape(joints.shape)
    covariance = np.linalg.inv(normal)
    joints = (covariance @ right).reshape(joints.shape)
    variances = np.diagonal(covariance, axis1=1, axis2=2).reshape(joints.shape)
    doubt = _DOUBT_MEASURED * trust + _DOUBT_INFERRED * (1.0 - trust)
    return HandFit(joints, trust, doubt * np.sqrt(variances.sum(axis=2)))


def _place_of_palm(evidence: Evidence) -> Doubles:
    """Find how far along the optical axis the network's shape lies: float64 [hands, 1], metres.

    The palm hides itself least; of a hand whose palm was not read, all joints count.
    """
    offsets = evidence.depth_m - evidence.shape_m[..., 2]
    palm, whole = median_known(offsets[:, _PALM]), median_known(offsets)
    return np.where(np.isfinite(palm), palm, whole)[:, None]


def _linear_terms(evidence: Evidence) -> tuple[Doubles, Doubles]:
    """Sum what stays through the rounds, rays and extents, as normal equations.

    Returns:
        float64 [hands, 21, 3, 21, 3] and [hands, 21, 3].
    """
    hands = len(evidence.rays)
    normal = np.zeros((hands, JOINT_COUNT, 3, JOINT_COUNT, 3))
    right = np.zeros((hands, JOINT_COUNT, 3))
    weight = 1.0 / evidence.across_std_m**2
    for axis in (0, 1):
        slope = evidence.rays[..., axis]
        normal[:, _EACH, axis, _EACH, axis] += weight
        normal[:, _EACH, axis, _EACH, 2] -= weight * slope
        normal[:, _EACH, 2, _EACH, axis] -= weight * slope
        normal[:, _EACH, 2, _EACH, 2] += weight * slope**2
    extents = _EXTENT_NORMAL / evidence.shape_std_m[..., None] ** 2
    normal[:, :, 2, :, 2] += extents
    right[..., 2] += (evidence.shape_m[:, None, :, 2] @ extents)[:, 0]
    return normal, right


def _equations(
    evidence: Evidence, fixed: tuple[Doubles, Doubles], joints: Doubles, weight: Doubles
) -> tuple[Doubles, Doubles]:
    """Complete the normal equations by the depth that was read and by the links, as the joints lie.

    Returns:
        float64 [hands, 63, 63] and [hands, 63, 1].
    """
    normal, right = fixed[0].copy(), fixed[1].copy()
    normal[:, _EACH, 2, _EACH, 2] += weight
    right[..., 2] += weight * np.nan_to_num(evidence.depth_m)
    links = joints[:, END] - joints[:, START]
    links /= np.maximum(np.linalg.norm(links, axis=2, keepdims=True), 1e-9)
    strength = 1.0 / (_LINK_M * evidence.sizes[:, None])
    slopes = (_SPAN[..., None] * (links * strength[..., None])[:, :, None]).reshape(
        len(joints), len(LINKS), -1
    )
    across = slopes.transpose(0, 2, 1)
    size = normal.shape[0], slopes.shape[2]
    whole = normal.reshape(size[0], size[1], size[1]) + across @ slopes
    return whole, right.reshape(*size, 1) + across @ (evidence.links_m * strength)[..., None]
