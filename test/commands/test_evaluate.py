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

import json
import math
import shutil
import sqlite3

import cv2
import numpy as np
import pytest

pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands import evaluate
from hand_tracking_dsp.evaluation.measures.catalogue import ALL_METRICS, measured
from hand_tracking_dsp.evaluation.measures.frames import read_frames
from hand_tracking_dsp.recordings.bags.definitions import BAG_MESSAGES
from hand_tracking_dsp.recordings.bags.record_camera import record_source
from hand_tracking_dsp.recordings.bags.writer import BagWriter
from hand_tracking_dsp.resources import default_bank, default_policy


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    """Give a bag of one second of a synthetic hand."""
    path = tmp_path_factory.mktemp("bags") / "drive"
    with (
        SyntheticHandSource(SourceOptions(width=320, height=240, absence_s=0.0)) as source,
        BagWriter(path) as writer,
    ):
        record_source(source, writer, 1.0, jpeg_quality=90)
    return path


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


def test_depth_gives_figures_in_millimetres_which_compare_takes(tmp_path, capsys):
    options = SourceOptions(width=320, height=240, absence_s=0.0)
    with SyntheticHandSource(options) as source, BagWriter(tmp_path / "deep") as writer:
        record_source(source, writer, 0.6, jpeg_quality=90, depth=True)
    for name, modes in (("all", ()), ("a", ("fused", "depth_only")), ("b", ("fused", "depth_only"))):
        out = ["--jobs", "1", "--out", str(tmp_path / name)]
        assert main(["evaluate", str(tmp_path / "deep"), "--depth", *modes, *out]) == 0
    figures = json.loads((tmp_path / "all" / "report.json").read_text())
    modes = ["rgb", "fused", "depth_only", "auto"]
    assert list(figures["runs"]) == [f"level 0, {mode}" for mode in modes]
    errors = [about["metrics"]["error_3d_mm"] for about in figures["runs"].values()]
    assert errors[0] is None
    assert all(0 < error < 40 for error in errors[1:])
    assert "Error in space" in (tmp_path / "a" / "report.html").read_text()
    capsys.readouterr()
    pair = [str(tmp_path / name) for name in ("a", "b")]
    assert main(["compare", *pair, "--fail-if", "error_3d_mm>+1%"]) == 0
    assert "error_3d_mm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--depth-topic", "/x"], "add --depth, or leave it out"),
        (["--depth", "--depth-slop-s", "3"], "--depth-slop-s is 3"),
    ],
)
def test_options_of_depth_that_do_not_fit_are_refused(bag, tmp_path, capsys, options, said):
    assert main(["evaluate", str(bag), "--out", str(tmp_path), *options]) == 1
    assert said in capsys.readouterr().err


def test_a_bank_that_sees_depth_runs_in_depth_alone(tmp_path, capsys):
    options = SourceOptions(width=320, height=240, absence_s=0.0)
    with SyntheticHandSource(options) as source, BagWriter(tmp_path / "deep") as writer:
        record_source(source, writer, 0.3, jpeg_quality=90, depth=True)
    bank = str(default_bank().parent / "hourglass")
    command = [
        "evaluate",
        str(tmp_path / "deep"),
        "--bank",
        bank,
        "--jobs",
        "1",
        "--out",
        str(tmp_path / "o"),
    ]
    for modes in ([], ["--depth", "fused"], ["--depth", "depth_only", "auto"]):
        assert main([*command, *modes]) == 1
        assert "see depth: add --depth depth_only and no other mode" in capsys.readouterr().err
    assert main([*command, "--depth"]) == 0
    runs = json.loads((tmp_path / "o" / "report.json").read_text())["runs"]
    assert list(runs) == ["level 0, depth_only"]
    assert runs["level 0, depth_only"]["metrics"]["hands_placed"] > 0.5


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


def test_a_damaged_image_is_named_on_the_terminal_and_in_the_report(tmp_path, capsys):
    with (
        SyntheticHandSource(SourceOptions(width=320, height=240)) as source,
        BagWriter(tmp_path / "bag") as writer,
    ):
        for number in range(5):
            stamp_ns = 10**18 + number * 33_333_333
            message = BAG_MESSAGES.image(source.read().image, BAG_MESSAGES.header(stamp_ns, "camera"))
            if number == 2:
                message.data = message.data[:10]
            writer.write("/image_raw", message, stamp_ns)
    out = tmp_path / "out"
    assert main(["evaluate", str(tmp_path / "bag"), "--out", str(out)]) == 0
    assert "The image is truncated" in " ".join(capsys.readouterr().out.split())
    (problem,) = json.loads((out / "report.json").read_text())["recordings"][0]["problems"]
    assert "The image is truncated" in problem
    assert (read_frames(out / "frames.csv")["outcome"] == "rejected").sum() == 1


def test_it_fails_where_no_image_could_be_tracked_and_still_leaves_the_report(tmp_path, capsys):
    with BagWriter(tmp_path / "bag") as writer:
        message = BAG_MESSAGES.image(np.zeros((8, 8, 3), np.uint8), BAG_MESSAGES.header(10**18, "camera"))
        message.data = message.data[:10]
        for number in range(3):
            writer.write("/image_raw", message, 10**18 + number)
    out = tmp_path / "out"
    assert main(["evaluate", str(tmp_path / "bag"), "--out", str(out)]) == 1
    said = capsys.readouterr()
    assert "None of the images could be tracked" in said.err
    assert "The image is truncated" in " ".join(said.out.split())
    (recording,) = json.loads((out / "report.json").read_text())["recordings"]
    assert sum(recording["problems"].values()) >= 3


