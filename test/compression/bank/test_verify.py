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

"""Checking a bank's networks on the machine at hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.compression.bank import verify
from hand_tracking_dsp.compression.bank.entries import new_accuracy, with_variant
from hand_tracking_dsp.compression.bank.files import write_bank, write_manifest
from hand_tracking_dsp.compression.bank.verify import (
    Check,
    check_networks,
    choices_here,
    runtimes_here,
    time_networks,
)
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.backends import RuntimeOptions, onnxruntime_backend
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import File
from hand_tracking_dsp.tracking.types import Image


@pytest.fixture(scope="module")
def images() -> list[Image]:
    with open_source("synthetic", SourceOptions(rate_hz=1.0, absence_s=0.0)) as source:
        return [frame.image for _ in range(3) if (frame := source.read(1.0))]


@pytest.fixture(autouse=True)
def one_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only ONNX Runtime's processor, whatever is installed."""
    monkeypatch.setattr(verify, "runtimes_here", lambda *_: [RuntimeOptions("onnxruntime", ("cpu",))])


def record(bank: Path, level: int, value: float, data: str) -> None:
    """Write down a deviation of a level's variant."""
    content = read_manifest(bank)
    measured = new_accuracy(data, value, 9, "onnxruntime/CPUExecutionProvider")
    file = content.levels[level].variants[0].file

    def recorded(info: File) -> File:
        return replace(info, accuracy=(measured,)) if info.file == file else info

    write_manifest(content.with_each_file(recorded))


def check(bank: Path, images: list[Image]) -> dict[str, Check]:
    manifest = read_manifest(bank)
    found = check_networks(manifest, choices_here(manifest), images, "these")
    return {one.choice.info.file: one for one in found}


def test_every_file_is_compared_with_the_dense_network(tiny_bank: Path, images: list[Image]) -> None:
    found = check(tiny_bank, images)
    assert list(found) == ["dense.onnx", "half.onnx", "int8.onnx"]
    assert found["dense.onnx"].value == 0
    assert 0 < found["half.onnx"].value < found["int8.onnx"].value
    assert all(one.samples >= 3 and one.accepted for one in found.values())
    assert [one.limit is None for one in found.values()] == [False, True, True]


@pytest.mark.parametrize(("share", "accepted"), [(1.0, True), (0.8, True), (0.3, False)])
def test_a_variant_that_is_worse_than_recorded_is_not_accepted(
    tiny_bank: Path, images: list[Image], share: float, accepted: bool
) -> None:
    measured = check(tiny_bank, images)["int8.onnx"].value
    record(tiny_bank, 1, measured * share, "these")
    assert check(tiny_bank, images)["int8.onnx"].accepted is accepted


def test_other_pictures_are_compared_more_generously(tiny_bank: Path, images: list[Image]) -> None:
    measured = check(tiny_bank, images)["int8.onnx"].value
    record(tiny_bank, 1, measured * 0.6, "these")
    assert not check(tiny_bank, images)["int8.onnx"].accepted
    record(tiny_bank, 1, measured * 0.6, "others")
    assert check(tiny_bank, images)["int8.onnx"].accepted


def test_a_network_that_cannot_be_opened_is_told_and_the_others_go_on(
    tiny_bank: Path, images: list[Image]
) -> None:
    bank = read_manifest(tiny_bank)
    empty = b"\x08\x08"  # an ONNX file with a version and nothing else
    dense = with_variant(bank.levels[0], "broken.onnx", empty, "fp32")
    bank = replace(bank, levels=(dense, bank.levels[1]))
    write_bank(tiny_bank, bank, {"broken.onnx": empty})
    found = check(tiny_bank, images)
    assert "refuses the network broken.onnx" in found["broken.onnx"].problem
    assert not found["broken.onnx"].accepted
    assert found["half.onnx"].accepted


def test_a_changed_file_ends_the_check(tiny_bank: Path, images: list[Image]) -> None:
    (tiny_bank / "int8.onnx").write_bytes(b"changed")
    with pytest.raises(ModelError, match=r"int8.onnx is not the one that bank.json names"):
        check(tiny_bank, images)


def test_pictures_without_a_hand_are_refused(tiny_bank: Path) -> None:
    with pytest.raises(ConfigurationError, match="No hand was found in 1 pictures"):
        check(tiny_bank, [np.zeros((100, 100, 3), dtype=np.uint8)])


def test_palm_detectors_are_compared_with_their_default_file(images: list[Image]) -> None:
    found = check(share_path("models", "mediapipe"), images)
    assert found["palm_full.onnx"].value == found["palm_lite.onnx"].value == 100
    assert found["palm_full.onnx"].samples >= 2


def test_everything_is_timed_in_its_order(tiny_bank: Path) -> None:
    bank = read_manifest(tiny_bank)
    choices = choices_here(bank)
    calls: list[int] = []
    timed, beside = time_networks(bank, choices, 1, 4, [lambda: calls.append(1)])
    assert [one.choice for one in timed] == choices
    assert all(one.threads == 1 and one.times.p50_ms > 0 for one in timed)
    assert len(beside) == 1
    assert calls


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_provider_that_is_listed_and_does_not_open_is_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    if listed[0] in onnxruntime_backend.onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has the provider that is to be missing")
    monkeypatch.setattr(onnxruntime_backend.onnxruntime, "get_available_providers", lambda: listed)
    problems: list[str] = []
    found = [one.providers for one in runtimes_here(problems.append) if one.backend == "onnxruntime"]
    assert found == [("cpu",)]
    assert [problem.split(",")[0] for problem in problems] == ["CUDAExecutionProvider does not open"]
