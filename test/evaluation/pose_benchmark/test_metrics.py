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

"""Metrics of hand pose against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hand_tracking_dsp.evaluation.pose_benchmark.metrics import (
    joint_errors_mm,
    joint_means_mm,
    mean_joint_error_mm,
    share_of_frames_within,
    worst_joint_mm,
)

TRUTH_M = np.zeros((2, 2, 3), dtype=np.float32)
# Off by 5 mm (3, 4, 0) and 10 mm in the first frame, by 1 and 2 mm in the second.
PREDICTED_M = np.array([[[0.003, 0.004, 0], [0, 0, -0.01]], [[0.001, 0, 0], [0, 0.002, 0]]], dtype=np.float32)
ERRORS_MM = np.array([[5.0, 10.0], [1.0, 2.0]])


def test_errors_are_distances_in_millimetres() -> None:
    np.testing.assert_allclose(joint_errors_mm(PREDICTED_M, TRUTH_M), ERRORS_MM, rtol=1e-6)


def test_the_mean_is_over_frames_then_joints() -> None:
    assert joint_means_mm(ERRORS_MM).tolist() == [3.0, 6.0]
    assert mean_joint_error_mm(ERRORS_MM) == 4.5


def test_a_joint_seldom_known_weighs_as_much_as_the_others() -> None:
    errors = np.array([[5.0, 10.0], [1.0, np.nan]])
    assert mean_joint_error_mm(errors) == 6.5


def test_a_frame_is_within_a_threshold_that_its_worst_joint_reaches() -> None:
    assert worst_joint_mm(ERRORS_MM).tolist() == [10.0, 2.0]
    assert share_of_frames_within(ERRORS_MM, [1.9, 2, 9, 10]).tolist() == [0, 0.5, 0.5, 1]
    assert share_of_frames_within(ERRORS_MM).shape == (81,)


def test_unknown_truth_does_not_count_and_a_missing_prediction_does() -> None:
    truth, predicted = TRUTH_M.copy(), PREDICTED_M.copy()
    truth[0, 1, 2] = np.nan
    predicted[1, 0, 0] = np.nan
    errors = joint_errors_mm(predicted, truth)
    assert np.isnan(errors[0, 1])
    assert errors[1, 0] == np.inf
    assert worst_joint_mm(errors).tolist() == [pytest.approx(5, rel=1e-6), np.inf]
    assert share_of_frames_within(errors, [6]).tolist() == [0.5]
    assert mean_joint_error_mm(errors) == np.inf


@pytest.mark.parametrize("errors", [np.zeros((0, 14)), np.full((3, 2), np.nan)])
def test_nothing_known_gives_no_figure(errors: np.ndarray) -> None:
    assert np.isnan(mean_joint_error_mm(errors))
    assert np.isnan(share_of_frames_within(errors)).all()


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[2, 2, 3\].*\[2, 1, 3\]"):
        joint_errors_mm(PREDICTED_M, TRUTH_M[:, :1])