def test_a_bag_that_cannot_be_read_is_left_out_and_named(bag, tmp_path, capsys):
    (tmp_path / "broken.mcap").write_bytes(b"no bag")
    out = str(tmp_path / "out")
    assert main(["evaluate", str(bag), str(tmp_path / "broken.mcap"), "--jobs", "1", "--out", out]) == 0
    assert "left out: The bag" in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path / "broken.mcap"), "--out", out]) == 1


def test_photos_and_bags_go_into_one_report(bag, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    with SyntheticHandSource(SourceOptions(absence_s=0.0)) as source:
        cv2.imwrite(str(folder / "a.png"), [source.read() for _ in range(40)][-1].image)
    (folder / "b.png").write_bytes(b"")
    (tmp_path / "truth.csv").write_text("file,xmin,ymin,xmax,ymax\na.png,0,0,640,480\n")
    words = ["--images", str(folder), "--truth", str(tmp_path / "truth.csv"), "--level", "4"]
    assert main(["evaluate", str(bag), *words, "--jobs", "1", "--out", str(tmp_path / "out")]) == 0
    recordings = json.loads((tmp_path / "out/report.json").read_text())["recordings"]
    assert [(one["name"], one["truth"]) for one in recordings] == [
        ("drive", "joints of a synthetic source"),
        ("photos (photos)", "boxes"),
    ]


def test_bags_of_the_same_name_keep_apart(bag, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "drive").symlink_to(bag)
    bags = [str(tmp_path / folder / "drive") for folder in ("one", "two")]
    # A link is the bag that it leads to.
    assert main(["evaluate", *bags, "--level", "4", "--out", str(tmp_path / "out")]) == 0
    frames = read_frames(tmp_path / "out/frames.csv")
    assert frames.names("bag") == ["drive"]


def test_recordings_and_policies_of_the_same_name_have_runs_of_their_own(bag, tmp_path):
    policy = default_policy()
    for folder in ("one", "two"):
        shutil.copytree(bag, tmp_path / folder / "x" / "drive")
        for file in policy.parent.glob(f"{policy.stem}.*"):
            shutil.copy(file, tmp_path / folder)
    bags = [str(tmp_path / folder / "x" / "drive") for folder in ("one", "two")]
    policies = [str(tmp_path / folder / policy.name) for folder in ("one", "two")]
    words = ["--policy", *policies, "--jobs", "1", "--out", str(tmp_path / "out")]
    assert main(["evaluate", *bags, *words]) == 0
    frames = read_frames(tmp_path / "out/frames.csv")
    assert frames.names("bag") == ["one/x/drive", "two/x/drive"]
    assert frames.names("run") == [f"policy {folder}/{policy.stem}" for folder in ("one", "two")]
    assert len(frames) == 4 * 30


def test_a_bag_whose_images_are_all_lost_does_not_cost_the_others(bag, tmp_path, capsys):
    with sqlite3.connect(tmp_path / "empty.db3") as database:
        database.execute("CREATE TABLE topics(id INTEGER PRIMARY KEY, name, type, serialization_format)")
        database.execute("CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id, timestamp, data)")
        database.execute("INSERT INTO topics VALUES(1, '/image_raw', 'sensor_msgs/msg/Image', 'cdr')")
    database.close()
    out = tmp_path / "out"
    assert main(["evaluate", str(bag), str(tmp_path / "empty.db3"), "--jobs", "1", "--out", str(out)]) == 0
    assert "left out: The bag" in capsys.readouterr().err
    figures = json.loads((out / "report.json").read_text())
    assert [one["name"] for one in figures["recordings"]] == ["drive"]
    assert any("has no image on /image_raw" in note for note in figures["notes"])
    assert "has no image on /image_raw" in (out / "report.html").read_text()


def test_a_synthetic_hand_is_called_so_wherever_its_errors_stand(report, bag, tmp_path, capsys):
    assert main(["evaluate", str(bag), "--level", "4", "--out", str(tmp_path / "out")]) == 0
    said = "The hand in drive is synthetic"
    assert said in capsys.readouterr().out
    assert said in (report / "report.html").read_text()


def test_names_with_brackets_are_printed_as_they_are(bag, tmp_path, capsys):
    out = tmp_path / "[red] [/b]"
    assert main(["evaluate", str(bag), "--level", "4", "--out", str(out)]) == 0
    assert f"Report: {out / 'report.html'}" in capsys.readouterr().out


def test_photos_have_numbers_instead_of_times(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(folder / name), np.zeros((48, 64, 3), np.uint8))
    assert main(["evaluate", "--images", str(folder), "--out", str(tmp_path / "out")]) == 0
    (recording,) = json.loads((tmp_path / "out/report.json").read_text())["recordings"]
    assert recording["photos"]
    assert recording["seconds"] == 0
    page = (tmp_path / "out/report.html").read_text()
    assert "Photo by photo: photos (photos)" in page
    assert "2 frames, recordings: 1" in page


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
