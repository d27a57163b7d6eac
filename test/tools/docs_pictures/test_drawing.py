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

"""Pictures for the documentation."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from docs_pictures.drawing import Strokes, save_joints, save_sheet, save_strokes
from hand_tracking_dsp.tracking.draw import FINGER_COLOURS_BGR


def colours(path: Path) -> set[tuple[int, ...]]:
    """All colours of a picture, BGR."""
    return {tuple(colour) for colour in np.unique(cv2.imread(str(path)).reshape(-1, 3), axis=0).tolist()}


def test_the_joints_have_their_fingers_colours(tmp_path: Path) -> None:
    save_joints(tmp_path / "joints.png")
    assert set(FINGER_COLOURS_BGR) <= colours(tmp_path / "joints.png")


def test_a_sheet_shows_every_picture(tmp_path: Path) -> None:
    greys = {f"grey {value}": np.full((60, 60, 3), value, np.uint8) for value in (40, 80, 120)}
    save_sheet(greys, 2, "greys", tmp_path / "sheet.png")
    assert {(value,) * 3 for value in (40, 80, 120)} <= colours(tmp_path / "sheet.png")


def test_strokes_have_the_colours_of_the_markers(tmp_path: Path) -> None:
    points = np.random.default_rng(0).uniform(-0.1, 0.1, (4, 3)).astype(np.float32) + np.float32([0, 0, 0.5])
    hand = Strokes(
        lines=points.reshape(2, 2, 3),
        line_colours=[(1.0, 0.0, 1.0), (0.0, 1.0, 1.0)],
        points=points,
        point_colours=[(1.0, 1.0, 0.0)] * 4,
        name="left #1 0.98",
        name_at=points[0],
        name_colour=(1.0, 1.0, 1.0),
    )
    save_strokes([hand], "a title", tmp_path / "markers.png")
    assert {(255, 0, 255), (255, 255, 0), (0, 255, 255)} <= colours(tmp_path / "markers.png")
