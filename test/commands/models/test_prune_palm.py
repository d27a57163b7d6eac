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

import json

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import prune_palm
from hand_tracking_dsp.compression.bank.timing import Times
from hand_tracking_dsp.compression.palm import bank as palm_bank
from hand_tracking_dsp.compression.palm.bank import DetectorFigures
from hand_tracking_dsp.compression.palm.deviation import RegionDeviation
from hand_tracking_dsp.compression.palm.recall import FalsePalms, Recall
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(0)
    # So many that the quarter which is held out is enough.
    for i in range(200):
        cv2.imwrite(str(folder / f"{i:03}.png"), random.integers(0, 256, (24, 32, 3), dtype=np.uint8))
    rows = "".join(f"{i:03}.png,2,2,20,20\n" for i in range(3))
    (folder / "boxes.csv").write_text(f"file,xmin,ymin,xmax,ymax\n{rows}", encoding="utf-8")
    return folder


@pytest.fixture
def quick(monkeypatch):
    """Solve nothing and measure nothing: compression.palm's own tests do."""
    monkeypatch.setattr(palm_bank, "prune_palm", lambda model, *_, **__: model)

    monkeypatch.setattr(palm_bank, "highest_logits", lambda *_: np.array([1.0, -1.0]))

    def measured(networks, images, pictures, runs, least_recall, on_progress, empty, clips):  # noqa: ARG001
        assert len(images) == 32
        measured.frames = len(list(clips))
        measured.empty = len(empty)
        recall = Recall(3, 3, 4, measured.pairs)
        results = [
            DetectorFigures(
                file,
                "onnxruntime/CPUExecutionProvider",
                Times(2.0, 3.0, 4.0, 5),
                [Times(1.5, 2.0, 3.0, 5), Times(1.0, 1.5, 2.0, 5)],
                {"": recall},
            )
            for file in networks
        ]
        results[0].false = FalsePalms(50, 3, 450, 41) if empty else FalsePalms()
        for result in results[1:]:
            result.deviation = RegionDeviation(32, 9, 1, 0, 2.5, 6.0, 0.9, 0.8)
            result.clips = RegionDeviation(measured.frames, 21, 2, 7, 2.5, 6.0, 0.9, 0.8)
        results[-2].problem = measured.problem
        assert len(pictures) == 3
        return results

    measured.problem, measured.empty, measured.pairs = "", 0, 2
    monkeypatch.setattr(prune_palm, "measure_detectors", measured)
    return measured


def arguments(photos, out, *more):
    boxes = ["--boxes", str(photos / "boxes.csv")]
    return [
        "models",
        "prune-palm",
        "--images",
        str(photos),
        *boxes,
        "--out",
        str(out),
        "--count",
        "32",
        *more,
    ]


@pytest.mark.usefixtures("quick")
def test_a_bank_with_faster_detectors_is_written(photos, tmp_path, capsys):
    out = tmp_path / "out"

    assert main(arguments(photos, out)) == 0

    detectors = {info.name: info for info in read_manifest(out).detectors}
    assert list(detectors) == ["full", "lite", "pruned"]
    assert [one.precision for info in detectors.values() for one in info.variants] == ["int8"] * 3
    pruned = detectors["pruned"]
    assert {one.metric: one.value for one in pruned.accuracy} == {
        "recall_percent": pytest.approx(66.6667),
        "precision_percent": 50.0,
        "region_offset_palm_percent": 2.5,
    }
    assert pruned.latency[0].p50_ms == 2.0
    assert PalmDetector.load(out, "pruned").provider.startswith("onnxruntime")
    assert "palm_full_int8.onnx" in capsys.readouterr().out


@pytest.mark.usefixtures("quick")
def test_the_levels_stay(photos, tmp_path):
    main(arguments(photos, tmp_path / "out"))

    bank = json.loads((share_path("models", "mediapipe") / "bank.json").read_text(encoding="utf-8"))
    assert (
        json.loads((tmp_path / "out" / "bank.json").read_text(encoding="utf-8"))["levels"] == bank["levels"]
    )


def test_palms_are_counted_where_no_hand_is(photos, tmp_path, quick, capsys):
    assert main(arguments(photos, tmp_path / "out", "--empty", str(photos))) == 0

    assert quick.empty == 50
    shown = capsys.readouterr().out
    assert "3 of 50" in shown
    assert "41 of 450" in shown


def test_palms_are_compared_in_every_fourth_frame_of_clips(photos, tmp_path, quick, capsys):
    assert main(arguments(photos, tmp_path / "out", "--clips", str(photos))) == 0

    assert quick.frames == 50
    shown = capsys.readouterr().out
    assert "every 4th frame of 1 clips" in shown
    assert "2 of 21" in shown


def test_boxes_of_other_pictures_are_refused_before_a_bank_is_written(photos, tmp_path, quick, capsys):
    quick.pairs = 0
    assert main(arguments(photos, tmp_path / "out")) == 1

    assert "finds none of the 3 pictures' hands within the boxes of" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("quick")
def test_that_a_near_detector_stays_is_said(photos, tmp_path, capsys):
    bank = str(share_path("models", "dsp"))
    assert main(arguments(photos, tmp_path / "out", "--bank", bank)) == 0

    assert "full_128, is the old one: models near-palm makes another" in capsys.readouterr().out


def test_refuses_a_work_folder_without_a_trained_detector(photos, tmp_path, capsys):
    assert main(arguments(photos, tmp_path / "out", "--trained", str(photos))) == 1

    assert "holds no trained palm detector" in capsys.readouterr().err


def test_a_detector_that_is_not_good_enough_is_left_out(photos, tmp_path, quick, capsys):
    quick.problem = "it is blind"

    assert main(arguments(photos, tmp_path / "out")) == 1

    assert [info.name for info in read_manifest(tmp_path / "out").detectors] == ["full", "lite"]
    assert "palm_pruned.onnx is left out: it is blind." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--count", "31"], "--count is 31"),
        (["--runs", "0"], "--runs is 0"),
        (["--least-recall", "0"], "--least-recall is 0.0"),
        (["--images", "nowhere"], "no folder nowhere"),
        (["--boxes", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["--bank", "nowhere"], "nowhere/bank.json cannot be read"),
    ],
)
def test_refuses_bad_options_and_writes_nothing(photos, tmp_path, capsys, more, message):
    assert main(arguments(photos, tmp_path / "out", *more)) == 1

    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_refuses_too_few_pictures(photos, tmp_path, capsys):
    for path in sorted(photos.glob("*.png"))[40:]:
        path.unlink()

    assert main(arguments(photos, tmp_path / "out")) == 1

    assert "too few for a palm detector" in capsys.readouterr().err
