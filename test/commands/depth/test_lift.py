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

"""hand-tracking-dsp depth lift: figures of lifting, of its time, and of folders of depth images."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.rendered_hands import CAMERA, render

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.hand import Handedness

FOCAL = ("--camera", str(CAMERA.fx), str(CAMERA.fy), str(CAMERA.cx), str(CAMERA.cy))
ONLY_FOLDER = ("depth", "lift", "--people", "none", "--frames", "0")


def write(folder: Path, count: int = 4) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        view = render("open palm", (5.0 * number, 0.0, 0.0), side=Handedness.LEFT).view
        units = np.where(view.metres < 0.9, view.metres / 0.000125, 0).astype(np.uint16)
        cv2.imwrite(str(folder / f"{number}.png"), units)


def test_hands_in_a_folder_of_depth_images_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a long path would be broken into lines
    write(tmp_path / "person")
    assert main([*ONLY_FOLDER, "--depth", ".", "--unit", "0.000125", *FOCAL]) == 0
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "person" in line]
    images, found, presence, deviation, plain = row.replace("│", " ").split()[-5:]
    assert (images, found) == ("4", "4")
    assert float(presence) > 0.5
    assert 0 < float(deviation) < 6
    assert float(plain) > 0


def test_times_are_measured_in_one_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["depth", "lift", "--people", "none", "--frames", "4"]) == 0
    printed = capsys.readouterr().out
    for part in ("tracking a hand", "drawing the statue", "lifting one hand", "lifting two hands"):
        assert part in printed


def test_pictures_in_colour_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "colour.png"), np.zeros((48, 64, 3), np.uint8))
    assert main([*ONLY_FOLDER, "--depth", str(tmp_path), *FOCAL]) == 1
    assert "not a 16-bit picture" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--depth", "."), "--camera FX FY CX CY"),
        (("--unit", "0"), "--unit is 0"),
        (("--unit", "nan"), "--unit is nan"),
        (("--frames", "-1"), "--frames"),
        (("--bank", "hourglass"), "hourglass sees depth"),
    ],
)
def test_options_that_cannot_work_are_refused(
    given: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["depth", "lift", "--people", "none", *given]) != 0
    assert said in capsys.readouterr().err


def test_a_picture_of_lifted_hands_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ONLY_FOLDER, "--out", str(tmp_path)]) == 0
    assert "lifted_hands.jpg" in capsys.readouterr().out
    picture = cv2.imread(str(tmp_path / "lifted_hands.jpg"))
    assert picture is not None
    assert picture.shape == (750, 1250, 3)
    # Joints are drawn over most statues, and beside the true bones below them.
    below = picture[500:]
    assert np.count_nonzero(below.std(axis=2) > 30) > 1000
