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

"""Weights kept as float16 give the same network again, byte for byte, and the same outputs, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.networks import tiny_network

from hand_tracking_dsp.compression.bank.byte_input import with_byte_input, with_float_input
from hand_tracking_dsp.compression.bank.entries import new_bank, new_level
from hand_tracking_dsp.compression.bank.files import (
    read_files,
    read_fixed_network,
    read_float_network,
    read_model,
    write_bank,
)
from hand_tracking_dsp.compression.bank.half_weights import (
    rounded_to_half,
    with_float_weights,
    with_half_weights,
)
from hand_tracking_dsp.compression.onnx_graph import read_weights
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.backends import BACKENDS, RuntimeOptions, open_session
from hand_tracking_dsp.tracking.contract import BYTE_INPUT, FLOAT_INPUT, contract_of
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.onnx_file import check_self_contained

ORIGINALS = share_path("models", "mediapipe")


def network_of(value: float, count: int = 4096, **more: np.ndarray) -> bytes:
    """Make a network that adds weights of one value, and others, to its input."""
    weights = {"w": np.full(count, value, np.float32), **more}
    nodes, last = [], "x"
    for name in weights:
        nodes.append(helper.make_node("Add", [last, name], [f"{name}.sum"]))
        last = f"{name}.sum"
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [count]) for name in ("x", last))
    held = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "sums", [x], [y], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    return model.SerializeToString(deterministic=True)


@pytest.mark.parametrize("value", [0.0, -0.0, 1.5, -65504.0, 2.0**-24, np.inf])
def test_what_float16_holds_is_kept_in_half_the_bytes_and_comes_back(value: float) -> None:
    network = network_of(value)
    packed = with_half_weights(network)
    assert len(packed) < 0.6 * len(network)
    onnx.checker.check_model(onnx.load_from_string(packed), full_check=True)
    check_self_contained(packed, "a")
    assert with_float_weights(packed) == network
    assert with_half_weights(packed) == packed
    assert with_float_weights(network) == network


@pytest.mark.parametrize("value", [0.1, 70000.0, 2.0**-25, 1 + 2.0**-11])
def test_what_float16_does_not_hold_stays(value: float) -> None:
    assert with_half_weights(network_of(value)) == network_of(value)
    one_wrong = np.ones(4096, np.float32)
    one_wrong[-1] = value
    packed = with_half_weights(network_of(1.0, other=one_wrong))
    assert [tensor.data_type for tensor in onnx.load_from_string(packed).graph.initializer] == [
        TensorProto.FLOAT16,
        TensorProto.FLOAT,
    ]


def test_few_weights_and_what_is_not_onnx_stay() -> None:
    for data in (network_of(1.0, count=64), b"no network", b""):
        assert with_half_weights(data) == data == with_float_weights(data)


def test_weights_of_others_in_float16_stay() -> None:
    model = onnx.load_from_string(with_half_weights(network_of(1.0)))
    model.graph.node[0].name = "their own cast"
    theirs = model.SerializeToString(deterministic=True)
    assert with_float_weights(theirs) == theirs == with_half_weights(theirs)


def test_a_file_whose_bytes_would_not_come_back_stays() -> None:
    model = onnx.load_from_string(network_of(1.0))
    (tensor,) = model.graph.initializer
    tensor.float_data.extend(numpy_helper.to_array(tensor))
    tensor.ClearField("raw_data")
    theirs = model.SerializeToString()
    assert with_half_weights(theirs) == theirs


def test_it_goes_together_with_the_byte_input() -> None:
    network = read_float_network(bank := read_manifest(ORIGINALS), bank.levels[1])
    packed = with_half_weights(with_byte_input(network, "a"))
    assert len(packed) < 0.6 * len(network)
    assert with_float_input(with_float_weights(packed), "a") == network


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["hand_lite.onnx", "palm_lite.onnx"])
def test_every_backend_computes_the_same_to_the_last_bit(backend: str, name: str) -> None:
    pytest.importorskip(backend, reason=f"{backend} is not installed: pip install {backend}")
    bank = read_manifest(ORIGINALS)
    info = next(one for one in bank.networks if one.file == name)
    packed, floats = read_fixed_network(bank, info), read_float_network(bank, info)
    assert len(packed) < 0.6 * len(floats)
    image = np.random.default_rng(0).random(contract_of(info).input(FLOAT_INPUT).shape, np.float32)
    options = RuntimeOptions(backend=backend, threads=1, precision="fp32")
    found = [open_session(data, name, options).run(image) for data in (floats, packed)]
    for before, after in zip(*found, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.fixture
def dense() -> bytes:
    model = onnx.load_from_string(tiny_network(0))
    for tensor in model.graph.initializer:
        halves = numpy_helper.to_array(tensor).astype(np.float16).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(halves, tensor.name))
    return model.SerializeToString(deterministic=True)


def test_banks_keep_weights_so_and_give_them_as_floats(dense: bytes, tmp_path: Path) -> None:
    level = new_level("dense", "dense.onnx", dense, parameters=100, macs=1)
    bank = new_bank("test", "Apache-2.0", "a test", [level])
    written = write_bank(tmp_path, bank, {"dense.onnx": dense})
    assert written.levels[0].float_sha256 == level.sha256
    assert written.fingerprint == bank.fingerprint
    assert len(read_network(written, written.levels[0])) < 0.6 * len(dense)
    assert read_float_network(written, written.levels[0]) == dense
    weights = read_weights(read_model(written, written.levels[0]))
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}


def test_a_file_that_takes_floats_again_is_described_so(tiny_bank: Path, tmp_path: Path) -> None:
    floats = read_manifest(tiny_bank)
    bank = write_bank(tmp_path / "bytes", replace(floats, schema=BYTE_INPUT), read_files(floats))
    kept = write_bank(tmp_path / "floats", bank, read_files(bank), ["half.onnx"])
    assert kept.levels[1].sha256 == floats.levels[1].sha256
    assert read_manifest(tmp_path / "floats").levels[1].float_sha256 is None
    assert read_files(kept) == read_files(bank)


def test_rounded_weights_are_kept_in_half_the_bytes_and_lie_near() -> None:
    model = onnx.load_from_string(network_of(1 / 3, bias=np.full(1, 1 / 3, np.float32).repeat(4096)))
    rounded = rounded_to_half(model)
    network = rounded.SerializeToString(deterministic=True)
    assert len(with_half_weights(network)) < 0.6 * len(network)
    for name, values in read_weights(rounded).items():
        assert np.allclose(values, read_weights(model)[name], rtol=2.0**-11)
    again = rounded_to_half(rounded)
    assert again.SerializeToString(deterministic=True) == network


def test_weights_beyond_float16_are_rounded_to_its_largest_number() -> None:
    rounded = rounded_to_half(onnx.load_from_string(network_of(1e9)))
    assert float(read_weights(rounded)["w"].max()) == 65504.0
