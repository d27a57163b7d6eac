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

"""The command depth benchmark, from files to its table, JSON and plot."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import BENCHMARKS


def made_file(path: Path, dataset: str, depths_mm: list[float]) -> str:
    """Write a frame a depth, all joints on the optical axis."""
    benchmark = BENCHMARKS[dataset]
    joint = f"{benchmark.camera.cx} {benchmark.camera.cy} "
    lines = [" ".join([f"{joint}{depth}"] * len(benchmark.joints)) for depth in depths_mm]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.mark.parametrize("dataset", BENCHMARKS)
def test_results_are_compared_with_the_truth(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = [made_file(tmp_path / f"truth_{n}.txt", dataset, [500, 500]) for n in (1, 2)]
    good = made_file(tmp_path / "good.txt", dataset, [501, 502, 503, 504.5])
    bad = made_file(tmp_path / "bad.txt", dataset, [515, 515, 525, 525])
    out = tmp_path / "out"
    arguments = ["--truth", *truth, "--results", good, bad, "--joints", "--out", str(out)]
    assert main(["depth", "benchmark", "--dataset", dataset, *arguments]) == 0
    shown, warned = capsys.readouterr()
    assert warned == ""
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if "│" in line]
    assert ["good", "2.625", "4.5", "100.00", "100.00", "100.00", "100.00"] in rows
    assert ["bad", "20.000", "25.0", "0.00", "50.00", "100.00", "100.00"] in rows
    joints = BENCHMARKS[dataset].joints
    assert [row for row in rows if row[0] in joints] == [[joint, "2.625", "20.000"] for joint in joints]
    found = json.loads((out / "benchmark.json").read_text())
    assert (found["dataset"], found["frames"], found["joints"]) == (dataset, 4, list(joints))
    assert found["camera"]["fx"] == BENCHMARKS[dataset].camera.fx
    good_value, bad_value = found["methods"]
    assert good_value["mean_error_mm"] == pytest.approx(2.625, abs=1e-4)
    assert bad_value["share_of_frames_within"][14:17] == [0, 0.5, 0.5]
    assert len(found["thresholds_mm"]) == len(bad_value["share_of_frames_within"]) == 81
    assert (out / "benchmark.png").read_bytes().startswith(b"\x89PNG")


def test_nyus_own_file_is_truth_by_the_joints_that_are_evaluated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Joints that are not evaluated lie elsewhere; what counts are pixels and depths, as published.
    uvd = np.full((1, 2, 36, 3), 100.0)
    uvd[:, :, [0, 3, 6, 9, 12, 15, 18, 21, 24, 25, 27, 30, 31, 32]] = (320, 240, 700)
    savemat(tmp_path / "joint_data.mat", {"joint_uvd": uvd, "joint_xyz": np.zeros_like(uvd)})
    results = made_file(tmp_path / "method.txt", "nyu", [701, 703])
    words = ["--dataset", "nyu", "--truth", str(tmp_path / "joint_data.mat"), "--results", results]
    assert main(["depth", "benchmark", *words]) == 0
    assert "│ method │          2.000 │         3.0 │" in capsys.readouterr().out


def test_results_in_space_are_read_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = made_file(tmp_path / "truth.txt", "icvl", [400])
    (tmp_path / "xyz.txt").write_text("image.png\t" + "3 4 400\t" * 16)
    words = ["--dataset", "icvl", "--truth", truth, "--results", str(tmp_path / "xyz.txt")]
    assert main(["depth", "benchmark", *words, "--coordinates", "xyz"]) == 0
    assert "│ xyz    │          5.000 │" in capsys.readouterr().out


def test_a_file_of_another_data_set_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = made_file(tmp_path / "truth.txt", "nyu", [400])
    results = made_file(tmp_path / "results.txt", "icvl", [400])
    assert main(["depth", "benchmark", "--dataset", "nyu", "--truth", truth, "--results", results]) == 1
    _, err = capsys.readouterr()
    assert err.startswith(f"hand-tracking-dsp depth benchmark: {results}, line 1, has 48 values, as ICVL has")


def test_a_result_that_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    words = ["--truth", "missing", "--results", "missing", "--out", str(tmp_path / "file" / "out")]
    assert main(["depth", "benchmark", "--dataset", "nyu", *words]) == 1
    assert "--out" in capsys.readouterr().err
