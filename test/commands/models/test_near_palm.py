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

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.contract import BYTE_INPUT
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector

ORIGINAL = str(share_path("models", "mediapipe"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("near") / "photos"
    folder.mkdir()
    with open_source("synthetic", SourceOptions(absence_s=0)) as source:
        for i in range(3):
            cv2.imwrite(str(folder / f"{i}.png"), source.read(1.0).image)
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def near_palm(photos, out, *more):
    folders = ["--bank", ORIGINAL, "--images", str(photos), "--out", str(out)]
    return main(["models", "near-palm", *folders, "--runs", "2", *more])


def test_a_bank_with_a_near_detector_is_written(photos, tmp_path, capsys):
    assert near_palm(photos, tmp_path / "out", "--size", "96") == 0

    bank = read_manifest(tmp_path / "out")
    assert bank.near_detector.input_size == 96
    assert bank.levels == read_manifest(ORIGINAL).levels
    measured = {one.metric: one for one in bank.near_detector.accuracy}
    assert measured["near_found_percent"].samples == 3
    assert measured["near_found_percent"].data == "photos (4 pictures, seed 0)"
    output = capsys.readouterr().out
    assert "3 places around palms" in " ".join(output.split())
    for size in (96, 128, 160, 192):
        assert f"│ {size} " in output


def test_a_second_near_detector_takes_the_place_of_the_first(photos, tmp_path):
    near_palm(photos, tmp_path / "one", "--size", "96")

    assert near_palm(photos, tmp_path / "two", "--bank", str(tmp_path / "one"), "--from", "lite") == 0

    bank = read_manifest(tmp_path / "two")
    assert (bank.near_detector.name, bank.near_detector.input_size) == ("lite_128", 128)
    assert len(list((tmp_path / "two").glob("*.onnx"))) == len(bank.files)


def test_the_near_detector_of_a_bank_of_bytes_takes_bytes(photos, tmp_path):
    convert = ["models", "convert", "--bank", ORIGINAL, "--out", str(tmp_path / "bytes")]
    assert main([*convert, "--keep", "hand_full.onnx"]) == 0

    assert near_palm(photos, tmp_path / "out", "--bank", str(tmp_path / "bytes")) == 0

    bank = read_manifest(tmp_path / "out")
    assert bank.schema == BYTE_INPUT
    assert bank.near_detector.float_sha256
    assert bank.levels == read_manifest(tmp_path / "bytes").levels, "those that take floats go on to do so"
    image = cv2.imread(str(photos / "0.png"))
    assert len(PalmDetector.load(bank).near.detect(image, "bgr")) == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--count", "0"], "--count is 0"),
        (["--runs", "0"], "--runs is 0"),
        (["--from", "huge"], "has no palm detector 'huge'"),
        (["--images", "nowhere"], "no folder nowhere"),
        (["--bank", "nowhere"], "nowhere/bank.json cannot be read"),
    ],
)
def test_refuses_bad_options_and_writes_nothing(photos, tmp_path, capsys, more, message):
    assert near_palm(photos, tmp_path / "out", *more) == 1

    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_refuses_pictures_without_a_hand(tmp_path, capsys):
    folder = tmp_path / "empty"
    folder.mkdir()
    cv2.imwrite(str(folder / "grey.png"), np.full((48, 64, 3), 128, np.uint8))

    assert near_palm(folder, tmp_path / "out") == 1

    assert "No palm was found in the 1 pictures of empty: give pictures that show hands." in (
        " ".join(capsys.readouterr().err.split())
    )
    assert not (tmp_path / "out").exists()
