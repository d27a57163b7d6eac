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

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hand_tracking_dsp.cameras.synthetic import GESTURES, pose_hand
from hand_tracking_dsp.cameras.synthetic.skeleton import rotation
from hand_tracking_dsp.depth.types import Hand3d, JointState
from hand_tracking_dsp.evaluation.measures.space import BONE_FRAMES, SpaceFrame, SpaceMeasures, from_recorded
from hand_tracking_dsp.hand import Handedness, Joint
from hand_tracking_dsp.tracking.depth_view import Intrinsics

CAMERA = Intrinsics(500.0, 500.0, 320.0, 240.0)


def hand(x_m=0.0, track_id=1, offset_m=(0.0, 0.0, 0.0)) -> Hand3d:
    joints = pose_hand(GESTURES["open palm"]).joints @ rotation(0.0, 0.0, 0.0).T + [x_m, 0.1, 0.6]
    states, std = np.full(21, JointState.MEASURED, np.uint8), np.zeros(21, np.float32)
    moved = (joints + np.array(offset_m)).astype(np.float32)
    return Hand3d(track_id, Handedness.RIGHT, 0.9, 0.9, moved, states, std)


def frame(hands, truth) -> SpaceFrame:
    return SpaceFrame.projected(hands, [CAMERA.project(one.joints_m) for one in hands], truth, CAMERA)


def test_the_error_is_the_distance_in_millimetres_of_known_joints() -> None:
    found = hand(offset_m=(0.0, 0.003, 0.004))
    found.joints_m[Joint.THUMB_TIP, 2] += 0.021
    found.joints_m[Joint.PINKY_TIP] = np.nan
    found.states[Joint.PINKY_TIP] = JointState.UNKNOWN
    found.states[Joint.THUMB_TIP] = JointState.INFERRED
    true = hand()
    true.states[Joint.THUMB_TIP] = JointState.INFERRED
    space = SpaceFrame.projected([found], [CAMERA.project(true.joints_m)], [true], CAMERA)
    row = SpaceMeasures().update(space)
    far_mm = np.hypot(3, 25)
    assert row["error_3d_mm"] == pytest.approx((19 * 5 + far_mm) / 20, rel=1e-4)
    assert (row["joints_3d"], row["visible_joints_3d"], row["true_hands_3d"]) == (20, 19, 1)
    assert row["visible_error_3d_mm"] == pytest.approx(5, rel=1e-4), "of what the camera sees"
    assert (row["measured_joints"], row["inferred_joints"], row["unknown_joints"]) == (19, 1, 1)
    assert (row["near_20_mm"], row["near_40_mm"]) == (0, 0), "an unknown joint is not near"
    assert (row["measured_joints_3d"], row["inferred_joints_3d"]) == (19, 1)
    assert row["measured_error_3d_mm"] == pytest.approx(5, rel=1e-4)
    assert row["inferred_error_3d_mm"] == pytest.approx(far_mm, rel=1e-4)


@pytest.mark.parametrize(("off_mm", "near"), [(19.0, (1, 1)), (21.0, (0, 1)), (41.0, (0, 0))])
def test_a_hand_is_near_where_all_of_its_joints_are(off_mm: float, near: tuple[int, int]) -> None:
    found = hand()
    found.joints_m[Joint.WRIST, 2] += off_mm / 1000
    row = SpaceMeasures().update(frame([found], [hand()]))
    assert (row["near_20_mm"], row["near_40_mm"]) == near


def test_hands_are_compared_with_the_true_ones_that_they_lie_on() -> None:
    hands = [hand(0.15, 1, (0, 0, 0.01)), hand(-0.15, 2, (0, 0, 0.02))]
    row = SpaceMeasures().update(frame(hands, [hand(-0.15), hand(0.15)]))
    assert row["error_3d_mm"] == pytest.approx(15, rel=1e-4)
    missed = SpaceMeasures().update(frame(hands[:1], [hand(-0.15), hand(0.15)]))
    assert (missed["true_hands_3d"], missed["joints_3d"], missed["near_20_mm"]) == (2, 21, 1)
    nothing = SpaceMeasures().update(frame([], [hand()]))
    assert (nothing["true_hands_3d"], nothing["joints_3d"]) == (1, 0)
    assert np.isnan(nothing["error_3d_mm"])


