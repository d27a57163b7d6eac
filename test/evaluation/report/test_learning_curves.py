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

"""Learning curves of all trainings in a folder, whichever trainer left them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from hand_tracking_dsp.evaluation.report.learning_curves import (
    plot_by_figure,
    plot_by_training,
    read_curves,
)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "first").mkdir(parents=True)
    (folder / "level" / "second").mkdir(parents=True)
    (folder / "first" / "curve.csv").write_text("step,loss\n1,0.5\n2,0.25\n")
    entries = [{"step": 0, "loss": None, "synthetic": 4}, {"step": 5, "loss": 0.1, "deviation": 3}]
    (folder / "level" / "second" / "curve.json").write_text(json.dumps(entries))
    return folder


def test_tables_and_json_are_read_alike(work: Path) -> None:
    assert read_curves(work) == {
        "first": [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}],
        "level/second": [{"step": 0, "synthetic": 4}, {"step": 5, "loss": 0.1, "deviation": 3}],
    }


def test_both_plots_show_more_than_those_of_no_training(work: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    for folder, name in ((work, "full"), (tmp_path / "nothing", "empty")):
        plot_by_figure(
            folder, tmp_path / f"{name}_figures.png", "step", {"loss": "loss"}, "Title", {"loss": 0.2}
        )
        plot_by_training(folder, tmp_path / f"{name}_trainings.png", "step", "deviation", frozenset({"loss"}))
    for kind in ("figures", "trainings"):
        full, empty = (cv2.imread(str(tmp_path / f"{name}_{kind}.png")) for name in ("full", "empty"))
        assert full.std() > empty.std()
