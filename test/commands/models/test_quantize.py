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

"""hand-tracking-dsp models quantize, with the finding of hands and the quantizer replaced by quick ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.commands.models import quantize as command
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.compression.quantization import variants
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.composition.onnx_changes import copied


def enlarged(model: onnx.ModelProto, factor: float) -> onnx.ModelProto:
    """Stand in for a quantized network."""
    changed = copied(model)
    name = "landmarks.weight"
    write_weights(changed, {name: read_weights(changed)[name] * np.float32(factor)})
    return changed


@pytest.fixture
def quantized(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Replace what takes long; return a list that grows by one with every network quantized."""
    made: list[int] = []

    def collect(*_: object, **__: object) -> Crops:
        images = np.random.default_rng(0).integers(0, 256, (40, 7, 7, 3), np.uint8)
        groups = tuple(f"a/{i}" for i in range(40))
        return Crops(images.repeat(32, axis=1).repeat(32, axis=2), ("a",) * 40, groups)

    def count(model: onnx.ModelProto, crops: Crops, **_: bool) -> onnx.ModelProto:
        made.append(len(crops))
        return enlarged(model, 1.001)

    monkeypatch.setattr("hand_tracking_dsp.compression.data.crops.collect_crops", collect)
    monkeypatch.setattr(variants, "quantize", count)
    monkeypatch.setattr(variants, "runtimes_here", lambda: [RuntimeOptions("onnxruntime", ("cpu",))])
    return made


def arguments(bank: Path, out: Path, *more: str) -> list[str]:
    return [
        "models",
        "quantize",
        "--bank",
        str(bank),
        "--images",
        "pictures",
        "--out",
        str(out),
        "--runs",
        "2",
        *more,
    ]


def levels(folder: Path) -> list[dict]:
    return json.loads((folder / "bank.json").read_text())["levels"]


def test_every_level_gets_a_file_that_is_checked_and_measured(
    quantized: list[int], tiny_bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bank"
    assert main(arguments(tiny_bank, out, "--again")) == 0
    assert quantized == [30, 30]
    for level in levels(out):
        (variant,) = level["variants"]
        assert variant["precision"] == "int8"
        assert (out / variant["file"]).exists()
        assert variant["source"]["sha256"] == level["sha256"]
        assert variant["accuracy"][0]["metric"] == "deviation_palm_percent"
        assert variant["accuracy"][0]["samples"] == 10
        assert variant["latency"][0]["p50_ms"] > 0
        assert level["latency"][0]["p50_ms"] > 0
    assert "Every step checked" in capsys.readouterr().out
    assert not list(tmp_path.glob(".*"))


@pytest.mark.usefixtures("quantized")
def test_symmetric_files_say_so(tiny_bank: Path, tmp_path: Path) -> None:
    assert main(arguments(tiny_bank, tmp_path / "bank", "--runs", "0", "--again", "--symmetric")) == 0
    assert [level["variants"][0]["source"]["symmetric"] for level in levels(tmp_path / "bank")] == [
        True,
        True,
    ]


def test_a_level_that_has_int8_is_left_alone(quantized: list[int], tiny_bank: Path, tmp_path: Path) -> None:
    assert main(arguments(tiny_bank, tmp_path / "bank", "--runs", "0")) == 0
    assert len(quantized) == 1
    assert levels(tmp_path / "bank")[1]["variants"] == levels(tiny_bank)[1]["variants"]


@pytest.mark.usefixtures("quantized")
def test_fp16_comes_beside_int8(tiny_bank: Path, tmp_path: Path) -> None:
    assert main(arguments(tiny_bank, tmp_path / "bank", "--runs", "0", "--fp16")) == 0
    kinds = [{variant["precision"] for variant in level["variants"]} for level in levels(tmp_path / "bank")]
    assert kinds == [{"int8", "fp16"}] * 2


def test_what_an_interrupted_run_made_is_taken(
    quantized: list[int], tiny_bank: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    words = arguments(tiny_bank, tmp_path / "bank", "--runs", "0", "--again")
    with monkeypatch.context() as interrupted:
        interrupted.setattr(command, "write_bank", interrupt)
        assert main(words) == 130
    assert main(words) == 0
    assert len(quantized) == 2
    assert not (tmp_path / ".bank.unfinished").exists()


def test_a_network_that_rounding_spoils_stops_the_export(
    quantized: list[int],
    tiny_bank: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {path.name: path.read_bytes() for path in tiny_bank.iterdir()}
    monkeypatch.setattr(variants, "quantize", lambda model, *_, **__: enlarged(model, 1.5))
    assert main(arguments(tiny_bank, tiny_bank, "--runs", "0")) == 1
    assert "is not exported: from optimized to INT8" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tiny_bank.iterdir()} == before
    assert not quantized


def test_impossible_numbers_are_refused(
    tiny_bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(tiny_bank, tmp_path / "bank", "--count", "8")) == 1
    assert "--count is 8: it must be at least 32" in capsys.readouterr().err


def test_a_missing_folder_is_named(
    tiny_bank: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = arguments(tiny_bank, tmp_path / "bank")
    words[words.index("pictures")] = str(tmp_path / "no")
    assert main(words) == 1
    assert str(tmp_path / "no") in capsys.readouterr().err
    assert not (tmp_path / "bank").exists()
