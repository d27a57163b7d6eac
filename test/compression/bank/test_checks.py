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

"""Checks of a bank's networks on the machine at hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.compression.bank.changes import update_manifest
from hand_tracking_dsp.compression.bank.checks import Check, CheckedHands, check_networks
from hand_tracking_dsp.compression.bank.entries import new_accuracy, with_variant
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.bank.verify import choices_here
from hand_tracking_dsp.compression.hourglass.samples import draw_samples
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_info import File
from hand_tracking_dsp.tracking.types import Image

pytestmark = pytest.mark.usefixtures("one_runtime")


@pytest.fixture(scope="module")
def images() -> list[Image]:
    with open_source("synthetic", SourceOptions(rate_hz=1.0, absence_s=0.0)) as source:
        return [frame.image for _ in range(3) if (frame := source.read(1.0))]


def record(bank: Path, level: int, value: float, data: str) -> None:
    """Write down a deviation of a level's variant."""
    content = read_manifest(bank)
    measured = new_accuracy(data, value, 9, "onnxruntime/CPUExecutionProvider")
    file = content.levels[level].variants[0].file

    def recorded(info: File) -> File:
        return replace(info, accuracy=(measured,)) if info.file == file else info

    update_manifest(content, lambda now: now.with_each_file(recorded))


def check(bank: Path, images: list[Image]) -> dict[str, Check]:
    manifest = read_manifest(bank)
    found = check_networks(manifest, choices_here(manifest), CheckedHands("these", images))
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


@pytest.fixture(scope="module")
def depths() -> np.ndarray:
    return draw_samples("test", 0, 3, 0.24).images


def test_levels_that_see_depth_are_compared_on_it(images: list[Image], depths: np.ndarray) -> None:
    manifest = read_manifest(share_path("models", "hourglass"))
    levels = replace(manifest, detectors=())
    found = list(check_networks(levels, choices_here(levels), CheckedHands("these", images, depths)))
    values = {one.choice.info.name: one.value for one in reversed(found)}
    assert list(reversed(values)) == [level.name for level in levels.levels]
    assert found[0].value == 0
    assert all(one.accepted and one.samples == 3 for one in found)
    coarsest = values[levels.levels[-1].name]
    assert 1 < coarsest < 30, "an exit deviates by some % of the palm"


def test_levels_that_see_depth_need_it(images: list[Image]) -> None:
    manifest = read_manifest(share_path("models", "hourglass"))
    with pytest.raises(ConfigurationError, match="checked on rendered hands: leave out --images"):
        next(check_networks(manifest, choices_here(manifest), CheckedHands("these", images)))


def test_levels_of_other_joints_are_refused(images: list[Image], depths: np.ndarray) -> None:
    manifest = read_manifest(share_path("models", "hourglass"))
    first = manifest.levels[0]
    assert first.depth is not None
    other = replace(first, depth=replace(first.depth, joints=14, skeleton="nyu"))
    choices = choices_here(replace(manifest, levels=(other,), detectors=()))
    with pytest.raises(ModelError, match="find the 14 joints of nyu"):
        next(check_networks(manifest, choices, CheckedHands("these", images, depths)))
