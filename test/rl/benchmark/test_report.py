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

"""A report of two episodes on a policy that nobody trained."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.commands.output import machine, write_json
from hand_tracking_dsp.rl.benchmark.candidates import SHIPPED, TUNED
from hand_tracking_dsp.rl.benchmark.report import headings, hypervolume_note, report_value, rows, write_report


def test_the_table_has_a_row_a_policy(results) -> None:
    table = results.table()
    assert set(table) == set(results.scores)
    lines = rows(results)
    assert [name for name, _ in lines] == list(results.scores)
    assert {len(cells) for _, cells in lines} == {len(headings())}
    gain = table[SHIPPED]["gain"]["value"]
    assert gain == pytest.approx(np.mean([score.gain for score in results.scores[SHIPPED]]))
    assert dict(lines)[SHIPPED][0].startswith(f"{gain:.3f} (")


def test_the_figures_can_be_read_from_json(results, training, tmp_path) -> None:
    write_json(tmp_path / "report.json", report_value(results, training, machine()))
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert set(found["policies"]) == set(results.scores)
    assert len(found["aims"]) == len(results.aims)
    assert found["weights"] == {"alpha": 0.4, "beta": 0.6}
    assert found["bank"]["fingerprint"] == results.benchmark.bank.fingerprint
    assert found["missions"]["seeds"] == [1, 2]
    assert found["settings"][TUNED] == results.candidates[TUNED].settings
    assert found["training"] == training
    assert found["not_measured"]
    assert found["over_training_seeds"]["trainings"] == ["ppo 0", "ppo 1"]
    assert set(found["hypervolume"]["reference"]) == {"miss_share", "error", "energy_j"}
    assert found["policies"][SHIPPED]["hypervolume"]["value"] >= 0
    assert [row["dense_share_of_budget"] for row in found["by_speed_of_the_device"]["shares"]] == [0.2, 1.4]


def test_the_page_works_offline(results, training, tmp_path) -> None:
    cv2.imwrite(str(tmp_path / "live.png"), np.zeros((8, 8, 3), np.uint8))
    live = {
        "headings": ["policy", "late"],
        "rows": [["learned", "1.5 %"], ["<b>rule</b>", "2 %"]],
        "note": "a note",
        "picture": str(tmp_path / "live.png"),
    }
    write_report(results, training, tmp_path / "out", live)
    names = {"report.html", "pareto.png", "gains.png", "mission.png"}
    assert {file.name for file in (tmp_path / "out").iterdir()} == names
    for name in names - {"report.html"}:
        assert cv2.imread(str(tmp_path / "out" / name)).std() > 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "http:" not in page
    assert "https:" not in page
    assert "<script" not in page
    assert "<link" not in page
    assert page.count("data:image/png;base64,") == page.count("<img ") == 4
    assert "In the running graph" in page
    assert "&lt;b&gt;rule&lt;/b&gt;" in page
    assert "What was not measured" in page
    for name in results.scores:
        assert name in page
    for text in (results.speed.verdict, results.over_trainings.title, hypervolume_note(results)):
        assert text in page


def test_without_a_live_run_the_page_has_none(results, training, tmp_path) -> None:
    write_report(results, training, tmp_path)
    assert "In the running graph" not in (tmp_path / "report.html").read_text(encoding="utf-8")
