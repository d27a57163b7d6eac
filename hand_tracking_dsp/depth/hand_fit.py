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

All but the lengths tie depths to depths, and a joint to its own ray. So a round inverts one matrix of a
hand's depths, and solves for the pull of its links in another (M. A. Woodbury, "Inverting Modified Matrices",
1950), which is much less than to solve for all coordinates at once.
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

_HOLD = 1e-6
"""Least weight of a depth, 1/m²: where nothing was read that counts, the matrix of depths can be inverted."""

_PALM = [Joint.WRIST, Joint.THUMB_CMC, Joint.INDEX_MCP, Joint.MIDDLE_MCP, Joint.RING_MCP, Joint.PINKY_MCP]

_SPAN = np.zeros((len(LINKS), JOINT_COUNT))
_SPAN[np.arange(len(LINKS)), END] = 1.0
_SPAN[np.arange(len(LINKS)), START] = -1.0
_EXTENT_NORMAL = _SPAN.T @ _SPAN
_SHARED = _SPAN @ _SPAN.T
_EYE = np.eye(len(LINKS))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Knowledge of hands from one frame.

    Attributes:
        rays: float64 [hands, 3, 21], x, y and z = 1 a metre before the camera.
        depth_m: float64 [hands, 21], depth of the joints as it was read; NaN where it was not.
        depth_std_m: float64 [hands, 21], its deviation where it is the joint's.
        across_std_m: float64 [hands, 1], deviation of the landmarks across their rays.
        shape_z_m: float64 [hands, 21], the network's world landmarks along the optical axis.
        shape_std_m: float64 [hands, 1], deviation of a link's extent in them.
        links_m: float64 [hands, links], lengths of the hands' links.
        sizes: float64 [hands, 1], sizes of the hands, shares of the mean adult's.
    """

    rays: Doubles
    depth_m: Doubles
    depth_std_m: Doubles
    across_std_m: Doubles
    shape_z_m: Doubles
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


@dataclass(frozen=True, slots=True)
class _Linked:
    """Depths of hands, and what their links would change, about joints where they lie.

    Attributes:
        loose_m: float64 [hands, 21, 1], depths that fit all but the links.
        spread: float64 [hands, 21, 21], their covariance.
        links: float64 [hands, 3, links], directions of the links by the deviation of their lengths.
        slopes: float64 [hands, links, 21], change of the lengths with the depths along the rays.
        along: float64 [hands, 21, links], change of the depths with the links' pull.
        system: float64 [hands, links, links], covariance of the lengths' residuals.
    """

    loose_m: Doubles
    spread: Doubles
    links: Doubles
    slopes: Doubles
    along: Doubles
    system: Doubles


def fit_hands(evidence: Evidence) -> HandFit:
    """Fit the joints of hands."""
    read = np.isfinite(evidence.depth_m)
    depth = np.where(read, evidence.depth_m, 0.0)
    precision = read / evidence.depth_std_m**2
    extents = _EXTENT_NORMAL / evidence.shape_std_m[..., None] ** 2
    drawn = extents @ evidence.shape_z_m[..., None]
    lengths = (evidence.links_m / (_LINK_M * evidence.sizes))[..., None]
    variance = evidence.across_std_m[..., None] ** 2
    z = evidence.shape_z_m + _place_of_palm(evidence)
    joints = evidence.rays * z[:, None]
    for _ in range(_ROUNDS):
        behind = z - depth
        scaled = behind / (evidence.sizes * np.where(behind > 0, _HIDDEN_M, _MISREAD_M))
        trust = read / (1.0 + scaled**2) ** 2
        weight = trust * precision
        linked = _linked(evidence, joints, extents, weight, drawn + (weight * depth)[..., None])
        pull = np.linalg.solve(linked.system, lengths - linked.slopes @ linked.loose_m)
        z = (linked.loose_m + linked.along @ pull)[..., 0]
        joints = evidence.rays * z[:, None]
        joints[:, :2] += variance * ((linked.links[:, :2] * pull.transpose(0, 2, 1)) @ _SPAN)
    doubt = _DOUBT_MEASURED * trust + _DOUBT_INFERRED * (1.0 - trust)
    return HandFit(joints.transpose(0, 2, 1), trust, doubt * np.sqrt(_variances(evidence, linked)))


def _place_of_palm(evidence: Evidence) -> Doubles:
    """Find how far along the optical axis the network's shape lies: float64 [hands, 1], metres.

    The palm hides itself least; of a hand whose palm was not read, all joints count.
    """
    offsets = evidence.depth_m - evidence.shape_z_m
    place = median_known(offsets[:, _PALM])
    lost = np.isnan(place)
    if lost.any():
        place[lost] = median_known(offsets[lost])
    return place[:, None]


def _linked(
    evidence: Evidence, joints: Doubles, extents: Doubles, weight: Doubles, drawn: Doubles
) -> _Linked:
    """Linearise the hands' links.

    Args:
        evidence: Knowledge of the hands.
        joints: float64 [hands, 3, 21], joints about which it is done.
        extents: float64 [hands, 21, 21], weights of the extents along the optical axis.
        weight: float64 [hands, 21], weights of the depths that were read.
        drawn: float64 [hands, 21, 1], depths by all these weights, summed.
    """
    normal = extents.copy()
    normal.reshape(len(normal), -1)[:, :: JOINT_COUNT + 1] += weight + _HOLD
    spread = np.linalg.inv(normal)
    links = joints @ _SPAN.T
    norms = np.sqrt(np.einsum("hal,hal->hl", links, links))
    links /= (np.maximum(norms, 1e-9) * (_LINK_M * evidence.sizes))[:, None]
    slopes = (links.transpose(0, 2, 1) @ evidence.rays) * _SPAN
    along = spread @ slopes.transpose(0, 2, 1)
    sideways = links[:, :2]
    system = slopes @ along + _EYE
    system += (sideways.transpose(0, 2, 1) @ sideways) * (_SHARED * evidence.across_std_m[..., None] ** 2)
    return _Linked(spread @ drawn, spread, links, slopes, along, system)


def _variances(evidence: Evidence, linked: _Linked) -> Doubles:
    """Sum the variances of each joint's coordinates: float64 [hands, 21], m²."""
    variance = evidence.across_std_m**2
    # Change of the coordinates with the links' pull.
    moved = evidence.rays[..., None] * linked.along[:, None]
    moved[:, :2] += linked.links[:, :2, None] * _SPAN.T * variance[..., None, None]
    held = np.einsum("hajl,hajl->hj", moved @ np.linalg.inv(linked.system)[:, None], moved)
    square = np.einsum("haj,haj->hj", evidence.rays, evidence.rays)
    alone = 2 * variance + square * np.diagonal(linked.spread, axis1=1, axis2=2)
    summed: Doubles = np.maximum(alone - held, 0.0)
    return summed
