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

"""Records of bank.json as they are made, and as the tracker reads them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hand_tracking_dsp.compression.bank.entries import (
    new_accuracy,
    new_bank,
    new_level,
    new_network,
    with_accuracy,
    with_latency,
    with_variant,
)
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import Manifest, parse_manifest
from hand_tracking_dsp.tracking.network_info import File, LatencyProfile, LevelInfo, files_of


def level(name: str, parameters: int, **more: Any) -> LevelInfo:
    return new_level(name, f"{name}.onnx", name.encode(), parameters=parameters, macs=5, **more)


def read(*levels: LevelInfo) -> Manifest:
    """Write a bank of these levels and read it back."""
    palm = new_network("palm", "palm.onnx", b"palm", parameters=1, macs=1)
    bank = new_bank("test", "Apache-2.0", "here", levels, [palm])
    return parse_manifest(Path("bank.json"), json.loads(bank.to_text()))


def test_levels_are_numbered_and_their_sparsity_is_that_of_the_first() -> None:
    manifest = read(level("dense", 1000), level("half", 500), level("quarter", 250))
    assert [(one.index, one.sparsity) for one in manifest.levels] == [(0, 0.0), (1, 0.5), (2, 0.75)]
    assert manifest.source == "here"


def test_a_level_of_another_bank_is_numbered_again() -> None:
    old = replace(level("half", 500), index=7, sparsity=0.9)
    assert read(level("dense", 1000), old).levels[1].index == 1
    assert read(level("dense", 1000), old).levels[1].sparsity == 0.5


def test_what_a_block_keeps_and_what_was_measured_are_read_back() -> None:
    measured = new_accuracy("val/a", 1.5, 100, "onnxruntime/x")
    found = read(level("dense", 10, keep={"stem": 0.5, "block07": 0}, accuracy=(measured,))).levels[0]
    assert found.keep == {"stem": 0.5, "block07": 0.0}
    assert found.accuracy[0].metric == "deviation_palm_percent"
    assert (found.accuracy[0].value, found.accuracy[0].samples) == (1.5, 100)
    assert found.accuracy[0].provider == "onnxruntime/x"


def test_a_variant_has_all_of_its_level_but_file_precision_and_figures() -> None:
    measured = new_accuracy("val", 2.0, 9, "p")
    half = with_variant(
        level("half", 10, keep={"stem": 0.5}), "half_int8.onnx", b"8", "int8", accuracy=(measured,)
    )
    _, variant = files_of(read(half).levels[0])
    assert (variant.name, variant.file, variant.precision) == ("half", "half_int8.onnx", "int8")
    assert variant.keep == {"stem": 0.5}
    assert variant.accuracy[0].value == 2.0
    assert variant.latency == variant.variants == ()


def test_a_variant_of_the_same_precision_is_replaced() -> None:
    half = level("half", 10)
    for name, precision in (("a", "int8"), ("b", "fp16"), ("c", "int8")):
        half = with_variant(half, f"{name}.onnx", name.encode(), precision)
    assert [one.file for one in half.variants] == ["b.onnx", "c.onnx"]
    assert [one.file for one in read(half).files] == ["half.onnx", "b.onnx", "c.onnx", "palm.onnx"]


def test_a_new_accuracy_replaces_the_one_measured_alike_only() -> None:
    info = level("half", 10)
    for provider, value in (("a", 1), ("b", 2), ("a", 3)):
        info = with_accuracy(info, new_accuracy("d", value, 9, provider))
    assert [one.value for one in info.accuracy] == [2, 3]


def test_a_new_latency_replaces_the_one_measured_alike_only() -> None:
    info = level("half", 10)
    for threads, p50_ms in ((1, 1.0), (2, 2.0), (1, 3.0)):
        profile = LatencyProfile(
            device="x", provider="p", threads=threads, p50_ms=p50_ms, p95_ms=4.0, p99_ms=4.0, runs=9
        )
        info = with_latency(info, profile)
    assert [one.p50_ms for one in info.latency] == [2.0, 3.0]


def test_every_file_of_a_bank_is_changed() -> None:
    def renamed(info: File) -> File:
        return replace(info, file=f"new_{info.file}")

    bank = read(with_variant(level("half", 10), "8.onnx", b"8", "int8")).with_each_file(renamed)
    assert [one.file for one in bank.files] == ["new_half.onnx", "new_8.onnx", "new_palm.onnx"]


@pytest.mark.parametrize("wrong", [{"sparsity": 1.0}, {"file": "../evil.onnx"}, {"precision": "f8"}])
def test_a_record_that_a_reader_would_refuse_cannot_be_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        replace(level("half", 10), **wrong)
