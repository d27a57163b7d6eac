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

"""Times by block."""

from __future__ import annotations

from time import sleep
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from support.networks import original_network

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.pruning.block_latency import LatencyTable, measure_latency, undisturbed_ms
from hand_tracking_dsp.compression.quantization.placeholder_ranges import with_any_ranges
from hand_tracking_dsp.errors import ConfigurationError


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_every_block_has_times(network: onnx.ModelProto, precision: str) -> None:
    done: list[str] = []
    table = measure_latency(network, precision=precision, runs=3, on_progress=done.append)
    assert done == list(table.blocks) == ["stem", "block01", "block02", "block03"]
    assert list(table.blocks["stem"]) == [8, 16, 24, 32]
    assert 0 in table.blocks["block01"]
    assert min(table.reference_ms, table.whole_ms) > 0


def test_time_that_other_programs_take_does_not_count() -> None:
    """Sleeping stands for waiting for the processor."""
    waiting = SimpleNamespace(inputs=[SimpleNamespace(shape=(1,))], run=lambda _: sleep(0.05))
    assert undisturbed_ms([waiting], 2)[0] < 25


def test_refuses_an_unknown_precision(network: onnx.ModelProto) -> None:
    with pytest.raises(ConfigurationError, match="'int4' cannot be timed"):
        measure_latency(network, precision="int4")


def test_what_lies_between_is_interpolated() -> None:
    table = LatencyTable(10.0, 5.0, {"stem": {0: 0.1, 16: 0.5, 32: 1.3}})
    assert table.saved_ms("stem", 32) == 0
    assert table.saved_ms("stem", 24) == pytest.approx(0.4)
    assert table.saved_ms("stem", 0) == pytest.approx(1.2)


@pytest.mark.parametrize("name", ["hand_full.onnx", "hand_lite.onnx"])
def test_the_network_to_be_timed_is_int8_throughout(name: str) -> None:
    model = with_any_ranges(original_network(name))
    onnx.checker.check_model(model, full_check=True)
    floats = [item for item in model.graph.initializer if item.data_type == onnx.TensorProto.FLOAT]
    # The plane that fills the image up to four is rounded where it is read.
    assert all(np.prod(item.dims) < 1000 for item in floats if item.name != "image.zeros")
    assert [spec.shape for spec in open_exact(model).outputs] == [(1, 63), (1, 1), (1, 1), (1, 63)]
