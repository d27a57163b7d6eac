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

"""Networks whose outputs on real regions cannot be used, though they answer the grey picture well."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from support.depth_maps import disc_view
from support.networks import spoil, tiny_depth_network, write_depth_bank, write_spoilt_bank

from hand_tracking_dsp.cameras.camera import Frame
from hand_tracking_dsp.compression.bank.files import read_model, with_files, write_bank
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.drift import DriftMonitor, DriftSchedule
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import Region


@pytest.mark.parametrize("value", [math.nan, -math.inf, 1e30])
@pytest.mark.parametrize("output", ["landmarks", "presence", "handedness", "world_landmarks"])
def test_a_region_with_an_output_that_cannot_be_used_shows_no_hand_and_is_counted(
    tmp_path: Path, draw: Callable[..., list[Frame]], output: str, value: float
) -> None:
    bank = LevelBank.load(write_spoilt_bank(tmp_path, output, value))
    assert bank.warnings == []
    frames = draw(3)
    for frame in frames:
        assert bank.landmarks(frame.image, Region(320, 240, 300, 0), 0).presence > 0
        found = bank.landmarks(frame.image, Region(320, 240, 300, 0), 1)
        assert found.presence == 0
        assert np.isnan(found.landmarks).all()
    (warning,) = bank.warnings
    assert warning == (
        f"Level 1 (lite) answers a region with unusable {output} in hand_lite.onnx on "
        "onnxruntime/CPUExecutionProvider, which counts as no hand: choose another precision, or export it "
        "again (3 times so far)."
    )
    assert bank.faulty_levels == {1}


@pytest.mark.parametrize("output", ["landmarks", "world_landmarks"])
def test_a_tracker_follows_no_hand_with_an_output_that_cannot_be_used(
    tmp_path: Path, draw: Callable[..., list[Frame]], output: str
) -> None:
    bank = LevelBank.load(write_spoilt_bank(tmp_path, output))
    tracker = HandTracker(bank, PalmDetector.load(tmp_path, ""), TrackerOptions(presence_threshold=0.0))
    frames = draw(4)
    found = [tracker.track(one.image, 0.1 * index, index // 2, "bgr") for index, one in enumerate(frames)]
    assert [len(one.hands) for one in found] == [1, 1, 0, 0]
    measured = DriftMonitor(bank, DriftSchedule(1, math.inf)).drift(frames[0].image, "bgr", found[0], 0.0)
    assert math.isnan(measured.drift_sparser)


def write_bank_with(folder: Path, file: str, model: onnx.ModelProto) -> Path:
    """Replace a network of the bank in a folder."""
    files = {file: model.SerializeToString()}
    write_bank(folder, with_files(read_manifest(folder), files), files)
    return folder


def test_a_level_that_sees_depth_is_watched_in_the_same_way(tmp_path: Path) -> None:
    write_depth_bank(tmp_path / "bank")
    model = onnx.load_from_string(tiny_depth_network(8))
    spoil(model, "heat_maps")
    bank = LevelBank.load(write_bank_with(tmp_path / "bank", "depth8.onnx", model))
    view, region = disc_view(0.5), Region(150, 110, 150, 0.5)
    image = np.zeros((240, 320, 3), np.uint8)
    assert bank.landmarks(image, region, 0, depth=view).presence > 0
    assert bank.warnings == []
    assert bank.landmarks(image, region, 1, depth=view).presence == 0
    (warning,) = bank.warnings
    assert warning.startswith("Level 1 (depth8) answers a region with unusable heat_maps in depth8")


@pytest.mark.parametrize("output", ["scores", "boxes"])
def test_a_palm_detector_is_watched_too_and_the_tracker_goes_on(
    tmp_path: Path, draw: Callable[..., list[Frame]], output: str
) -> None:
    bank = read_manifest(original_bank())
    info = bank.detectors[0]
    model = read_model(bank, info)
    spoil(model, output)
    write_bank(tmp_path, bank, {})
    detector = PalmDetector.load(write_bank_with(tmp_path, info.file, model), info.name)
    tracker = HandTracker(LevelBank.load(tmp_path), detector)
    for index, frame in enumerate(draw(2)):
        assert tracker.track(frame.image, 0.1 * index, 0, "bgr").hands == ()
    (warning,) = detector.warnings
    assert warning.startswith(f"The palm detector {info.name} answers a picture with unusable {output} in ")
    assert warning.endswith("choose another precision, or export it again (2 times so far).")
