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

"""Files of joints as published: numbers a line, perhaps a name, one camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.errors import SourceError
from hand_tracking_dsp.evaluation.pose_benchmark.benchmark import BENCHMARKS, ICVL, MSRA, NYU, PoseBenchmark
from hand_tracking_dsp.evaluation.pose_benchmark.joint_file import joined, read_joints, write_joints


def line_of(benchmark: PoseBenchmark, *joint: float, name: str = "") -> str:
    """Write a frame whose joints are all at one place."""
    return " ".join([*filter(None, [name]), *(f"{number:.3f}" for number in joint * len(benchmark.joints))])


@pytest.mark.parametrize("benchmark", BENCHMARKS.values(), ids=BENCHMARKS)
def test_joints_are_placed_by_the_cameras_of_the_published_rules(
    benchmark: PoseBenchmark, tmp_path: Path
) -> None:
    camera = benchmark.camera
    path = tmp_path / "results.txt"
    path.write_text(line_of(benchmark, camera.cx + 30, camera.cy + 20, 500) + "\n")
    found = read_joints(path, benchmark)
    expected = (30 * 0.5 / camera.fx, 20 * 0.5 / camera.fy, 0.5)
    assert found.joints_m.shape == (1, len(benchmark.joints), 3)
    np.testing.assert_allclose(found.joints_m[0, -1], expected, rtol=1e-5)
    np.testing.assert_allclose(found.joints_uvd[0, 0], (camera.cx + 30, camera.cy + 20, 0.5), rtol=1e-6)
    assert found.names is None


def test_the_rules_are_those_published() -> None:
    assert [(len(one.joints), one.camera.fx, one.camera.fy) for one in (NYU, ICVL, MSRA)] == [
        (14, 588.03, 587.07),
        (16, 240.99, 240.96),
        (21, 241.42, 241.42),
    ]
    assert NYU.joints[8:] == ("thumb tip", "thumb middle", "thumb root", "wrist side", "wrist", "palm")
    assert (ICVL.joints[0], ICVL.joints[3]) == ("palm", "thumb tip")
    assert (MSRA.joints[1], MSRA.joints[5], MSRA.joints[20]) == ("index MCP", "middle MCP", "thumb tip")


def test_lines_may_begin_with_names_and_end_as_on_windows(tmp_path: Path) -> None:
    path = tmp_path / "test_seq_1.txt"
    lines = [line_of(ICVL, 160, 120, 400, name=f"test_seq_1/image_{n:04d}.png") for n in range(2)]
    path.write_bytes((" \r\n".join(lines) + " \r\n\r\n").encode())
    found = read_joints(path, ICVL)
    assert found.names == ["test_seq_1/image_0000.png", "test_seq_1/image_0001.png"]
    np.testing.assert_allclose(found.joints_m[1, 3], (0, 0, 0.4), atol=1e-7)


def test_millimetres_in_space_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "xyz.txt"
    path.write_text(line_of(MSRA, 10, -20, 500, name="P0/1/000000_depth.bin").replace(" ", "\t"))
    found = read_joints(path, MSRA, "xyz")
    np.testing.assert_allclose(found.joints_m[0, 20], (0.01, -0.02, 0.5), rtol=1e-6)
    expected = (160 + 241.42 * 0.02, 120 - 241.42 * 0.04, 0.5)
    np.testing.assert_allclose(found.joints_uvd[0, 20], expected, rtol=1e-6)


def test_several_files_follow_each_other(tmp_path: Path) -> None:
    parts = []
    for number in (1, 2):
        path = tmp_path / f"{number}.txt"
        path.write_text(line_of(ICVL, 160, 120, 100 * number, name=f"{number}.png"))
        parts.append(read_joints(path, ICVL))
    both = joined(parts)
    assert both.names == ["1.png", "2.png"]
    assert both.joints_uvd[:, 0, 2].tolist() == pytest.approx([0.1, 0.2])


@pytest.mark.parametrize("benchmark", BENCHMARKS.values(), ids=BENCHMARKS)
def test_what_is_written_is_read_as_it_was(benchmark: PoseBenchmark, tmp_path: Path) -> None:
    joints_m = np.random.default_rng(0).uniform((-0.2, -0.2, 0.3), 0.9, (5, len(benchmark.joints), 3))
    write_joints(tmp_path / "found.txt", joints_m.astype(np.float32), benchmark)
    found = read_joints(tmp_path / "found.txt", benchmark)
    np.testing.assert_allclose(found.joints_m, joints_m, atol=5e-6)
    assert len((tmp_path / "found.txt").read_text().splitlines()) == 5


@pytest.mark.parametrize("depth_m", [np.nan, np.inf, 0, -0.5])
def test_joints_without_a_pixel_are_not_written(depth_m: float, tmp_path: Path) -> None:
    joints_m = np.full((1, 14, 3), 0.5)
    joints_m[0, 3, 2] = depth_m
    with pytest.raises(ValueError, match="before the camera"):
        write_joints(tmp_path / "found.txt", joints_m, NYU)
    assert not (tmp_path / "found.txt").exists()


GOOD = line_of(NYU, 320, 240, 700)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"line 1, has 0 values; NYU needs 42, three of each of its 14 joints"),
        (GOOD + "\n\n" + GOOD, r"line 2, has 0 values"),
        (GOOD + "\n" + GOOD[:-8], r"line 2, has 41 values"),
        (line_of(ICVL, 1, 2, 3, name="a.png"), r"line 1, has 49 values, as ICVL has; NYU needs 42"),
        (GOOD.replace("700.000", "nan", 1), r"line 1, has 'nan' where a number belongs"),
        (GOOD + "\n" + GOOD.replace("700.000", "1e999", 1), r"line 2, has '1e999' where a number belongs"),
        (GOOD.replace("700.000", "7,5", 1), r"line 1, has '7,5' where a number belongs"),
        (GOOD.replace("700.000", "1e308"), r"line 1, has '1e308' where a number belongs"),
        (f"a.png {GOOD}\n{GOOD}", r"names 1 of its 2 frames: name all of them or none"),
    ],
)
def test_a_line_of_another_form_is_named(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text(text)
    with pytest.raises(SourceError, match=sentence) as raised:
        read_joints(path, NYU)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(("content", "reason"), [(None, "No such file"), (b"\xff\xfe1 2 3", "not in UTF-8")])
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "none.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=reason):
        read_joints(path, NYU)