def test_without_truth_nothing_is_said_of_errors() -> None:
    row = SpaceMeasures().update(frame([hand()], None))
    assert "error_3d_mm" not in row
    assert row["measured_joints"] == 21


def test_truth_behind_the_camera_or_with_an_unknown_joint_is_left_out() -> None:
    behind, unknown = hand(offset_m=(0, 0, -2)), hand()
    unknown.joints_m[Joint.WRIST] = np.nan
    assert SpaceMeasures().update(frame([hand()], [behind, unknown]))["true_hands_3d"] == 0


def test_bones_are_compared_with_their_mean_on_the_tracks_frames_before() -> None:
    measures = SpaceMeasures()
    plain = hand()
    longer = replace(plain, joints_m=(plain.joints_m * 1.1).astype(np.float32))
    for _ in range(BONE_FRAMES):
        assert "bone_hands" not in measures.update(frame([plain], None))
    row = measures.update(frame([longer], None))
    assert (row["bone_hands"], row["bone_deviation_percent"]) == (1, pytest.approx(10, rel=1e-3))
    other = measures.update(frame([replace(plain, track_id=2)], None))
    assert "bone_hands" not in other, "another hand has bones of its own"
    assert "bone_hands" not in SpaceMeasures().update(frame([plain], None))


def recorded_hand(x_m: float = 0.0) -> Hand3d:
    """Give a hand 10 mm too far, its inferred thumb tip 30 mm, and an unknown little finger's tip."""
    made = hand(x_m, offset_m=(0.0, 0.0, 0.01))
    made.joints_m[Joint.THUMB_TIP, 2] += 0.02
    made.joints_m[Joint.PINKY_TIP] = np.nan
    made.states[[Joint.THUMB_TIP, Joint.PINKY_TIP]] = JointState.INFERRED, JointState.UNKNOWN
    return made


def test_recorded_hands_agree_with_those_found_again_and_err_from_the_truth_by_their_states() -> None:
    found = hand(offset_m=(0.0, 0.0, 0.004))
    row = from_recorded([found], [recorded_hand()], [hand()])
    assert row["recorded_3d_same"] == 1
    assert (row["recorded_measured_joints"], row["recorded_inferred_joints"]) == (19, 1)
    assert row["recorded_measured_3d_mm"] == pytest.approx(6, rel=1e-3)
    assert row["recorded_inferred_3d_mm"] == pytest.approx(26, rel=1e-3)
    assert (row["recorded_joints_3d"], row["recorded_measured_joints_3d"]) == (20, 19)
    assert row["recorded_error_3d_mm"] == pytest.approx((19 * 10 + 30) / 20, rel=1e-3)
    assert row["recorded_measured_error_3d_mm"] == pytest.approx(10, rel=1e-3)
    assert row["recorded_inferred_error_3d_mm"] == pytest.approx(30, rel=1e-3)


def test_recorded_hands_are_compared_as_far_as_there_is_something_to_compare_with() -> None:
    assert set(from_recorded(None, [recorded_hand()], None)) == set()
    alone = from_recorded([hand()], [recorded_hand()], None)
    assert "recorded_error_3d_mm" not in alone
    assert "recorded_3d_same" not in from_recorded(None, [recorded_hand()], [hand()])
    empty = from_recorded([], [], [])
    assert (empty["recorded_3d_same"], empty["recorded_joints_3d"]) == (1, 0)
    missed = from_recorded([], [recorded_hand()], [])
    assert missed["recorded_3d_same"] == 0
    unknown = replace(hand(), joints_m=hand().joints_m * np.nan, states=np.zeros(21, np.uint8))
    assert from_recorded([], [unknown], None)["recorded_3d_same"] == 1, "such a hand has no place"


def test_a_recorded_hand_at_another_depth_is_the_same_hand_and_its_error_counts() -> None:
    far = hand(0.15)
    far.joints_m[:] *= 2.0
    row = from_recorded([hand(-0.15), hand(0.15)], [far, hand(-0.15)], [hand(0.15), hand(-0.15)])
    assert row["recorded_3d_same"] == 1
    assert row["recorded_error_3d_mm"] > 300
