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

"""Networks for the joints of NYU, ICVL and MSRA15, on tiny data sets of their layouts."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import BENCHMARKS, PoseBenchmark
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.manifest import read_manifest

DEPTH_MM = 500
JOINTS = {"nyu": 14, "icvl": 16, "msra": 21}


def run(*words: object) -> int:
    return main(["hourglass", *map(str, words)])


def surface(benchmark: PoseBenchmark, frame: int) -> np.ndarray:
    """Draw a disc before nothing, float64 [height, width], mm."""
    depth = np.zeros((benchmark.height, benchmark.width), np.uint8)
    cv2.circle(depth, (benchmark.width // 2 + 3 * frame, benchmark.height // 2), 30, 1, -1)
    return depth.astype(np.float64) * DEPTH_MM


def joints_xyz(count: int, frame: int) -> np.ndarray:
    """Spread joints over the disc, float64 [count, 3], mm, y down."""
    turns = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([40 * np.cos(turns) + frame, 40 * np.sin(turns), np.full(count, DEPTH_MM)], 1)


def make_nyu(folder: Path, frames: int) -> Path:
    """Make NYU; returns the file of its truth."""
    benchmark = BENCHMARKS["nyu"]
    xyz = np.stack([joints_xyz(36, frame) for frame in range(frames)])
    camera = benchmark.camera
    uv = xyz[..., :2] / xyz[..., 2:] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
    uvd = np.concatenate([uv, xyz[..., 2:]], axis=-1)
    for split in ("train", "test"):
        (part := folder / "dataset" / split).mkdir(parents=True)
        savemat(part / "joint_data.mat", {"joint_uvd": uvd[None], "joint_xyz": xyz[None] * (1, -1, 1)})
        for frame in range(frames):
            depth = surface(benchmark, frame).astype(np.uint16)
            packed = np.stack([depth & 255, depth >> 8, depth * 0], axis=-1).astype(np.uint8)
            cv2.imwrite(str(part / f"depth_1_{frame + 1:07d}.png"), packed)
    return folder / "dataset" / "test" / "joint_data.mat"


def make_icvl(folder: Path, frames: int) -> Path:
    """Make ICVL; returns the file of the first test sequence's truth, which has all but one frame."""
    benchmark = BENCHMARKS["icvl"]
    camera = benchmark.camera
    lines, names = [], [f"seq/image_{frame:04d}.png" for frame in range(frames)]
    for frame, name in enumerate(names):
        xyz = joints_xyz(16, frame)
        uv = xyz[:, :2] / xyz[:, 2:] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
        numbers = np.concatenate([uv, xyz[:, 2:]], axis=1).ravel()
        lines.append(f"{name} " + " ".join(f"{number:.3f}" for number in numbers))
        for place in ("Training", "Testing"):
            path = folder / place / "Depth" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), surface(benchmark, frame).astype(np.uint16))
    (folder / "Training" / "labels.txt").write_text("\n".join(lines))
    (folder / "Testing" / "test_seq_1.txt").write_text("\n".join(lines[:-1]))
    (folder / "Testing" / "test_seq_2.txt").write_text(lines[-1])
    (folder / "truth.txt").write_text("\n".join(lines))
    return folder / "truth.txt"


def make_msra(folder: Path, frames: int) -> Path:
    """Make MSRA15, of which two people show one gesture; returns a file of the first one's truth."""
    benchmark = BENCHMARKS["msra"]
    camera = benchmark.camera
    for person in ("P0", "P3"):
        (gesture := folder / person / "1").mkdir(parents=True)
        xyz = [joints_xyz(21, frame) for frame in range(frames)]
        lines = [" ".join(f"{v:.4f}" for v in (one * (1, -1, -1)).ravel()) for one in xyz]
        (gesture / "joint.txt").write_text("\n".join([str(frames), *lines, ""]))
        header = struct.pack(
            "<6i", benchmark.width, benchmark.height, 0, 0, benchmark.width, benchmark.height
        )
        for frame in range(frames):
            pixels = surface(benchmark, frame).astype("<f4").tobytes()
            (gesture / f"{frame:06d}_depth.bin").write_bytes(header + pixels)
    truth = []
    for one in xyz:
        uv = one[:, :2] / one[:, 2:] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
        truth.append(" ".join(f"{v:.4f}" for v in np.concatenate([uv, one[:, 2:]], axis=1).ravel()))
    (folder / "truth.txt").write_text("\n".join(truth))
    return folder / "truth.txt"


MAKERS = {"nyu": make_nyu, "icvl": make_icvl, "msra": make_msra}


def samples(dataset: str, folder: Path, out: Path, *words: object) -> int:
    return run("samples", "--from-dataset", dataset, "--folder", folder, "--out", out, *words)


