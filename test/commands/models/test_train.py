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

"""The command train, from a pack of pictures to a bank whose levels say how far off they are."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
from support.networks import write_small_bank
from support.packs import write_some_pack

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.compression.bank.files import read_files
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import files_of
from hand_tracking_dsp.tracking.types import Region

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")


@pytest.fixture
def pack(tmp_path):
    path = tmp_path / "pack.npz"
    write_some_pack(path)
    return path


@pytest.fixture
def bank(tmp_path):
    write_small_bank(tmp_path / "bank")
    return tmp_path / "bank"


def words(pack, bank, work, *more):
    fixed = ["--levels", "dense@192/224", "small@160", "--batch", "8", "--hands", "64", "--rendered", "64"]
    fixed += ["--device", "cpu", "--threads", "1", "--workers", "1", "--checks", "1"]
    return ["models", "train", str(pack), "--bank", str(bank), "--work", str(work), *fixed, *more]


def test_it_leaves_networks_of_each_size_and_goes_on_where_it_was_stopped(pack, bank, tmp_path, capsys):
    work, sheet = tmp_path / "work", tmp_path / "sheet.jpg"
    assert main(words(pack, bank, work, "--steps", "2", "--show", str(sheet))) == 0
    assert "places without a hand cut out" in capsys.readouterr().out
    record = json.loads((work / "training.json").read_text())
    assert [(one["name"], one["seen"], one["input_size"], one["start"]) for one in record["levels"]] == [
        ("dense", 224, 224, "dense"),
        ("dense_192of224", 192, 224, "dense"),
        ("small_160", 160, 160, "small"),
    ]
    assert (record["steps"], record["finished"], record["pictures"]) == (2, True, 17)
    assert {"crop", "empty_crop", "covered and changed"} <= record["curve"][-1].keys()
    assert cv2.imread(str(sheet)).shape == (160, 1280, 3)
    image = np.random.default_rng(1).random((1, 3, 224, 224), np.float32)
    old = open_exact(read_files(read_manifest(bank))["dense.onnx"]).run(image)
    new = open_exact((work / "dense.onnx").read_bytes()).run(image)
    assert all(np.array_equal(a, b) for a, b in zip(old, new, strict=True))
    small = open_exact((work / "small_160.onnx").read_bytes())
    assert small.inputs[0].shape == (1, 3, 160, 160)
    assert main(words(pack, bank, work, "--steps", "3")) == 0
    assert "training from batch 2" in capsys.readouterr().out
    assert json.loads((work / "training.json").read_text())["steps"] == 3


def test_a_bank_is_made_of_what_it_left(pack, bank, tmp_path, capsys):
    work, out = tmp_path / "work", tmp_path / "out"
    assert main(words(pack, bank, work, "--steps", "2")) == 0
    call = ["models", "export", str(work), "--pack", str(pack), "--bank", str(bank), "--out", str(out)]
    assert main([*call, "--fp32", "small_160"]) == 0
    assert "Every step checked" in " ".join(capsys.readouterr().out.split())
    made = read_manifest(out)
    assert [(one.name, one.precision, one.input_size) for one in made.levels] == [
        ("dense", "fp32", None),
        ("dense_192of224", "int8", None),
        ("small_160", "fp32", 160),
    ]
    assert [[one.precision for one in level.variants] for level in made.levels] == [["int8"], [], ["int8"]]
    for level in made.levels:
        assert {(one.metric, one.data) for one in level.accuracy} == {
            ("deviation_palm_percent", "crop (3 hands)"),
            ("accepted_percent", "empty_crop (2 regions without a hand)"),
        }
        assert level.macs > 0
    dense, other, _ = made.levels
    assert dense.accuracy[0].value == 0
    assert other.source["file"] == "dense"
    assert other.source["steps"] == 2
    assert dense.computes == json.loads((work / "training.json").read_text())["levels"][0]["sha256"]
    assert (tmp_path / "out-curves.png").stat().st_size > 0
    assert json.loads((tmp_path / "out-curves.json").read_text())["steps"] == 2


ERROR_HEAD = ("--hands", "64", "--rendered", "4", "--samples", "256")


def test_every_file_of_a_bank_learns_to_say_how_far_off_it_is_and_nothing_else_of_it_changes(
    pack, bank, tmp_path, capsys
):
    work, made, out = tmp_path / "work", tmp_path / "made", tmp_path / "out"
    assert main(words(pack, bank, work, "--steps", "1")) == 0
    export = ["models", "export", str(work), "--pack", str(pack), "--bank", str(bank), "--out", str(made)]
    assert main([*export, "--fp32", "small_160"]) == 0
    call = ["models", "error-head", str(pack), "--bank", str(made), "--out", str(out), *ERROR_HEAD]
    assert main(call) == 0
    assert "policies have to be trained" in " ".join(capsys.readouterr().out.split())
    old, new = read_manifest(made), read_manifest(out)
    files = read_files(old), read_files(new)
    assert len(files[0]) > 4
    for before, after in zip(old.levels, new.levels, strict=True):
        size = before.input_size or 224
        image = np.random.default_rng(1).random((1, 3, size, size), np.float32)
        for one, other in zip(files_of(before), files_of(after), strict=True):
            expected = open_exact(files[0][one.file]).run(image)
            *found, said = open_exact(files[1][other.file]).run(image)
            assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True)), one.file
            assert 0.3 < said.item() < 150
    one = old.levels[1]
    assert replace(new.levels[1], file=one.file, sha256=one.sha256, float_sha256=one.float_sha256) == one
    hand = LevelBank.load(new).landmarks(
        np.zeros((300, 300, 3), np.uint8), Region(150, 150, 200, 0.0), order="bgr", level=1
    )
    assert 0.3 < hand.error_percent < 150


def test_a_bank_that_says_how_far_off_it_is_can_be_trained_again_and_searched(pack, bank, tmp_path):
    out, again, twice = tmp_path / "out", tmp_path / "again", tmp_path / "twice"
    call = ["models", "error-head", str(pack), *ERROR_HEAD]
    assert main([*call, "--bank", str(bank), "--out", str(out)]) == 0
    assert main([*call, "--bank", str(out), "--out", str(twice)]) == 0
    for data in read_files(read_manifest(twice)).values():
        assert [output.name for output in open_exact(data).outputs].count("error_percent") <= 1
    assert main([*words(pack, out, again, "--steps", "1"), "--levels", "small@128"]) == 0
    network = open_exact((again / "small_128.onnx").read_bytes())
    assert "error_percent" not in [output.name for output in network.outputs]
    call = ["models", "search", str(pack), "--bank", str(out), "--sizes", "224", "--runs", "2"]
    assert main([*call, "--out", str(tmp_path / "front")]) == 0
    found = json.loads((tmp_path / "front" / "front.json").read_text())["candidates"]
    assert {one["name"] for one in found} == {"dense@224", "small@224"}


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda work: (work / "training.json").unlink(), "is not what 'models train' leaves"),
        (lambda work: (work / "small_160.onnx").write_bytes(b"other"), "another network than training.json"),
        (
            lambda work: (work / "training.json").write_text('{"levels": 3}'),
            "is not what 'models train' leaves",
        ),
    ],
)
def test_a_folder_that_lacks_something_makes_no_bank(pack, bank, tmp_path, capsys, spoil, sentence):
    work = tmp_path / "work"
    assert main(words(pack, bank, work, "--steps", "1")) == 0
    spoil(work)
    out = tmp_path / "out"
    call = ["models", "export", str(work), "--pack", str(pack), "--bank", str(bank), "--out", str(out)]
    assert main(call) == 1
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_it_needs_neither_rich_nor_matplotlib_nor_ros(pack, bank, tmp_path):
    hidden = ("rich", "matplotlib", "argcomplete", "rclpy", "jinja2", "scipy", "yaml")
    call = words(pack, bank, tmp_path / "work", "--steps", "1")
    code = f"import sys; sys.modules.update(dict.fromkeys({hidden!r})); "
    code += "from hand_tracking_dsp.cli import main\nif __name__ == '__main__': sys.exit(main("
    script = tmp_path / "run.py"
    script.write_text(f"{code}{call!r}))\n")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "work" / "small_160.onnx").exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ([], "The training has no end: give --minutes, --steps or --stop-after."),
        (["--steps", "0"], "--steps is 0"),
        (["--minutes", "0"], "--minutes is 0"),
        (["--steps", "1", "--as-seen", "1.5"], "--as-seen is 1.5"),
        (["--steps", "1", "--levels", "dense@190"], "size '190' cannot be had"),
        (["--steps", "1", "--levels", "@160"], "'@160' cannot be made"),
        (["--steps", "1", "--levels", "small@160", "small@160"], "A level is named twice"),
        (["--steps", "1", "--levels", "other@160"], "other"),
        (["--steps", "1", "--show", "sheet.xyz"], "choose a name that ends in .png or .jpg"),
        (["--stop-after", "1"], "no time is left"),
    ],
)
def test_options_that_cannot_work_are_refused(pack, bank, tmp_path, capsys, more, sentence):
    assert main(words(pack, bank, tmp_path / "work", *more)) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(("kind", "name"), [("HAND", "hands"), ("EMPTY", "pictures without a hand")])
def test_heads_are_not_fitted_to_a_pack_that_lacks_something(bank, tmp_path, capsys, kind, name):
    write_some_pack(tmp_path / "pack.npz", without=kind)
    out = tmp_path / "out"
    call = ["models", "error-head", str(tmp_path / "pack.npz"), "--bank", str(bank), "--out", str(out)]
    assert main(call) == 1
    assert f"holds no {name}: pack some" in capsys.readouterr().err
    assert not (out / "bank.json").exists()


@pytest.mark.parametrize("name", ["depth", "hourglass"])
def test_heads_are_not_fitted_to_levels_that_see_depth(pack, tmp_path, capsys, name):
    assert main(["models", "error-head", str(pack), "--bank", name, "--out", str(tmp_path / "out")]) == 1
    assert "sees depth, which pictures have not" in capsys.readouterr().err


@pytest.mark.parametrize(("kind", "name"), [("HAND", "hands to train on"), ("CROP", "hands to measure on")])
def test_a_pack_that_lacks_something_is_refused(bank, tmp_path, capsys, kind, name):
    write_some_pack(tmp_path / "pack.npz", without=kind)
    assert main(words(tmp_path / "pack.npz", bank, tmp_path / "work", "--steps", "1")) == 1
    assert f"holds no {name}" in capsys.readouterr().err
