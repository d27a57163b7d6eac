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

"""The byte input computes the same as the float input, to the last bit, and can be taken off again."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support.networks import tiny_network

from hand_tracking_dsp.compression.bank.byte_input import (
    largest_difference,
    with_byte_input,
    with_float_input,
)
from hand_tracking_dsp.compression.bank.files import read_float_network
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.backends import BACKENDS, RuntimeOptions, open_session
from hand_tracking_dsp.tracking.contract import BYTE_INPUT, PALM, check_session, landmark_contract
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_input import NetworkInput

# fp32 and INT8, of convolutions and of integer products; the float one takes the others' place in "tiny".
REAL = {
    "lite_latency31_parameters35_160of192.onnx": landmark_contract(192),
    "lite_latency31_parameters35_160of192_int8.onnx": landmark_contract(192),
    "palm_pruned_int8.onnx": PALM,
}


def real_network(file: str) -> bytes:
    bank = read_manifest(share_path("models", "dsp"))
    return read_float_network(bank, next(info for info in bank.files if info.file == file))


@pytest.fixture(params=["tiny", *REAL])
def network(request: pytest.FixtureRequest) -> bytes:
    return tiny_network(0) if request.param == "tiny" else real_network(request.param)


def test_it_computes_the_same_to_the_last_bit(network: bytes) -> None:
    assert largest_difference(network, with_byte_input(network, "a"), "a", noise=4) == 0


def test_another_scale_would_be_seen(network: bytes) -> None:
    wrong = onnx.load_from_string(with_byte_input(network, "a"))
    (step,) = (tensor for tensor in wrong.graph.initializer if tensor.name == "image.step")
    step.CopyFrom(onnx.numpy_helper.from_array(np.array(1 / 200, np.float32), step.name))
    assert largest_difference(network, wrong.SerializeToString(), "a", noise=1) > 0


@pytest.mark.parametrize(("file", "contract"), REAL.items())
def test_it_keeps_the_contract(file: str, contract: object) -> None:
    session = open_exact(with_byte_input(real_network(file), file))
    check_session(session, contract, file)  # type: ignore[arg-type]
    assert session.inputs == (contract.input(BYTE_INPUT),)  # type: ignore[attr-defined]


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_runs_it(backend: str) -> None:
    pytest.importorskip(backend, reason=f"{backend} is not installed: pip install {backend}")
    float_network = real_network("full_192of224.onnx")
    image = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    options = RuntimeOptions(backend=backend, precision="fp32")
    found = []
    for data in (float_network, with_byte_input(float_network, "a")):
        session = open_session(data, "a", options)
        found.append(session.run(NetworkInput(session).fill(image, "rgb"))[0])
    # Pixels; OpenVINO may put the scale into the first layer's weights.
    np.testing.assert_allclose(*found, atol=1e-3)


def test_it_can_be_taken_off_again_byte_for_byte(network: bytes) -> None:
    assert with_float_input(with_byte_input(network, "a"), "a") == network


def test_a_network_has_it_once(network: bytes) -> None:
    once = with_byte_input(network, "a")
    assert with_byte_input(once, "a") == once
    assert with_float_input(network, "a") == network


def test_what_takes_no_image_is_refused() -> None:
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Relu", ["image"], ["y"])],
        "grey",
        [value("image", TensorProto.FLOAT, [1, 1, 8, 8])],
        [value("y", TensorProto.FLOAT, [1, 1, 8, 8])],
    )
    model = helper.make_model(graph, ir_version=7, opset_imports=[helper.make_opsetid("", 13)])
    with pytest.raises(ModelError, match=r"grey.onnx does not take one image, float32"):
        with_byte_input(model.SerializeToString(), "grey.onnx")