def trained(folder: Path, work: Path, *words: object) -> int:
    sets = ("--samples", folder, "--validation", folder, "--work", work, "--threads", "1")
    size = ("--channels", *"88888", "--steps", "2", "--batch", "2", "--check-every", "1")
    return run("train", *sets, *size, *words)


@pytest.mark.parametrize("dataset", list(MAKERS))
def test_a_network_is_trained_and_its_results_are_compared_with_the_truth(
    dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = MAKERS[dataset](tmp_path / "data", 4)
    assert samples(dataset, tmp_path / "data", tmp_path / "train") == 0
    assert f"4 frames of {BENCHMARKS[dataset].title} are in" in capsys.readouterr().out
    assert trained(tmp_path / "train", tmp_path / "work") == 0
    network = tmp_path / "work" / "checkpoint.pt"
    results = tmp_path / "results.txt"
    words = ("--dataset", dataset, "--folder", tmp_path / "data")
    assert run("results", "--network", network, *words, "--out", results, "--exit", "stack1_l2") == 0
    row = [line for line in capsys.readouterr().out.splitlines() if line.startswith("│ stack1_l2")][-1]
    told = float(row.split("│")[4])
    out = tmp_path / "benchmark"
    files = ("--truth", str(truth), "--results", str(results), "--out", str(out))
    assert main(["depth", "benchmark", "--dataset", dataset, *files]) == 0
    (method,) = json.loads((out / "benchmark.json").read_text())["methods"]
    assert method["mean_error_mm"] == pytest.approx(told, abs=0.02)  # the file has three decimals
    assert told < 150, "joints are found in the cube"


def test_the_package_refuses_a_bank_of_other_joints_and_says_why(tmp_path: Path) -> None:
    make_nyu(tmp_path / "data", 3)
    samples("nyu", tmp_path / "data", tmp_path / "train")
    trained(tmp_path / "train", tmp_path / "work")
    words = ("--network", tmp_path / "work" / "checkpoint.pt", "--samples", tmp_path / "train")
    assert run("export", *words, "--out", tmp_path / "bank", "--runs", "2", "--exits", "stack1_l1") == 0
    depth = read_manifest(tmp_path / "bank").levels[0].depth
    assert depth is not None
    assert (depth.joints, depth.skeleton, depth.cube_m) == (14, "nyu", 0.3)
    with pytest.raises(ModelError, match="find the 14 joints of nyu, not the 21 of a hand here"):
        LevelBank.load(tmp_path / "bank")


def test_samples_of_other_joints_are_not_mixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for dataset in ("icvl", "nyu"):
        MAKERS[dataset](tmp_path / dataset, 3)
        assert samples(dataset, tmp_path / dataset, tmp_path / f"{dataset}_train") == 0
    assert trained(tmp_path / "icvl_train", tmp_path / "work") == 0
    network = tmp_path / "work" / "checkpoint.pt"
    assert trained(tmp_path / "nyu_train", tmp_path / "again", "--start", network) == 1
    assert "has 14 joints of nyu, but the network finds 16 of icvl" in " ".join(
        capsys.readouterr().err.split()
    )
    words = ("--dataset", "nyu", "--folder", tmp_path / "nyu", "--out", tmp_path / "results.txt")
    assert run("results", "--network", network, *words) == 1
    assert "finds the joints of icvl, not of nyu" in capsys.readouterr().err


def test_fewer_frames_are_evenly_spread(tmp_path: Path) -> None:
    make_icvl(tmp_path / "data", 5)
    assert samples("icvl", tmp_path / "data", tmp_path / "out", "--count", "3") == 0
    with np.load(next((tmp_path / "out").glob("*.npz"))) as data:
        middles = data["joints_m"][:, :, 0].mean(1) * 1000
    assert np.allclose(middles, [0, 2, 4], atol=0.01)


def test_frames_that_cannot_be_read_are_counted_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_icvl(tmp_path / "data", 3)
    (tmp_path / "data" / "Training" / "Depth" / "seq" / "image_0001.png").unlink()
    assert samples("icvl", tmp_path / "data", tmp_path / "out") == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "1 of them are left out, the last one since" in printed
    assert "image_0001.png cannot be read" in printed


def test_a_data_set_without_its_images_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_nyu(tmp_path / "data", 2)
    for path in (tmp_path / "data").rglob("*.png"):
        path.unlink()
    assert samples("nyu", tmp_path / "data", tmp_path / "out") == 1
    assert "depth_1_0000002.png cannot be read" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("words", [("--split", "val"), ()])
def test_a_data_set_needs_its_folder_and_has_two_parts(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ("--folder", tmp_path) if words else ()
    assert run("samples", "--from-dataset", "nyu", "--out", tmp_path / "out", *place, *words) == 1
    assert "--from-dataset needs --folder, and --split train or test" in capsys.readouterr().err
