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

"""The networks that are put together to be compared."""

import onnx
import pytest

from hand_tracking_dsp.compression.bank.entries import new_bank, new_level
from hand_tracking_dsp.compression.bank.files import write_bank
from hand_tracking_dsp.compression.baselines import candidates
from hand_tracking_dsp.compression.baselines.candidates import CandidateMaker, levels_of
from hand_tracking_dsp.compression.baselines.methods import METHODS, network_path
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.data.synthetic import synthetic_hands
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.quantization.placeholder_ranges import with_any_ranges
from hand_tracking_dsp.files import write_bytes
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized


@pytest.fixture
def maker(mediapipe, lite, tmp_path, monkeypatch):
    monkeypatch.setattr(candidates, "quantize", lambda model, _: with_any_ranges(model))
    for how in METHODS.values():
        write_bytes(network_path(tmp_path, how.start.format(mark="_550")), serialized(lite))
    found, _ = synthetic_hands(2)
    return CandidateMaker(
        mediapipe, Crops(found.images, found.sources, ("a", "b")), tmp_path, lambda *_: None
    )


def changed(model, by):
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.graph.doc_string = by
    return copy


def test_every_method_has_its_network_before_and_after_training(maker, lite):
    trained = {f"{method}_550": changed(lite, method) for method in METHODS}
    found = list(maker.of_ratio(0.55, trained, 2000))
    names = ["l1", "magnitude", "random", "depgraph", "closed_form", "ours"]
    assert [one.name for one in found] == [f"{name}_550" for name in names] + ["ours_550_int8"]
    assert [one.steps for one in found] == [2000, 2000, 2000, 2000, 0, 2000, 2000]
    assert [one.start is not None for one in found] == [True, True, True, True, False, True, False]
    assert {one.ratio for one in found} == {0.55}
    assert {one.family for one in found} == {"baseline", "ours"}
    assert found[5].parameters == found[6].parameters
    assert found[6].precision == "int8"
    assert len(found[6].data) < 0.6 * len(found[5].data)


def test_a_network_that_is_trained_again_is_quantized_again(maker, lite, monkeypatch):
    (first,) = [one for one in maker.of_ratio(0.55, {"ours_550": lite}, 1) if one.precision == "int8"]
    monkeypatch.setattr(candidates, "quantize", lambda *_: pytest.fail("quantized again"))
    (same,) = [one for one in maker.of_ratio(0.55, {"ours_550": lite}, 1) if one.precision == "int8"]
    assert same.data == first.data
    with pytest.raises(pytest.fail.Exception, match="quantized again"):
        list(maker.of_ratio(0.55, {"ours_550": changed(lite, "again")}, 1))


def test_a_method_without_a_trained_network_has_no_row(maker, lite):
    assert [one.name for one in maker.of_ratio(0.55, {"l1_550": lite}, 1)] == ["l1_550"]


def test_levels_of_a_bank_say_the_size_of_their_input(lite, tmp_path):
    files = {"lite.onnx": serialized(lite), "small.onnx": serialized(InputSize(192, 192).of(lite))}
    sizes = {"parameters": 100, "macs": 100}
    levels = [
        new_level("lite", "lite.onnx", files["lite.onnx"], **sizes),
        new_level("small", "small.onnx", files["small.onnx"], input_size=192, **sizes),
        new_level("same", "lite.onnx", files["lite.onnx"], **sizes),
    ]
    write_bank(tmp_path / "bank", new_bank("sizes", "none", "a test", levels), files)
    found = list(levels_of(tmp_path / "bank"))
    assert [(one.label, one.input_size) for one in found] == [
        ("bank sizes: small", 192),
        ("bank sizes: same", 224),
    ]
    assert onnx.load_from_string(found[0].data).graph.input[0].type.tensor_type.shape.dim[2].dim_value == 192
