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

"""`evaluate`: its report, its figures and its refusals."""

from __future__ import annotations

import json
import math

import cv2
import numpy as np
import pytest

pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
from support.networks import write_spoilt_bank

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands import evaluate
from hand_tracking_dsp.evaluation.measures.catalogue import ALL_METRICS, measured
from hand_tracking_dsp.evaluation.measures.frames import read_frames


@pytest.fixture(scope="module")
def report(bag, tmp_path_factory):
    """Give the folder of an evaluation of two levels."""
    out = tmp_path_factory.mktemp("report")
    assert main(["evaluate", str(bag), "--level", "0", "4", "--jobs", "1", "--out", str(out)]) == 0
    return out


def test_leaves_report_table_and_pictures(report):
    figures = json.loads((report / "report.json").read_text())
    assert list(figures["runs"]) == ["level 0", "level 4"]
    assert figures["recordings"][0] | {"path": ""} == {
        "name": "drive",
        "path": "",
        "frames": 30,
        "photos": False,
        "seconds": pytest.approx(29 / 30, abs=1e-3),
        "truth": "joints of a synthetic source",
        "problems": {},
    }
    pictures = [cv2.imread(str(report / worst["picture"])) for worst in figures["worst"]]
    assert len(pictures) == 10
    assert all(picture.shape == (240, 320, 3) for picture in pictures)
    assert len({worst["frame"] for worst in figures["worst"]}) == 10
    page = (report / "report.html").read_text()
    assert "level 4" in page
    assert "mde_px" in page


def test_the_figures_are_those_of_the_table(report):
    figures = json.loads((report / "report.json").read_text())
    frames = read_frames(report / "frames.csv")
    for run, found in figures["runs"].items():
        for name, value in measured(frames.where(run=run)).items():
            told = found["metrics"][name]
            assert (told is None) == math.isnan(value), name
            assert told is None or told == pytest.approx(value, rel=1e-4, abs=1e-5), name
        assert found["metrics"]["rate_hz"] > 0
        assert set(found["metrics"]) == {metric.name for metric in ALL_METRICS}


def test_all_measured_leaves_nothing_out(bag, tmp_path):
    assert main(["evaluate", str(bag), "--all-measured", "--jobs", "1", "--out", str(tmp_path)]) == 0
    figures = json.loads((tmp_path / "report.json").read_text())
    assert figures["settings"]["tracker.gate.enabled"] is False
    assert figures["runs"]["level 0"]["metrics"]["predicted_share"] == 0


def test_what_was_not_measured_is_said_with_what_it_needs(report):
    said = json.loads((report / "report.json").read_text())["not_measured"]
    assert any(line.startswith("drift_palm_percent: it needs --agreement") for line in said)
    assert not any(line.startswith("mde_px") for line in said)


def test_a_synthetic_hand_is_called_so_wherever_its_errors_stand(report, bag, tmp_path, capsys):
    assert main(["evaluate", str(bag), "--level", "4", "--out", str(tmp_path / "out")]) == 0
    said = "The hand in drive is synthetic"
    assert said in capsys.readouterr().out
    assert said in (report / "report.html").read_text()


def test_names_with_brackets_are_printed_as_they_are(bag, tmp_path, capsys):
    out = tmp_path / "[red] [/b]"
    assert main(["evaluate", str(bag), "--level", "4", "--out", str(out)]) == 0
    assert f"Report: {out / 'report.html'}" in capsys.readouterr().out


def test_ctrl_c_ends_it_with_a_sentence(bag, tmp_path, capsys, monkeypatch):
    def interrupt(*_words):
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluate, "run_here", interrupt)
    assert main(["evaluate", str(bag), "--out", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err == "Stopped by Ctrl-C: there is no report.\n"


def test_an_out_that_cannot_be_made_is_refused_before_anything_is_evaluated(
    bag, tmp_path, capsys, monkeypatch
):
    monkeypatch.delattr(evaluate, "run_here")
    (tmp_path / "file").write_text("precious")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        assert main(["evaluate", str(bag), "--out", str(out)]) == 1
        assert "cannot be written" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "precious"


def test_a_policy_runs_in_the_recordings_time(bag, tmp_path):
    words = ["--policy", "threshold", "--realtime", "--budget", "0.5"]
    assert main(["evaluate", str(bag), *words, "--out", str(tmp_path / "out")]) == 0
    frames = read_frames(tmp_path / "out/frames.csv")
    assert frames.names("run") == ["policy threshold"]
    assert np.nanmax(frames["late"]) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["b"], "The report needs a folder"),
        (["--out", "o"], "There is nothing to evaluate"),
        (["b", "--out", "o", "--truth", "t.csv"], "--truth is the ground truth of the photos"),
        (["b", "--out", "o", "--level", "9"], "There is no level 9"),
        (["b", "--out", "o", "--jobs", "0"], "--jobs is 0"),
        (["none", "--out", "o"], "There is no bag"),
        (["--images", "p", "--as-recorded", "--out", "o"], "--as-recorded needs a bag"),
    ],
)
def test_refuses_in_a_sentence(words, sentence, capsys):
    assert main(["evaluate", *words]) == 1
    assert sentence in capsys.readouterr().err


def test_prints_the_measures(capsys):
    assert main(["evaluate", "--metrics"]) == 0
    assert "| `mde_px` | px | lower |" in capsys.readouterr().out


def test_an_older_evaluation_is_replaced_as_a_whole_and_other_files_stay(bag, tmp_path, capsys):
    out = tmp_path / "out"
    (out / "worst").mkdir(parents=True)
    for name in ("report.json", "report.html", "frames.csv", "worst/99.jpg"):
        (out / name).write_text("old")
    (out / "notes.txt").write_text("of the user")
    assert main(["evaluate", str(bag), "--level", "4", "--jobs", "1", "--out", str(out)]) == 0
    assert f"{out / 'report.json'} is there already: it will be replaced." in capsys.readouterr().err
    assert not (out / "worst/99.jpg").exists()
    assert [path.name for path in out.rglob("*") if path.is_file() and path.read_bytes() == b"old"] == []
    assert (out / "notes.txt").read_text() == "of the user"
    assert {path.name for path in out.iterdir()} == {
        "report.json",
        "report.html",
        "frames.csv",
        "worst",
        "notes.txt",
    }


@pytest.mark.parametrize("output", ["landmarks", "world_landmarks", "handedness"])
def test_outputs_that_cannot_be_used_are_told_of_the_level_that_gave_them(bag, tmp_path, capsys, output):
    bank = write_spoilt_bank(tmp_path / "bank", output)
    levels = ["--level", "1", "0", "--jobs", "1", "--agreement"]
    assert main(["evaluate", str(bag), "--bank", str(bank), *levels, "--out", str(tmp_path / "out")]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"drive: Level 1 (lite) answers a region with unusable {output} in hand_lite.onnx on " in shown
    assert "choose another precision, or export it again (" in shown
    runs = json.loads((tmp_path / "out" / "report.json").read_text())["runs"]
    assert runs["level 0"]["metrics"]["rate_hz"] > 0
    frames = read_frames(tmp_path / "out" / "frames.csv")
    assert (frames.where(run="level 1")["hands"] == 0).all()
    assert (frames.where(run="level 0")["hands"] > 0).any()
