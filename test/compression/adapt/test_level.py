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

"""Ways to adapt a level, and which is taken."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.adapt import level as level_module
from hand_tracking_dsp.compression.adapt.level import KEPT, LevelAdapter, is_better
from hand_tracking_dsp.compression.adapt.pictures import DenseDeviation
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.compression.quantization.half import halve
from hand_tracking_dsp.tracking.composition.onnx_changes import copied


def with_error_percent(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy that says error_percent, read from its features."""
    saying = copied(model)
    width = read_weights(model)["head.landmarks.w"].shape[1]
    weights = {"error.w": np.full((1, width), 0.01, np.float32), "error.b": np.ones(1, np.float32)}
    saying.graph.initializer.extend(
        onnx.numpy_helper.from_array(value, name) for name, value in weights.items()
    )
    nodes = [
        onnx.helper.make_node("Gemm", ["flat", *weights], ["error.logarithm"], transB=1),
        onnx.helper.make_node("Exp", ["error.logarithm"], ["error_percent"]),
    ]
    saying.graph.node.extend(nodes)
    output = onnx.helper.make_tensor_value_info("error_percent", onnx.TensorProto.FLOAT, [1, 1])
    saying.graph.output.append(output)
    return saying


def test_a_network_pruned_from_the_dense_one_is_refitted_block_by_block(adapter, pruned) -> None:
    result = adapter.adapt_floats(pruned)
    assert result.way == "blocks and heads refitted"
    assert result.after.deviation < 0.6 * result.before.deviation
    assert adapter.crops.held_back.measure(open_exact(result.model)) == result.after


def test_a_network_of_another_kind_gets_its_heads_refitted(adapter, foreign) -> None:
    result = adapter.adapt_floats(foreign)
    assert result.way == "heads refitted"
    assert result.after.deviation < result.before.deviation


@pytest.mark.parametrize("size", ["192", "192/224", "160/192"])
def test_a_network_that_sees_less_or_the_middle_alone_is_adapted(adapter, dense, size: str) -> None:
    sized = InputSize.parse(size).of(dense)
    floats, integers = adapter.adapt_floats(sized), adapter.adapt_integers(sized, None)
    assert floats.way == "heads refitted"
    assert floats.after.deviation < 0.8 * floats.before.deviation
    assert integers.after.deviation < floats.before.deviation
    assert {InputSize.read(one.model) for one in (floats, integers)} == {InputSize.parse(size)}


def test_blocks_that_error_percent_is_read_from_stay(adapter, dense, pruned) -> None:
    """The output is about the features as they are."""
    say = with_error_percent(pruned)
    result = LevelAdapter(with_error_percent(dense), adapter.crops).adapt_floats(say)
    assert result.way == "heads refitted"
    image = np.full((1, 3, 224, 224), 0.4, np.float32)
    said, before = (open_exact(model).run(image)[4] for model in (result.model, say))
    assert np.array_equal(said, before)


def test_a_dense_network_that_says_error_percent_teaches_blocks(dense, pruned, parts) -> None:
    result = LevelAdapter(with_error_percent(dense), parts).adapt_floats(pruned)
    assert result.way == "blocks and heads refitted"


def test_a_network_that_cannot_get_better_stays(adapter, dense) -> None:
    result = adapter.adapt_floats(dense)
    assert (result.way, result.model) == (KEPT, None)
    assert result.before == result.after


def test_what_got_worse_on_pictures_held_back_is_refused(adapter, pruned, monkeypatch) -> None:
    """Even where it looked better on those that judge between ways."""
    spoiled = copied(pruned)
    weights = read_weights(pruned)
    write_weights(spoiled, {"head.landmarks.b": weights["head.landmarks.b"] + np.float32(30)})
    monkeypatch.setattr(LevelAdapter, "_refit_blocks", lambda *_: spoiled)
    monkeypatch.setattr(level_module, "refit_heads", lambda *_: None)
    lenient = iter([True, False])
    monkeypatch.setattr(level_module, "is_better", lambda *_: next(lenient))
    assert adapter.adapt_floats(pruned).way == KEPT


def test_an_int8_file_is_made_where_there_is_none(adapter, dense) -> None:
    result = adapter.adapt_integers(dense, None)
    assert result.before is None
    assert result.way.startswith("quantized")
    assert result.after.deviation < 5.0
    assert any(node.op_type == "QuantizeLinear" for node in result.model.graph.node)


def test_an_old_int8_file_gives_way_to_a_better_one(adapter, dense, shaken) -> None:
    result = adapter.adapt_integers(dense, shaken)
    assert result.before.deviation > 1.0
    assert result.after.deviation < result.before.deviation


def test_an_int8_file_without_a_float_one_gets_its_heads_refitted(adapter, shaken) -> None:
    result = adapter.adapt_integers(None, shaken)
    assert result.way == "heads refitted"
    assert result.after.deviation < 0.2 * result.before.deviation


def test_an_fp16_file_is_made_again_from_what_got_better(adapter, dense, pruned) -> None:
    result = adapter.adapt_halves(dense, halve(pruned))
    assert result.way == "halved"
    assert result.after.deviation < 0.5
    assert adapter.adapt_halves(pruned, halve(dense)).way == KEPT


@pytest.mark.parametrize(
    ("after", "before", "better"),
    [
        (DenseDeviation(1.0, 0.0), DenseDeviation(2.0, 0.0), True),
        (DenseDeviation(2.0, 0.0), DenseDeviation(2.0, 0.0), False),
        (DenseDeviation(2.1, 0.0), DenseDeviation(2.0, 0.5), False),
        (DenseDeviation(1.0, 0.105), DenseDeviation(2.0, 0.1), True),
        (DenseDeviation(1.0, 0.2), DenseDeviation(2.0, 0.1), False),
    ],
)
def test_better_means_nearer_and_no_hands_where_there_are_none(
    after: DenseDeviation, before: DenseDeviation, better: bool
) -> None:
    assert is_better(after, before) is better


def test_adapting_is_deterministic(dense, pruned, parts) -> None:
    first, again = (LevelAdapter(dense, parts, 3).adapt_floats(pruned).model for _ in range(2))
    assert first.SerializeToString() == again.SerializeToString()
