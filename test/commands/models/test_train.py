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

"""The command train, from a pack of pictures to networks that say how sure they are."""

from __future__ import annotations

import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from support.networks import write_small_bank

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.compression.bank.files import read_files
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind, encoded, write_pack
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.types import Region

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")

COUNTS = {
    PictureKind.HAND: 6,
    PictureKind.EMPTY: 4,
    PictureKind.BESIDE: 2,
    PictureKind.CROP: 3,
    PictureKind.EMPTY_CROP: 2,
}


def pictures(counts):
    random = np.random.default_rng(0)
    for kind, count in counts.items():
        for _ in range(count):
            coarse = random.integers(0, 256, (9, 9, 3), np.uint8)
            image = cv2.resize(coarse, (128, 128), interpolation=cv2.INTER_CUBIC)
            region = Region(64, 64, 80, 0.0) if kind is PictureKind.HAND else None
            yield PackedPicture(encoded(image, 90), kind, region, kind.name.lower(), f"{kind.name}/0")


@pytest.fixture
def pack(tmp_path):
    path = tmp_path / "pack.npz"
    write_pack(path, list(pictures(COUNTS)))
    return path


@pytest.fixture
def bank(tmp_path):
    write_small_bank(tmp_path / "bank")
    return tmp_path / "bank"


def words(pack, bank, work, *more):
    fixed = ["--levels", "dense@192", "small@160", "--batch", "8", "--hands", "64", "--rendered", "64"]
    fixed += ["--device", "cpu", "--threads", "1", "--workers", "1", "--checks", "1"]
    return ["models", "train", str(pack), "--bank", str(bank), "--work", str(work), *fixed, *more]


def test_it_leaves_networks_of_each_size_and_goes_on_where_it_was_stopped(pack, bank, tmp_path, capsys):
    work, sheet = tmp_path / "work", tmp_path / "sheet.jpg"
    assert main(words(pack, bank, work, "--steps", "2", "--show", str(sheet))) == 0
    assert "places without a hand cut out" in capsys.readouterr().out
    record = json.loads((work / "training.json").read_text())
    assert [(one["name"], one["size"], one["start"]) for one in record["levels"]] == [
        ("dense", 224, "dense"),
        ("dense_192", 192, "dense"),
        ("small_160", 160, "small"),
    ]
    assert (record["steps"], record["finished"], record["pictures"]) == (2, True, 17)
    assert {"crop", "empty_crop", "covered and changed"} <= record["curve"][-1].keys()
    assert cv2.imread(str(sheet)).shape == (160, 1280, 3)
    image = np.random.default_rng(1).random((1, 3, 224, 224), np.float32)
    old = open_exact(read_files(read_manifest(bank))["dense.onnx"]).run(image)
    *new, said = open_exact((work / "dense.onnx").read_bytes()).run(image)
    assert all(np.array_equal(a, b) for a, b in zip(old, new, strict=True))
    assert 0.3 < said.item() < 150
    small = open_exact((work / "small_160.onnx").read_bytes())
    assert small.inputs[0].shape == (1, 3, 160, 160)
    assert [output.name for output in small.outputs][-1] == "error_percent"
    assert main(words(pack, bank, work, "--steps", "3")) == 0
    assert "training from batch 2" in capsys.readouterr().out
    assert json.loads((work / "training.json").read_text())["steps"] == 3


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
        (["--steps", "1", "--levels", "dense@190"], "'dense@190' cannot be made"),
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


@pytest.mark.parametrize(("kind", "name"), [("HAND", "hands to train on"), ("CROP", "hands to measure on")])
def test_a_pack_that_lacks_something_is_refused(bank, tmp_path, capsys, kind, name):
    counts = {one: count for one, count in COUNTS.items() if one.name != kind}
    write_pack(tmp_path / "pack.npz", list(pictures(counts)))
    assert main(words(tmp_path / "pack.npz", bank, tmp_path / "work", "--steps", "1")) == 1
    assert f"holds no {name}" in capsys.readouterr().err
