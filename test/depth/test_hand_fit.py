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

"""Joints fitted to evidence, compared with plain least squares in all coordinates at once."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.synthetic.gestures import GESTURES
from hand_tracking_dsp.cameras.synthetic.skeleton import pose_hand
from hand_tracking_dsp.depth.bones import ADULT_M, END, LINKS, START
from hand_tracking_dsp.depth.hand_fit import Evidence, fit_hands

LINK_M = 0.002
HIDDEN_M, MISREAD_M = 0.013, 0.04
DOUBT_MEASURED, DOUBT_INFERRED = 1.6, 2.8


def evidence(*gestures: str) -> Evidence:
    """Make what depth, landmarks and a network might say of hands half a metre away."""
    random = np.random.default_rng(0)
    hands = len(gestures)
    joints = np.array([pose_hand(GESTURES[gesture]).joints for gesture in gestures]) + np.array(
        [0.05, 0.0, 0.5]
    )
    rays = joints / joints[..., 2:] + random.normal(0, 0.005, joints.shape) * [1, 1, 0]
    depth = joints[..., 2] + random.normal(0, 0.004, (hands, 21))
    depth[:, [8, 12]] -= 0.03
    depth[:, 16] = np.nan
    return Evidence(
        rays=rays.transpose(0, 2, 1),
        depth_m=depth,
        depth_std_m=np.where(np.isfinite(depth), random.uniform(0.003, 0.006, depth.shape), 1.0),
        across_std_m=np.linspace(0.003, 0.005, hands)[:, None],
        shape_z_m=joints[..., 2] - 0.5 + random.normal(0, 0.01, depth.shape),
        shape_std_m=np.linspace(0.01, 0.03, hands)[:, None],
        links_m=np.tile(ADULT_M.astype(np.float64), (hands, 1)),
        sizes=np.linspace(1.0, 0.9, hands)[:, None],
    )


def plain_fit(one: Evidence, row: int, rounds: int = 4) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return joints [21, 3] and their deviations [21] by the sum of squares as hand_fit's text has it."""
    rays, depth, size = one.rays[row], one.depth_m[row], one.sizes[row, 0]
    read = np.isfinite(depth)
    palm = np.sort((depth - one.shape_z_m[row])[[0, 1, 5, 9, 13, 17]])[2]
    points = (rays * (one.shape_z_m[row] + palm)).T
    links = np.arange(len(LINKS))
    for _ in range(rounds):
        behind = np.where(read, points[:, 2] - depth, 0.0)
        scaled = behind / (size * np.where(behind > 0, HIDDEN_M, MISREAD_M))
        trust = read / (1 + scaled**2) ** 2
        rows, targets = [], []
        for joint in range(21):
            for axis in (0, 1):
                slopes = np.zeros((21, 3))
                slopes[joint, axis], slopes[joint, 2] = 1.0, -rays[axis, joint]
                rows.append(slopes / one.across_std_m[row, 0])
                targets.append(0.0)
            slopes = np.zeros((21, 3))
            slopes[joint, 2] = np.sqrt(trust[joint]) / one.depth_std_m[row, joint]
            rows.append(slopes)
            targets.append(np.nan_to_num(depth[joint]) * slopes[joint, 2])
        for link in links:
            slopes = np.zeros((21, 3))
            slopes[END[link], 2], slopes[START[link], 2] = 1.0, -1.0
            rows.append(slopes / one.shape_std_m[row, 0])
            targets.append(float((rows[-1][:, 2] * one.shape_z_m[row]).sum()))
            along = points[END[link]] - points[START[link]]
            along /= np.linalg.norm(along) * LINK_M * size
            slopes = np.zeros((21, 3))
            slopes[END[link]], slopes[START[link]] = along, -along
            rows.append(slopes)
            targets.append(one.links_m[row, link] / (LINK_M * size))
        system = np.array(rows).reshape(len(rows), 63)
        points = np.linalg.lstsq(system, np.array(targets), rcond=None)[0].reshape(21, 3)
    variances = np.diagonal(np.linalg.inv(system.T @ system)).reshape(21, 3).sum(axis=1)
    return points, (DOUBT_MEASURED * trust + DOUBT_INFERRED * (1 - trust)) * np.sqrt(variances)


def test_a_fit_is_that_of_least_squares_in_all_coordinates() -> None:
    given = evidence("open palm", "victory")
    fit = fit_hands(given)
    for row in range(2):
        points, std_m = plain_fit(given, row)
        np.testing.assert_allclose(fit.joints_m[row], points, atol=1e-7)
        np.testing.assert_allclose(fit.std_m[row], std_m, rtol=1e-4)
    assert (fit.trust[:, 16] == 0).all()
    assert (fit.trust[:, [8, 12]] < 0.5).all()


def test_hands_do_not_change_each_other() -> None:
    given = evidence("fist", "victory")
    both = fit_hands(given)
    for row in range(2):
        part = {field.name: getattr(given, field.name)[row : row + 1] for field in fields(given)}
        alone = fit_hands(Evidence(**part))
        np.testing.assert_allclose(alone.joints_m[0], both.joints_m[row], atol=1e-9)
        np.testing.assert_allclose(alone.std_m[0], both.std_m[row], atol=1e-9)


def test_depths_that_all_lie_elsewhere_leave_a_hand_of_its_bones() -> None:
    given = evidence("open palm")
    depth = given.depth_m.copy()
    depth[:, ::2] += 50.0
    depth[:, 1::2] -= 50.0
    joints = fit_hands(replace(given, depth_m=depth)).joints_m[0]
    assert np.isfinite(joints).all()
