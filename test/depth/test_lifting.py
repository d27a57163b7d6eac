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

"""Hands lifted into space, measured against the exact joints of synthetic hands."""

from __future__ import annotations

import numpy as np

from hand_tracking_dsp.cameras.camera import Frame, HandTruth, SourceOptions
from hand_tracking_dsp.cameras.synthetic.scene import SyntheticScene
from hand_tracking_dsp.depth.lifting import HandLifter, LiftOptions
from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.types import Floats, Region, TrackedHand

SCENE = SyntheticScene(SourceOptions(absence_s=0.0, seed=3))
RAW = LiftOptions(smoothing=False)


def tracked(truth: HandTruth, track_id: int = 1) -> TrackedHand:
    return TrackedHand(
        track_id, truth.handedness, 0.9, 0.95, truth.joints_px, truth.joints_m, Region(0.0, 0.0, 1.0, 0.0)
    )


def metres(frame: Frame) -> Floats:
    assert frame.depth_mm is not None
    return (frame.depth_mm * np.float32(1e-3)).astype(np.float32)


def true_joints(frame: Frame) -> Floats:
    assert frame.truth
    return frame.truth[0].joints_m + frame.truth[0].centre_m


def lift(frame: Frame, depth: Floats | None = None, options: LiftOptions = RAW) -> Hand3d:
    assert frame.truth
    view = DepthView(metres(frame) if depth is None else depth, SCENE.intrinsics)
    (hand,) = HandLifter(options).lift([tracked(frame.truth[0])], view, 0.0)
    return hand


def test_joints_lie_in_the_flesh_of_the_hand() -> None:
    errors = []
    for index in range(0, 900, 45):
        frame = SCENE.frame(index)
        errors.append(np.linalg.norm(lift(frame).joints_m - true_joints(frame), axis=1))
    assert np.mean(errors) < 0.012


def test_a_hand_without_depth_is_unknown() -> None:
    frame = SCENE.frame(0)
    hand = lift(frame, np.zeros((480, 640), np.float32))
    assert np.isnan(hand.joints_m).all()
    assert np.isnan(hand.std_m).all()
    assert (hand.states == JointState.UNKNOWN).all()
    assert hand.palm is None
