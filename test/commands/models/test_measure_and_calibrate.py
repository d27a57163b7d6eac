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

"""hand-tracking-dsp models measure and calibrate."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from support.networks import spoil, write_depth_bank, write_sure_bank

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import calibrate
from hand_tracking_dsp.compression.bank.changes import update_manifest
from hand_tracking_dsp.compression.bank.entries import new_accuracy, with_accuracy
from hand_tracking_dsp.compression.bank.files import read_files, read_model, with_files, write_bank
from hand_tracking_dsp.compression.bank.hold_out import FileOutputs
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind, encoded, write_pack
from hand_tracking_dsp.tracking.losses import ACCEPTED
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import File, files_of
from hand_tracking_dsp.tracking.operating_point import PointInfo
from hand_tracking_dsp.tracking.types import Image


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables fold nothing."""
    monkeypatch.setenv("COLUMNS", "250")


def picture(shade: float, kind: PictureKind, source: str, number: int) -> PackedPicture:
    random = np.random.default_rng(number)
    image: Image = (shade + random.integers(0, 10, (96, 96, 3))).astype(np.uint8)
    return PackedPicture(encoded(image, 90), kind, None, source, f"{source}/{number % 10}")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Hands are bright, faces are dark, and some hands of training lie in between."""
    pictures = [
        *(picture(140 + 1.4 * i, PictureKind.CROP, "letters", i) for i in range(70)),
        *(picture(1.9 * i, PictureKind.EMPTY_CROP, "faces", i) for i in range(60)),
        picture(100, PictureKind.HAND, "training", 0),
    ]
    write_pack(tmp_path / "pack.npz", pictures)
    return tmp_path / "pack.npz"


@pytest.fixture
def run(tmp_path: Path, pack: Path) -> Callable[..., int]:
    """Give a function that runs a command on a bank and the packed pictures."""
    common = ["--bank", str(tmp_path / "bank"), "--pack", str(pack), "--rendered", "0"]
    return lambda command, *more: main(["models", command, *common, *more])


def test_measure_prints_latency_deviation_and_false_hands_of_every_file(
    tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    write_sure_bank(tmp_path / "bank")
    assert run("measure", "--runs", "2", "--out", str(tmp_path / "out")) == 0
    shown = capsys.readouterr().out
    assert re.search(r"0 +│ fp32 +│ +1\.000 │ +0\.00 │ +0\.0 │ +100\.0 │ +0\.5 ", shown)
    assert re.search(r"1 +│ int8 +│ +\d+\.\d+ │ +\d+\.\d\d │ +3\d\.\d │ +\d+\.\d │ +0\.5 ", shown)
    assert "No level of this bank says error_percent" in shown
    assert "agreement with the dense network, never accuracy" in shown
    assert "training" not in shown
    found = json.loads((tmp_path / "out" / "measure.json").read_text())
    assert [(row["level"], row["precision"]) for row in found["levels"]] == [
        (0, "fp32"), (1, "fp32"), (1, "int8"),
    ]  # fmt: skip
    assert [(one["kind"], one["name"], one["count"]) for one in found["levels"][0]["sets"]] == [
        ("clean", "letters", 70), ("covered", "letters", 70), ("empty", "faces", 60),
    ]  # fmt: skip
    assert (tmp_path / "out" / "presence.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "out" / "reliability.png").exists()


def test_measure_prints_how_reliable_what_levels_expect_is(
    tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    write_sure_bank(tmp_path / "bank", 4.0, 4.0)
    assert run("measure", "--runs", "2", "--rendered", "2", "--out", str(tmp_path / "out")) == 0
    shown = capsys.readouterr().out
    for of in ("agreement, clean", "agreement, covered and blurred", "truth, rendered"):
        assert re.search(rf"1 half +│ int8 +│ {of} +│ ", shown)
    assert re.search(r"3 to 6 %", shown)
    assert re.search(r"\d\.\d → \d+\.\d \(\d+\)", shown)
    found = json.loads((tmp_path / "out" / "measure.json").read_text())["reliability"]
    ours = [one for one in found if (one["level"], one["kind"], one["name"]) == (0, "clean", "all")]
    assert ours[0]["met"] == 0
    assert sum(part["count"] for part in ours[0]["bins"]) == ours[0]["count"] == 70
    assert (tmp_path / "out" / "reliability.png").read_bytes().startswith(b"\x89PNG")


def test_calibrate_chooses_thresholds_and_leaves_the_bank_as_it_was(
    tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    write_sure_bank(tmp_path / "bank")
    before = (tmp_path / "bank" / "bank.json").read_bytes()
    assert run("calibrate", "--out", str(tmp_path / "out")) == 0
    shown = capsys.readouterr().out
    assert re.search(r"0 dense +│ +0\.5 │ +0\.5 │", shown)
    assert "No level of this bank says error_percent" in shown
    assert (tmp_path / "bank" / "bank.json").read_bytes() == before
    found = json.loads((tmp_path / "out" / "calibrate.json").read_text())
    assert found["error_scales"] == []
    assert found["thresholds"][1]["new"] > 0.6
    assert found["thresholds"][1]["before"]["empty"] > found["thresholds"][1]["after"]["empty"]


def test_calibrate_updates_the_bank(
    tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    write_sure_bank(tmp_path / "bank", 200.0, 200.0)
    old = read_manifest(tmp_path / "bank")
    assert run("calibrate", "--update") == 0
    shown = capsys.readouterr().out
    told = " ".join(shown.split())
    assert "Policies that are bound to its levels have to be trained for it again." in told
    assert "operating points are left out" not in told, "it had none"
    assert shown.count("scaled ") >= 3
    new = read_manifest(tmp_path / "bank")
    assert new.levels[0].presence_threshold is None
    assert (new.levels[1].presence_threshold or 0) > 0.6
    assert new.fingerprint != old.fingerprint
    assert run("measure", "--runs", "1") == 0


def test_calibrate_warns_of_few_pictures_and_says_what_scaled_means(
    tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    write_sure_bank(tmp_path / "bank", 200.0, 200.0)
    assert run("calibrate") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "Only 30 regions without a hand are in one half, each 3.3 % of them" in told
    assert "scaled: it makes what is met of single hands likelier there" in told


POINTS = (PointInfo(level=0, gate=0.0, search_interval_s=0.0, cost=1.0),)


@pytest.mark.parametrize(
    ("said", "dark"),
    [((200.0, 200.0), (0.5, 0.5)), ((), (0.5, 0.3))],
    ids=["scaled alone", "thresholds alone"],
)
def test_calibrate_leaves_out_points_of_levels_that_now_say_something_else(
    tmp_path: Path, run: Callable[..., int], capsys, said: tuple[float, ...], dark: tuple[float, ...]
) -> None:
    write_sure_bank(tmp_path / "bank", *said, dark=dark)
    update_manifest(read_manifest(tmp_path / "bank"), lambda now: replace(now, operating_points=POINTS))
    assert run("calibrate", "--update") == 0
    assert not read_manifest(tmp_path / "bank").operating_points
    told = " ".join(capsys.readouterr().out.split())
    assert "Its operating points are left out" in told
    update_manifest(read_manifest(tmp_path / "bank"), lambda now: replace(now, operating_points=POINTS))
    if not said:
        assert run("calibrate", "--update") == 0
        assert read_manifest(tmp_path / "bank").operating_points == POINTS, "nothing changed"


def test_calibrate_says_in_the_bank_what_is_accepted_at_its_thresholds(
    tmp_path: Path, run: Callable[..., int]
) -> None:
    write_sure_bank(tmp_path / "bank")
    stale = new_accuracy("faces (60 regions without a hand)", 99.0, 60, "openvino/CPU/f32", ACCEPTED)
    kept = new_accuracy("elsewhere", 1.0, 9, "openvino/CPU/f32")

    def with_stale(info: File) -> File:
        return with_accuracy(info, stale, kept)

    update_manifest(read_manifest(tmp_path / "bank"), lambda now: now.with_each_file(with_stale))
    assert run("calibrate", "--update") == 0
    assert run("measure", "--runs", "1", "--out", str(tmp_path / "out")) == 0
    rows = json.loads((tmp_path / "out" / "measure.json").read_text())["levels"]
    printed = {
        row["file"]: one["accepted_percent"] for row in rows for one in row["sets"] if one["kind"] == "empty"
    }
    for level in read_manifest(tmp_path / "bank").levels:
        for info in files_of(level):
            first, found = info.accuracy
            assert first == kept
            assert (found.metric, found.data, found.samples) == (ACCEPTED, stale.data, 60)
            assert found.value == pytest.approx(printed[info.file], abs=1e-4)


def test_calibrate_leaves_a_bank_that_was_calibrated_meanwhile(
    tmp_path: Path, run: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    write_sure_bank(tmp_path / "bank", 200.0, 200.0)
    measure = calibrate.run_files

    def disturbed(*arguments: Any) -> list[FileOutputs]:
        monkeypatch.setattr(calibrate, "run_files", measure)
        found = measure(*arguments)
        assert run("calibrate", "--update") == 0
        return found

    monkeypatch.setattr(calibrate, "run_files", disturbed)
    assert run("calibrate", "--update") == 1
    assert "was changed meanwhile: run this again." in capsys.readouterr().err
    assert run("measure", "--runs", "1") == 0


def test_folders_of_pictures_are_cut_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sure_bank(tmp_path / "bank")
    with open_source("synthetic", SourceOptions(rate_hz=1.0, absence_s=0.0)) as source:
        frames = [source.read(1.0) for _ in range(3)]
    for name in ("hands", "rooms"):
        (tmp_path / name).mkdir()
    for number, frame in enumerate(frames):
        assert frame is not None
        cv2.imwrite(str(tmp_path / "hands" / f"{number}.png"), frame.image)
        cv2.imwrite(str(tmp_path / "rooms" / f"{number}.png"), np.full((60, 80, 3), 40 * number, np.uint8))
    arguments = ["--bank", str(tmp_path / "bank"), "--rendered", "0", "--runs", "1"]
    pictures = ["--hands", str(tmp_path / "hands"), "--empty", str(tmp_path / "rooms")]
    for name in ("hands", "rooms"):
        (tmp_path / name / "cut_off.png").write_bytes(b"\x89PNG")
    assert main(["models", "measure", *arguments, *pictures]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"hands \(\d\) +┃ rooms: accepted \(12\)", shown)
    for name in ("hands", "rooms"):
        said = f"{tmp_path / name / 'cut_off.png'} cannot be read, and is left out."
        assert shown.splitlines().count(said) == 1


def test_a_folder_has_the_same_figures_whatever_else_is_measured(tmp_path: Path) -> None:
    write_sure_bank(tmp_path / "bank")
    for name, seed in (("hands", 0), ("more", 20)):
        (tmp_path / name).mkdir()
        for number in range(3):
            scene = SyntheticScene(SourceOptions(seed=seed + number, absence_s=0.0))
            cv2.imwrite(str(tmp_path / name / f"{number}.png"), scene.frame(20).image)

    def figures(*folders: str) -> list[dict[str, Any]]:
        out = tmp_path / "out"
        arguments = ["--bank", str(tmp_path / "bank"), "--rendered", "0", "--runs", "1", "--out", str(out)]
        pictures = [str(tmp_path / name) for name in folders]
        assert main(["models", "measure", *arguments, "--hands", *pictures]) == 0
        rows = json.loads((out / "measure.json").read_text())["levels"]
        return [one for row in rows for one in row["sets"] if one["name"] == "hands"]

    alone = figures("hands")
    assert {one["kind"] for one in alone} == {"clean", "covered"}
    assert figures("more", "hands") == alone


@pytest.mark.parametrize(
    ("command", "arguments", "sentence"),
    [
        ("measure", [], "There are no pictures of hands: give folders by --hands"),
        ("measure", ["--count", "0"], "--count is 0: it must be at least 1."),
        ("measure", ["--hands", "/nowhere"], "There is no folder /nowhere"),
        ("measure", ["--pack", "/nowhere.npz"], "The packed pictures /nowhere.npz cannot be read"),
        ("calibrate", ["--most-lost", "101"], "--most-lost is 101: choose 0 to 100."),
        ("calibrate", ["--most-lost", "nan"], "--most-lost is nan: choose 0 to 100."),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_sentence(
    tmp_path: Path, command: str, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_sure_bank(tmp_path / "bank")
    assert main(["models", command, "--bank", str(tmp_path / "bank"), *arguments]) == 1
    assert sentence in capsys.readouterr().err


def test_thresholds_need_pictures_without_a_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_sure_bank(tmp_path / "bank")
    write_pack(tmp_path / "hands.npz", [picture(200, PictureKind.CROP, "letters", i) for i in range(4)])
    arguments = ["--bank", str(tmp_path / "bank"), "--pack", str(tmp_path / "hands.npz"), "--rendered", "0"]
    assert main(["models", "calibrate", *arguments]) == 1
    assert "There are no pictures without a hand" in capsys.readouterr().err
    assert main(["models", "measure", *arguments, "--runs", "1", "--out", str(tmp_path / "out")]) == 0


def test_banks_that_see_depth_are_refused(
    tmp_path: Path, pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_depth_bank(tmp_path / "depth")
    assert main(["models", "measure", "--bank", str(tmp_path / "depth"), "--pack", str(pack)]) == 1
    assert "sees depth, which pictures have not" in capsys.readouterr().err


def spoil_level(folder: Path, output: str) -> None:
    """Let the second level of a bank, in all its files, answer pictures with NaN in an output."""
    bank = read_manifest(folder)
    files = read_files(bank)
    for info in (bank.levels[1], *bank.levels[1].variants):
        model = read_model(bank, info)
        spoil(model, output)
        files[info.file] = model.SerializeToString()
    write_bank(folder, with_files(bank, files), files)


@pytest.mark.parametrize("output", ["landmarks", "world_landmarks", "presence", "error_percent"])
def test_outputs_that_cannot_be_used_are_told_and_count_as_no_hand(
    tmp_path: Path, run: Callable[..., int], capsys: pytest.CaptureFixture[str], output: str
) -> None:
    write_sure_bank(tmp_path / "bank", 4.0, 4.0)
    spoil_level(tmp_path / "bank", output)
    assert run("measure", "--runs", "1", "--out", str(tmp_path / "out")) == 0
    shown = capsys.readouterr().out
    assert "nan" not in shown
    said = re.findall(r"Level 1 \(half\) answers 200 of 200 regions with unusable outputs in (\w+)", shown)
    if output == "error_percent":
        assert not said
        return
    assert said == ["half", "int8"]
    levels = json.loads((tmp_path / "out" / "measure.json").read_text())["levels"]
    assert [one["unusable"] for one in levels] == [0, 200, 200]
    assert [one["hands_kept_percent"] for one in levels] == [100, 0, 0]
    assert run("calibrate") == 0
    assert "unusable outputs" in capsys.readouterr().out
