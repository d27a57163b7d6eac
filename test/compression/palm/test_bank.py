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

from dataclasses import replace

import cv2
import numpy as np
import pytest

from hand_tracking_dsp.compression.bank.entries import new_network
from hand_tracking_dsp.compression.bank.files import read_model
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.pictures import Picture
from hand_tracking_dsp.compression.onnx_graph import read_weights
from hand_tracking_dsp.compression.palm import bank as palm_bank
from hand_tracking_dsp.compression.palm.bank import (
    FALSE_PALMS,
    make_detectors,
    measure_detectors,
    record,
)
from hand_tracking_dsp.compression.palm.rewrite import with_integer_projections
from hand_tracking_dsp.compression.palm.score_shift import with_shifted_scores
from hand_tracking_dsp.compression.palm.trained import TrainedPalm
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.recordings.labels import LabelledPicture
from hand_tracking_dsp.resources import original_bank
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import read_manifest


def test_detectors_are_timed_and_compared_with_the_first(detector, images):
    networks = {"dense.onnx": detector, "int8.onnx": with_integer_projections(detector)}

    dense, other = measure_detectors(networks, images[:3], runs=4)

    assert (dense.file, dense.deviation, dense.problem) == ("dense.onnx", None, "")
    assert other.deviation.pictures == 3
    assert other.times.p50_ms > 0
    assert other.provider == "onnxruntime/CPUExecutionProvider"


def test_a_detector_that_finds_too_few_marked_hands_has_a_problem(detector, images, tmp_path, monkeypatch):
    cv2.imwrite(str(tmp_path / "a.png"), images[0])
    picture = LabelledPicture(tmp_path / "a.png", np.array([[0, 0, 192, 192]], np.float32))
    found = iter([1, 0])
    monkeypatch.setattr("hand_tracking_dsp.compression.palm.recall.count_pairs", lambda *_: next(found))

    _, other = measure_detectors({"a": detector, "b": detector}, images[:1], [picture], runs=1)

    assert other.problem == "its recall is 0.00 %, the dense detector's 100.00 %"


def test_palms_on_pictures_without_a_hand_are_counted_and_recorded(detector, images, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), images[0])
    empty = [Picture(tmp_path / "a.png", "faces", "faces/0")]

    (result,) = measure_detectors({"a.onnx": detector}, images[:1], runs=1, empty=empty)

    assert (result.false.pictures, result.false.squares) == (1, 9)
    info = new_network("a", "a.onnx", serialized(detector), **sizes(detector))
    bank = record(replace(read_manifest(original_bank()), detectors=(info,)), [result], "", "", "faces")
    (figure,) = bank.detectors[0].accuracy
    assert (figure.metric, figure.data, figure.samples) == (FALSE_PALMS, "faces", 1)
    assert figure.value == pytest.approx(100 * result.false.share)


def test_a_trained_detector_is_taken_instead_of_pruning_one(detector, images, monkeypatch):
    monkeypatch.setattr(palm_bank, "prune_palm", lambda *_, **__: pytest.fail("it was pruned"))
    bank = read_manifest(original_bank())

    new, networks = make_detectors(bank, images, trained=TrainedPalm(detector, {"method": "trained"}))

    assert dict(new.detectors[-1].source) == {"method": "trained"}
    assert [info.name for info in new.detectors] == ["full", "lite", "pruned"]
    assert read_weights(networks["palm_pruned.onnx"])["stem.conv.weight"].shape[0] == 64


def test_the_pruned_detector_sees_palms_where_no_hand_is_hardly_less_often_than_the_dense_one(
    images, tmp_path, monkeypatch
):
    bank = read_manifest(original_bank())
    (dense,) = (read_model(bank, info) for info in bank.detectors[:1])
    monkeypatch.setattr(palm_bank, "prune_palm", lambda *_, **__: with_shifted_scores(dense, -1.5))
    cv2.imwrite(str(tmp_path / "a.png"), images[0])
    empty = [Picture(tmp_path / "a.png", "faces", "faces/0")]
    # The dense one sees twenty, the others eleven and six of them.
    falling = np.linspace(1.0, -1.0, 21)
    logits = iter([falling + 1.05, falling, falling - 0.5])
    monkeypatch.setattr(palm_bank, "highest_logits", lambda *_: next(logits))

    new, networks = make_detectors(bank, images, empty=empty)

    # Nineteen.
    assert new.detectors[-1].source["added_to_scores"] == pytest.approx([0.899, 1.399])
    image = np.random.default_rng(0).random((1, 3, 192, 192), np.float32)
    first, moved = (open_exact(one).run(image)[1] for one in (dense, networks["palm_pruned.onnx"]))
    np.testing.assert_allclose(moved, first - 1.5 + 0.899, atol=1e-3)


def test_a_detector_that_loses_palms_in_clips_has_a_problem(detector, images):
    blind = with_shifted_scores(detector, -50)
    seeing = with_shifted_scores(detector, 50)

    dense, other = measure_detectors({"a": seeing, "b": blind}, images[:0], runs=1, clips=iter(images[:2]))

    assert dense.clips is None
    assert other.clips.lost == other.clips.palms > 0
    assert other.problem.endswith("palms in the clips")


def test_refuses_a_bank_without_a_detector_in_fp32(images, tiny_bank):
    with pytest.raises(ModelError, match="no palm detector in fp32"):
        make_detectors(replace(read_manifest(tiny_bank), detectors=()), images)
