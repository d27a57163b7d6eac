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

from pathlib import Path

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.evaluation.agreement import Agreement, sample_photos, table
from hand_tracking_dsp.evaluation.workers import FoundHand
from hand_tracking_dsp.hand import Handedness, Joint


def _found(x: float, side: Handedness = Handedness.LEFT) -> FoundHand:
    points = np.random.default_rng(0).uniform(0, 100, (21, 3)).astype(np.float32)
    points[Joint.WRIST, :2] = 50, 100
    points[Joint.MIDDLE_MCP, :2] = 50, 50
    return FoundHand(points + np.array([x, 0, 0], dtype=np.float32), side)


def _folder(path: Path, count: int) -> Path:
    path.mkdir()
    for index in range(count):
        cv2.imwrite(str(path / f"{index}.png"), np.zeros((4, 4, 3), np.uint8))
    return path


def test_agreement_counts_hands_distances_and_sides() -> None:
    agreement = Agreement()
    agreement.add_photo([_found(1)], [_found(0)])
    agreement.add_photo([_found(0, Handedness.RIGHT), _found(900)], [_found(0)])
    agreement.add_photo([], [_found(0)])
    agreement.add_photo([_found(0, Handedness.UNKNOWN)], [_found(0)])
    figures = agreement.figures()
    assert figures["photos"] == 4
    assert figures["hands_mediapipe"] == 4
    assert figures["found_by_both_percent"] == 75.0
    assert figures["hands_ours_only"] == 1
    assert figures["deviation_px"]["mean"] == pytest.approx(1 / 3)
    assert figures["deviation_palm_percent"]["mean"] == pytest.approx(2 / 3, rel=1e-5)
    assert figures["same_side_percent"] == 50.0, "a side that one does not tell does not count"


def test_photos_without_hands_make_no_figures_and_no_error() -> None:
    agreement = Agreement()
    agreement.add_photo([], [])
    assert agreement.figures()["found_by_both_percent"] is None
    assert "| - % |" in table({"empty": agreement})


def test_the_last_row_is_the_sum_of_the_folders() -> None:
    a, b = Agreement(), Agreement()
    a.add_photo([_found(0)], [_found(0)])
    b.add_photo([], [_found(0)])
    assert table({"a": a, "b": b}).splitlines()[-1].startswith("| **all** | 2 | 2 | 50.0 % | 0 |")


def test_photos_are_taken_evenly_and_a_small_folder_gives_what_it_has(tmp_path: Path) -> None:
    folders = [_folder(tmp_path / name, count) for name, count in (("a", 20), ("b", 3), ("c", 20))]
    chosen = sample_photos(folders, 21, seed=0)
    assert [len(chosen[folder]) for folder in folders] == [9, 3, 9]
    assert list(chosen) == folders


def test_the_same_seed_chooses_the_same_photos(tmp_path: Path) -> None:
    folders = [_folder(tmp_path / "a", 30)]
    assert sample_photos(folders, 10, seed=1) == sample_photos(folders, 10, seed=1)
    assert sample_photos(folders, 10, seed=1) != sample_photos(folders, 10, seed=2)


def test_more_photos_than_there_are_means_all(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "a", 5)
    assert len(sample_photos([folder], 100, seed=0)[folder]) == 5
