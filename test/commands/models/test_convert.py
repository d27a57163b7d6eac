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

"""hand-tracking-dsp models convert, and what verify says of the bank that it writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.cli import main
from hand_tracking_dsp.compression.bank.files import read_files
from hand_tracking_dsp.control.policy_file import PolicyContract
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.contract import BYTE_INPUT, FLOAT_INPUT
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.types import Region


@pytest.fixture
def convert(tiny_bank: Path, tmp_path: Path) -> Callable[..., int]:
    """Give a function that converts the tiny bank into the folder bytes."""
    arguments = ["models", "convert", "--bank", str(tiny_bank), "--out", str(tmp_path / "bytes")]
    return lambda *more: main([*arguments, *more])


def test_a_bank_takes_bytes_and_tracks_as_before(
    tiny_bank: Path, tmp_path: Path, convert: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert convert() == 0
    assert "3 networks take bytes and compute the same" in capsys.readouterr().out
    before, after = read_manifest(tiny_bank), read_manifest(tmp_path / "bytes")
    assert (before.schema, after.schema) == (FLOAT_INPUT, BYTE_INPUT)
    assert read_files(after) == read_files(before)
    assert PolicyContract.of(before, "ppo", 0.5, {}).differences(after) == []
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    found = [
        LevelBank.load(bank).landmarks(image, Region(150, 110, 100, 0.4), level, order)
        for bank in (before, after)
        for level in (0, 1)
        for order in ("rgb", "bgr")
    ]
    for floats, taking_bytes in zip(found[:4], found[4:], strict=True):
        assert np.array_equal(floats.landmarks, taking_bytes.landmarks)
        assert np.array_equal(floats.world_landmarks, taking_bytes.world_landmarks)
        assert floats.presence == taking_bytes.presence


def test_a_file_can_go_on_taking_floats(tmp_path: Path, convert: Callable[..., int]) -> None:
    assert convert("--keep", "dense.onnx") == 0
    assert [info.float_sha256 is None for info in read_manifest(tmp_path / "bytes").files] == [
        True,
        False,
        False,
    ]
    assert LevelBank.load(tmp_path / "bytes").levels[1].name == "half"


def test_an_unknown_file_to_keep_is_answered_with_the_known_ones(
    tmp_path: Path, convert: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert convert("--keep", "full.onnx") == 1
    assert "no full.onnx to keep: choose from dense.onnx, half.onnx, int8.onnx" in capsys.readouterr().err
    assert not (tmp_path / "bytes").exists()


def test_nothing_is_written_where_a_network_would_compute_something_else(
    tmp_path: Path,
    convert: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("hand_tracking_dsp.commands.models.convert.largest_difference", lambda *_: 0.25)
    assert convert() == 1
    assert "dense.onnx changes by 0.25 where it takes bytes" in capsys.readouterr().err
    assert not (tmp_path / "bytes" / "bank.json").exists()


def test_verify_compares_the_networks_with_those_they_were_made_of(
    tmp_path: Path,
    convert: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr("hand_tracking_dsp.compression.bank.verify.BACKENDS", ("onnxruntime",))
    verify = ["models", "verify", "--bank", str(tmp_path / "bytes"), "--count", "2", "--runs", "1"]
    assert convert() == 0
    capsys.readouterr()
    assert main(verify) == 0
    shown = capsys.readouterr().out
    assert shown.count("the same") >= 3
    assert "NOT THE SAME" not in shown
    monkeypatch.setattr("hand_tracking_dsp.commands.models.verify.largest_difference", lambda *_: 0.25)
    assert main(verify) == 1
    assert "NOT THE SAME" in capsys.readouterr().out
