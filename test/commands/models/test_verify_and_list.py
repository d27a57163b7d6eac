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

"""hand-tracking-dsp models verify, list and import."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import onnx
import pytest
from support.networks import spoil

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands import output
from hand_tracking_dsp.commands.models import verify
from hand_tracking_dsp.compression.bank.changes import update_manifest
from hand_tracking_dsp.compression.bank.checks import CheckedHands
from hand_tracking_dsp.compression.bank.files import read_files, with_files, write_bank
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.device import device_name
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import File, FileInfo
from hand_tracking_dsp.tracking.operating_point import PointInfo


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables fold nothing."""
    monkeypatch.setenv("COLUMNS", "200")


ORT = "onnxruntime/CPUExecutionProvider"


def test_list_shows_levels_and_detectors(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    shown = capsys.readouterr().out
    assert "level 0 (full)" in shown
    assert "level 3 (lite_" in shown
    assert "palm_pruned.onnx" in shown


def test_list_names_what_ran_in_the_time_that_it_shows(
    tiny_bank: Path, verified: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified("--update") == 0
    capsys.readouterr()
    assert main(["models", "list", "--bank", str(tiny_bank)]) == 0
    assert re.search(r"\d\.\d\d onnxruntime/CPU ", capsys.readouterr().out)


def test_a_wheel_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["models", "import", "--wheel", str(tmp_path / "no.whl"), "--out", str(tmp_path / "bank")]
    assert main(arguments) == 1
    assert "give the wheel of mediapipe==0.10.21" in capsys.readouterr().err
    assert not (tmp_path / "bank").exists()


def test_the_networks_agree_with_the_originals_and_the_times_are_kept(
    mediapipe_wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = Path(shutil.copytree(share_path("models", "mediapipe"), tmp_path / "bank"))
    arguments = [
        "models",
        "verify",
        "--bank",
        str(bank),
        "--wheel",
        str(mediapipe_wheel),
        "--count",
        "2",
        "--runs",
        "1",
    ]
    assert main([*arguments, "--update"]) == 0
    assert "TOO LARGE" not in capsys.readouterr().out
    profiles = json.loads((bank / "bank.json").read_text())["levels"][0]["latency"]
    assert all(0 < entry["p50_ms"] <= entry["p99_ms"] for entry in profiles)


@pytest.fixture
def verified(tiny_bank: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Give a function that verifies the tiny bank on ONNX Runtime."""
    monkeypatch.setattr("hand_tracking_dsp.compression.bank.verify.BACKENDS", ("onnxruntime",))
    arguments = ["models", "verify", "--bank", str(tiny_bank), "--count", "3", "--runs", "2"]
    return lambda *more: main([*arguments, *more])


def test_list_names_networks_that_are_missing(tiny_bank: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tiny_bank / "int8.onnx").unlink()
    assert main(["models", "list", "--bank", str(tiny_bank)]) == 0
    said = f"The network {tiny_bank / 'int8.onnx'} is missing: restore the bank's folder."
    assert [line for line in capsys.readouterr().out.splitlines() if "missing" in line] == [said]


def test_a_bank_that_may_not_be_read_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without permission nothing in its folder can even be asked for; root may always."""
    closed, ask = tmp_path / "closed", Path.stat

    def stat(path: Path, **how: bool) -> os.stat_result:
        if closed in path.parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return ask(path, **how)

    def refuse(path: Path, *_: object) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr("hand_tracking_dsp.documents.read_bytes", refuse)
    monkeypatch.chdir(tmp_path)
    assert main(["models", "list", "--bank", "closed"]) == 1
    told = capsys.readouterr().err
    assert "closed/bank.json cannot be read (Permission denied): give the folder of a bank" in told
    assert "room" not in told


@pytest.mark.parametrize("command", ["verify", "points", "calibrate"])
def test_a_bank_that_cannot_be_written_is_refused_before_anything_is_measured(
    tiny_bank: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    def refuse(_: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(output, "temporary_file", refuse)
    assert main(["models", command, "--bank", str(tiny_bank), "--update"]) == 1
    said = capsys.readouterr()
    assert f"--update cannot write into the bank {tiny_bank} (Read-only file system)" in said.err
    assert said.out == ""


def test_more_threads_than_can_be_are_refused_by_the_name_of_the_option(
    verified: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified("--threads", "1", "99999") == 1
    assert "--threads is 99999: it must be at most 256." in capsys.readouterr().err


@pytest.mark.parametrize("runs", [1, 3])
def test_as_many_runs_are_timed_as_the_option_says(
    verified: Callable[..., int], capsys: pytest.CaptureFixture[str], runs: int
) -> None:
    assert verified("--runs", str(runs)) == 0
    assert f"Time of one run, {runs} runs in turn" in capsys.readouterr().out


def test_a_picture_that_cannot_be_read_is_named(
    verified: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    with open_source("synthetic", SourceOptions(rate_hz=1.0, absence_s=0.0)) as source:
        frame = source.read(1.0)
    assert frame is not None
    cv2.imwrite(str(folder / "hand.png"), frame.image)
    (folder / "cut_off.png").write_bytes(b"\x89PNG")
    assert verified("--images", str(folder)) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines().count(f"{folder / 'cut_off.png'} cannot be read, and is left out.") == 1
    assert "on pictures (1 pictures)" in shown


def test_points_that_were_measured_meanwhile_stay(
    tiny_bank: Path, verified: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    points = (PointInfo(level=0, gate=0.0, search_interval_s=0.0, cost=1.0),)
    cut = verify.checked_hands

    def disturbed(bank: Manifest, *more: Any) -> CheckedHands:
        update_manifest(bank, lambda now: replace(now, operating_points=points))
        return cut(bank, *more)

    monkeypatch.setattr(verify, "checked_hands", disturbed)
    assert verified("--update") == 0
    assert read_manifest(tiny_bank).operating_points == points
    assert read_manifest(tiny_bank).levels[1].latency


def files_of_level(bank: Path) -> tuple[FileInfo, FileInfo]:
    """The level that has a variant, and the variant."""
    level = read_manifest(bank).levels[1]
    return level, level.variants[0]


def test_what_was_made_of_mediapipes_networks_is_not_compared_with_its_originals(
    tiny_bank: Path, verified: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    source = "PyPI wheel of mediapipe==0.10.21; pruned in closed form"
    update_manifest(read_manifest(tiny_bank), lambda now: replace(now, source=source))
    assert verified() == 0
    assert "TensorFlow Lite" not in capsys.readouterr().out


def test_any_bank_is_checked_and_its_figures_kept(
    tiny_bank: Path, verified: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified("--threads", "1", "2", "--update") == 0
    shown = capsys.readouterr().out
    assert "3 synthetic hands" in shown
    assert "not recorded" in shown
    assert "On the processor with backend and precision auto, 2 thread(s):" in shown
    assert re.search(
        rf"^Level 0 \(.*\) runs .*\.onnx in .* on {ORT}, measured \d+\.\d\d ms", shown, re.MULTILINE
    )
    assert re.search(r"deviation 0\.00 %\W+3\b", shown), "the number of hands stands beside the result"
    for info in files_of_level(tiny_bank):
        profiles = [one for one in info.latency if one.provider == ORT]
        assert sorted(one.threads for one in profiles) == [1, 2]
        assert {one.device for one in profiles} == {device_name()}
        assert [one.data for one in info.accuracy if one.provider == ORT] == ["3 synthetic hands"]
    # A second run replaces the times and compares with the results of the first.
    before = read_manifest(tiny_bank)
    assert verified("--update") == 0
    after = read_manifest(tiny_bank)
    assert [level.accuracy for level in after.levels] == [level.accuracy for level in before.levels]
    assert len(after.levels[0].latency) == len(before.levels[0].latency)
    assert "not recorded" not in capsys.readouterr().out


def test_without_update_the_bank_stays_as_it_was(tiny_bank: Path, verified: Callable[..., int]) -> None:
    before = (tiny_bank / "bank.json").read_bytes()
    assert verified() == 0
    assert (tiny_bank / "bank.json").read_bytes() == before


def test_a_variant_that_is_worse_than_recorded_ends_in_1_and_gets_no_profile(
    tiny_bank: Path, verified: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified("--update") == 0

    def better(info: File) -> File:
        accuracy = tuple(replace(one, value=one.value / 10) for one in info.accuracy)
        return replace(info, accuracy=accuracy) if info.precision == "int8" else info

    update_manifest(read_manifest(tiny_bank), lambda now: now.with_each_file(better))
    assert verified("--update") == 1
    assert "WORSE THAN RECORDED" in capsys.readouterr().out
    level, variant = files_of_level(tiny_bank)
    assert level.latency
    assert variant.latency == ()


def spoil_files(folder: Path, output: str, *files: str, grey: bool = False) -> None:
    """Let files of a bank answer real pictures, or the grey one of the warm-up, too, with NaN."""
    bank = read_manifest(folder)
    networks = read_files(bank)
    for file in files:
        model = onnx.load_from_string(networks[file])
        spoil(model, output, limit=-1.0 if grey else 0.01)
        networks[file] = model.SerializeToString()
    write_bank(folder, with_files(bank, networks), networks)


def test_a_level_that_does_not_open_in_any_file_is_not_said_to_run(
    tiny_bank: Path, verified: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    spoil_files(tiny_bank, "landmarks", "half.onnx", "int8.onnx", grey=True)
    assert verified() == 1
    shown = capsys.readouterr().out
    assert shown.count("answers a grey picture with unusable landmarks") == 2
    assert "Level 1 (half) does not run: what would be chosen FAILS and does not open." in shown
    assert "Level 1 (half) runs" not in shown
    assert re.search(rf"^Level 0 \(dense\) runs dense.onnx in fp32 on {ORT}", shown, re.MULTILINE)


def test_a_level_whose_outputs_on_hands_cannot_be_used_fails(
    tiny_bank: Path, verified: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    spoil_files(tiny_bank, "presence", "half.onnx", "int8.onnx")
    assert verified() == 1
    shown = capsys.readouterr().out
    said = re.findall(
        r"The network (half|int8)\S*\.onnx answers 3 of 3 hands with unusable outputs on", shown
    )
    assert said == ["half", "int8"]
    assert len(re.findall(r"(half|int8)\S*\.onnx .* FAILS", shown)) >= 2
    # It opens, so that the tracker would run it.
    assert re.search(r"^Level 1 \(half\) runs half\S*\.onnx in fp32 on .*; FAILS\.$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--count", "0"], "--count is 0: it must be at least 1."),
        (["--runs", "0"], "--runs is 0: it must be at least 1."),
        (["--threads", "1", "-1"], "--threads is -1: it must be at least 0"),
        (["--images", "/nowhere"], "There is no folder /nowhere"),
    ],
)
def test_impossible_options_are_refused_in_a_sentence(
    verified: Callable[..., int], arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified(*arguments) == 1
    assert sentence in capsys.readouterr().err


def test_list_shows_variants_and_what_was_measured(
    tiny_bank: Path, verified: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    verified("--update")
    capsys.readouterr()
    assert main(["models", "list", "--bank", str(tiny_bank)]) == 0
    shown = capsys.readouterr().out
    assert "int8.onnx" in shown
    assert "%" in shown
