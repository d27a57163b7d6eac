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

"""Comparison of results with the truth, and its plot."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import ICVL
from hand_tracking_dsp.evaluation.pose_benchmark.comparison import PoseErrors, method_names, read_errors
from hand_tracking_dsp.evaluation.pose_benchmark.joint_file import read_joints
from hand_tracking_dsp.evaluation.pose_benchmark.plot import plot_shares


def made_file(path: Path, depths_mm: list[float], prefix: str = "", separator: str = "/") -> Path:
    """Write a frame a depth, all joints on the optical axis."""
    lines = [
        f"{prefix}{separator}{index}.png {'160 120 %g ' * 16}" % ((depth,) * 16)
        for index, depth in enumerate(depths_mm)
    ]
    path.write_text("\n".join(line if prefix else line.split(" ", 1)[1] for line in lines) + "\n")
    return path


def test_figures_are_those_of_the_errors(tmp_path: Path) -> None:
    truth = read_joints(made_file(tmp_path / "truth.txt", [400, 400, 400, 400]), ICVL)
    path = made_file(tmp_path / "method.txt", [401, 398, 404, 416])
    errors = read_errors(path, "method", ICVL, truth)
    assert errors.mean_mm == pytest.approx(23 / 4, rel=1e-4)
    assert errors.largest_mm == pytest.approx(16, rel=1e-4)
    assert errors.within([0.5, 3, 15, 17]).tolist() == [0, 0.5, 0.75, 1]
    value = errors.value(ICVL)
    assert value["name"] == "method"
    assert list(value["joint_means_mm"]) == list(ICVL.joints)
    assert value["joint_means_mm"]["thumb tip"] == pytest.approx(23 / 4, rel=1e-4)
    assert value["share_of_frames_within"][1:5] == [0.25, 0.5, 0.5, 0.75], (
        "a threshold that is reached counts"
    )


def test_results_of_other_frames_are_refused(tmp_path: Path) -> None:
    truth = read_joints(made_file(tmp_path / "truth.txt", [400, 400], "a"), ICVL)
    with pytest.raises(SourceError, match=r"few.txt has 1 frames where the truth has 2"):
        read_errors(made_file(tmp_path / "few.txt", [400]), "few", ICVL, truth)
    with pytest.raises(SourceError, match=r"other.txt, line 1, is of the frame b/0.png where .* has a/0.png"):
        read_errors(made_file(tmp_path / "other.txt", [400, 400], "b"), "other", ICVL, truth)
    windows = made_file(tmp_path / "windows.txt", [400, 400], "a", "\\")
    assert read_errors(windows, "windows", ICVL, truth).mean_mm == 0


def test_methods_are_named_by_files_and_by_folders_where_files_are_alike() -> None:
    paths = [Path("a/x.txt"), Path("b/x.txt"), Path("a/y.txt")]
    assert list(method_names(paths).values()) == ["a/x.txt", "b/x.txt", "y"]


@pytest.mark.parametrize("count", [1, 30])
def test_the_plot_takes_any_number_of_methods_and_any_name(count: int, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    methods = [PoseErrors(rf"_$\frac{n}", random.gamma(5, 3, (20, 16))) for n in range(count)]
    plot_shares(ICVL, methods, tmp_path / "shares.png")
    assert cv2.imread(str(tmp_path / "shares.png")).std() > 0
