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

"""The level bank: real networks, loaded, refused and run."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.networks import add_error_output, write_bank_with_errors

from hand_tracking_dsp.cameras.camera import Frame
from hand_tracking_dsp.errors import BackendError, ConfigurationError, ModelError
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.tracking import precision
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session
from hand_tracking_dsp.tracking.backends.base import Session, Sides
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.geometry import crop, palm_size, region_from_landmarks
from hand_tracking_dsp.tracking.types import Region

SIZES = ((120, 160), (480, 640), (1, 1), (100, 150))


@pytest.fixture
def copy(bank_folder: Path, tmp_path: Path) -> Path:
    """A bank that a test may damage."""
    return Path(shutil.copytree(bank_folder, tmp_path / "bank"))


def change(copy: Path, file: str, data: bytes) -> None:
    """Write other bytes into a network, and their sha256 into the manifest."""
    (copy / file).write_bytes(data)
    manifest = json.loads((copy / "bank.json").read_text())
    for entry in (*manifest["levels"], *manifest["detectors"]):
        if entry["file"] == file:
            entry["sha256"] = hashlib.sha256(data).hexdigest()
    (copy / "bank.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("level", [0, 1])
def test_finds_the_landmarks_of_a_region(
    bank: LevelBank, draw: Callable[..., list[Frame]], level: int
) -> None:
    for frame in draw(6, seed=1):
        assert frame.truth is not None
        truth = frame.truth[0]
        region = region_from_landmarks(truth.joints_px)
        found = bank.landmarks(frame.image, region, level, "bgr")
        error = np.linalg.norm(found.landmarks[:, :2] - truth.joints_px[:, :2], axis=1).mean()
        assert found.presence > 0.5
        assert error < 0.15 * palm_size(truth.joints_px)
        assert (found.right > 0.5) == (truth.handedness is Handedness.RIGHT)
        assert 0 < found.input_mean < 1
        assert 0 < found.input_std < 0.5
        # The hand's own size in metres: an adult's palm.
        assert 0.06 < palm_size(found.world_landmarks) < 0.12


def test_rgb_and_bgr_say_the_same(bank: LevelBank, draw: Callable[..., list[Frame]]) -> None:
    frame = draw(1)[0]
    assert frame.truth is not None
    region = region_from_landmarks(frame.truth[0].joints_px)
    bgr = bank.landmarks(frame.image, region, 0, "bgr")
    rgb = bank.landmarks(np.ascontiguousarray(frame.image[..., ::-1]), region, 0, "rgb")
    np.testing.assert_allclose(rgb.landmarks, bgr.landmarks, atol=1e-3)


def test_the_next_call_does_not_change_an_earlier_result(
    bank: LevelBank, draw: Callable[..., list[Frame]]
) -> None:
    image = draw(1)[0].image
    first = bank.landmarks(image, Region(320, 240, 200, 0))
    kept = first.landmarks.copy(), first.world_landmarks.copy()
    bank.landmarks(image, Region(100, 100, 300, 1))
    np.testing.assert_array_equal(first.landmarks, kept[0])
    np.testing.assert_array_equal(first.world_landmarks, kept[1])


def test_a_level_beyond_the_bank_is_its_sparsest(bank: LevelBank) -> None:
    assert bank.nearest(99).index == len(bank.levels) - 1


def test_a_negative_level_is_refused(bank: LevelBank) -> None:
    with pytest.raises(ConfigurationError, match="no sparsity level -1: levels count from 0"):
        bank.nearest(-1)


@pytest.mark.parametrize(
    "region", [Region(math.nan, 0, 10, 0), Region(0, 0, 0, 0), Region(0, 0, -5, 0), Region(0, math.inf, 1, 0)]
)
def test_a_region_that_is_none_is_refused(bank: LevelBank, region: Region) -> None:
    with pytest.raises(ConfigurationError, match="cannot be cut out"):
        bank.landmarks(np.zeros((10, 10, 3), dtype=np.uint8), region)


def test_a_region_outside_the_image_shows_no_hand(bank: LevelBank) -> None:
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    assert bank.landmarks(image, Region(-500, 900, 50, 0.3)).presence < 0.5


def test_loading_reports_its_progress(bank_folder: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    LevelBank.load(bank_folder, on_progress=lambda *step: steps.append(step))
    assert steps == [("level 0 (full)", 0, 2), ("level 1 (lite)", 1, 2), ("all levels", 2, 2)]


def test_a_network_changed_on_disk_is_refused(copy: Path) -> None:
    data = (copy / "hand_lite.onnx").read_bytes()
    (copy / "hand_lite.onnx").write_bytes(data[:-1] + b"?")
    with pytest.raises(ModelError, match=r"hand_lite.onnx is not the one that bank.json names"):
        LevelBank.load(copy)


def test_a_corrupt_network_with_a_matching_sha256_is_refused(copy: Path) -> None:
    change(copy, "hand_full.onnx", b"no network at all")
    with pytest.raises(ModelError, match=r"hand_full.onnx is not an ONNX file"):
        LevelBank.load(copy)
    change(copy, "hand_full.onnx", b"\x08\x08")
    with pytest.raises(BackendError, match=r"refuses the network hand_full.onnx"):
        LevelBank.load(copy)


def test_a_network_of_another_contract_is_refused(copy: Path) -> None:
    change(copy, "hand_full.onnx", (copy / "palm_full.onnx").read_bytes())
    with pytest.raises(ModelError, match=r"hand_full.onnx takes .*-1, -1.* where .*224.* is needed"):
        LevelBank.load(copy)


def test_mean_and_deviation_are_of_every_fourth_pixel_of_the_input(bank: LevelBank) -> None:
    image = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    region = Region(190, 160, 180, 0.4)
    found = bank.landmarks(image, region, order="bgr")
    pixels = crop(image, region, 224)[::4, ::4, :3].astype(np.float64)
    assert found.input_mean == pytest.approx(pixels.mean() / 255, abs=1e-9)
    assert found.input_std == pytest.approx(pixels.std() / 255, abs=1e-9)


def test_images_may_change_their_size_between_two_regions(bank: LevelBank) -> None:
    """The buffers that are written again grow with the image and take smaller ones as before."""
    images = [np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8) for size in SIZES]
    alone = [bank.landmarks(image, Region(60, 50, 80, 0.2)).landmarks for image in images]
    again = [bank.landmarks(image, Region(60, 50, 80, 0.2)).landmarks for image in reversed(images)]
    for one, other in zip(alone, reversed(again), strict=True):
        assert np.array_equal(one, other)


def add_variant(copy: Path, level: int, p50_ms: float, loss: float) -> None:
    """Give a level an INT8 variant (in name: its network is the other level's) and times to both."""
    manifest = json.loads((copy / "bank.json").read_text())
    entry, other = manifest["levels"][level], manifest["levels"][1 - level]
    where = {"device": "any", "provider": "onnxruntime/CPUExecutionProvider", "threads": 1, "runs": 1}
    measured = {"metric": "deviation_palm_percent", "data": "val", "samples": 1}
    entry["latency"] = [{**where, "p50_ms": 4, "p95_ms": 4, "p99_ms": 4}]
    entry["accuracy"] = [{**measured, "value": 2}]
    entry["variants"] = [
        {
            "file": other["file"],
            "sha256": other["sha256"],
            "precision": "int8",
            "latency": [{**where, "p50_ms": p50_ms, "p95_ms": p50_ms, "p99_ms": p50_ms}],
            "accuracy": [{**measured, "value": 2 + loss}],
        }
    ]
    (copy / "bank.json").write_text(json.dumps(manifest))


def test_of_each_level_the_chosen_variant_alone_is_opened(
    copy: Path, bank: LevelBank, draw: Callable[..., list[Frame]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "has_int8_products", lambda: True)
    add_variant(copy, level=0, p50_ms=2, loss=0.5)
    add_variant(copy, level=1, p50_ms=2, loss=5)
    opened: list[str] = []

    def note(model: bytes, name: str, options: RuntimeOptions, *rest: Sides | None) -> Session:
        opened.append(name)
        return open_session(model, name, options, *rest)

    monkeypatch.setattr("hand_tracking_dsp.tracking.opening.open_session", note)
    chosen = LevelBank.load(copy)
    assert opened == ["hand_lite.onnx", "hand_lite.onnx"]
    assert [level.precision for level in chosen.levels] == ["int8", "fp32"]
    assert [(choice.info.name, choice.precision) for choice in chosen.choices] == [
        ("full", "int8"),
        ("lite", "fp32"),
    ]
    image = draw(1)[0].image
    region = Region(320, 240, 300, 0)
    np.testing.assert_array_equal(
        chosen.landmarks(image, region, 0).landmarks, bank.landmarks(image, region, 1).landmarks
    )


def test_a_forced_precision_that_a_level_lacks_is_refused(copy: Path) -> None:
    add_variant(copy, level=0, p50_ms=2, loss=0.5)
    with pytest.raises(ConfigurationError, match=r"network lite cannot run in int8 on onnxruntime.* here"):
        LevelBank.load(copy, RuntimeOptions(precision="int8"))


def test_a_level_may_have_a_smaller_input_and_say_how_far_off_it_is(
    copy: Path, draw: Callable[..., list[Frame]]
) -> None:
    smaller_level(copy, 192)
    bank = LevelBank.load(copy)
    assert [level.input_size for level in bank.levels] == [None, 192]
    for frame in draw(4, seed=1):
        assert frame.truth is not None
        truth = frame.truth[0]
        region = region_from_landmarks(truth.joints_px)
        small, dense = (bank.landmarks(frame.image, region, level, "bgr") for level in (1, 0))
        error = np.linalg.norm(small.landmarks[:, :2] - truth.joints_px[:, :2], axis=1).mean()
        assert error < 0.3 * palm_size(truth.joints_px)
        assert small.error_percent == 7.5
        assert math.isnan(dense.error_percent)
        assert small.input_mean == pytest.approx(dense.input_mean, abs=0.01)


@pytest.mark.parametrize("size", [None, 160])
def test_a_level_whose_input_has_another_size_than_the_bank_says_is_refused(
    copy: Path, size: int | None
) -> None:
    smaller_level(copy, 192)
    manifest = json.loads((copy / "bank.json").read_text())
    manifest["levels"][1] |= {"input_size": size}
    if size is None:
        del manifest["levels"][1]["input_size"]
    (copy / "bank.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=rf"hand_lite.onnx takes .*192.* where .*{size or 224}.* is needed"):
        LevelBank.load(copy)


@pytest.mark.parametrize("percent", [math.nan, math.inf, -math.inf, -1.0])
def test_an_error_that_no_landmarks_can_have_is_not_known_and_named_once(
    tmp_path: Path, draw: Callable[..., list[Frame]], percent: float
) -> None:
    bank = LevelBank.load(write_bank_with_errors(tmp_path, 3.0, percent))
    assert bank.warnings == []
    for frame in draw(3):
        assert bank.landmarks(frame.image, Region(320, 240, 300, 0), 0).error_percent == 3.0
        assert math.isnan(bank.landmarks(frame.image, Region(320, 240, 300, 0), 1).error_percent)
    (warning,) = bank.warnings
    assert warning.startswith(f"Level 1 (lite) says that its landmarks are {percent:g} % off, which cannot")
    assert warning.endswith("export hand_lite.onnx again (3 times so far).")


def smaller_level(copy: Path, size: int) -> None:
    """Give level 1 another input size, landmarks in its pixels, and an output that says 7.5 %."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    model = onnx.load(copy / "hand_lite.onnx")
    graph = model.graph
    shape = graph.input[0].type.tensor_type.shape.dim
    for axis in [axis for axis in shape if axis.dim_value == 224]:
        axis.dim_value = size
    head = next(node for node in graph.node if "landmarks" in node.output)
    head.output[0] = "large"
    scale = onnx.numpy_helper.from_array(np.array(size / 224, np.float32), "smaller")
    graph.initializer.append(scale)
    graph.node.append(onnx.helper.make_node("Mul", ["large", "smaller"], ["landmarks"]))
    add_error_output(model, 7.5)
    change(copy, "hand_lite.onnx", model.SerializeToString())
    manifest = json.loads((copy / "bank.json").read_text())
    manifest["levels"][1]["input_size"] = size
    (copy / "bank.json").write_text(json.dumps(manifest))
