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

"""A network that brings in other files is refused, wherever in it they are named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from hand_tracking_dsp.control.policy_file import manifest_text, read_policy
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.onnx_file import check_self_contained
from hand_tracking_dsp.tracking.palm import PalmDetector

FLOAT = TensorProto.FLOAT


def outside() -> TensorProto:
    """Make weights that lie in the file stolen.bin."""
    tensor = TensorProto(name="w", data_type=FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="stolen.bin")
    return tensor


def inside() -> TensorProto:
    return numpy_helper.from_array(np.ones(1, np.float32), "w")


def constant(tensor: TensorProto) -> onnx.NodeProto:
    return helper.make_node("Constant", [], ["w"], value=tensor)


def model(
    tensor: TensorProto | None = None, node: onnx.NodeProto | None = None, **more: object
) -> onnx.ModelProto:
    value = helper.make_tensor_value_info("y", FLOAT, [1])
    taken = helper.make_tensor_value_info("x", FLOAT, [1])
    nodes = [node] if node else []
    add = helper.make_node("Add", ["x", "w"], ["y"])
    graph = helper.make_graph([*nodes, add], "g", [taken], [value], [tensor] if tensor else [])
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)], **more)


def branch(tensor: TensorProto) -> onnx.GraphProto:
    value = helper.make_tensor_value_info("w", FLOAT, [1])
    return helper.make_graph([constant(tensor)], "branch", [], [value])


def in_an_initializer(tensor: TensorProto) -> onnx.ModelProto:
    return model(tensor)


def in_a_constant(tensor: TensorProto) -> onnx.ModelProto:
    return model(node=constant(tensor))


def in_a_list_of_tensors(tensor: TensorProto) -> onnx.ModelProto:
    return model(inside(), helper.make_node("Any", [], ["v"], domain="test", values=[inside(), tensor]))


def in_a_subgraph(tensor: TensorProto) -> onnx.ModelProto:
    condition = branch(tensor)
    node = helper.make_node("If", ["x"], ["w"], then_branch=branch(inside()), else_branch=condition)
    return model(node=node)


def in_a_subgraph_of_a_list(tensor: TensorProto) -> onnx.ModelProto:
    return model(inside(), helper.make_node("Any", [], ["v"], domain="test", graphs=[branch(tensor)]))


def in_sparse_weights(tensor: TensorProto) -> onnx.ModelProto:
    found = model(inside())
    sparse = found.graph.sparse_initializer.add(dims=[1])
    sparse.values.CopyFrom(inside())
    sparse.indices.CopyFrom(tensor)
    return found


def in_a_sparse_constant(tensor: TensorProto) -> onnx.ModelProto:
    node = helper.make_node("Constant", [], ["w"])
    attribute = node.attribute.add(name="sparse_value", type=onnx.AttributeProto.SPARSE_TENSOR)
    attribute.sparse_tensor.values.CopyFrom(tensor)
    return model(node=node)


def in_a_function(tensor: TensorProto) -> onnx.ModelProto:
    function = helper.make_function("test", "F", [], ["w"], [constant(tensor)], [helper.make_opsetid("", 17)])
    node = helper.make_node("F", [], ["w"], domain="test")
    return model(node=node, functions=[function])


def in_a_functions_default(tensor: TensorProto) -> onnx.ModelProto:
    found = in_a_function(inside())
    found.functions[0].attribute_proto.append(helper.make_attribute("v", tensor))
    return found


def in_training(tensor: TensorProto) -> onnx.ModelProto:
    found = model(inside())
    found.training_info.add().algorithm.initializer.append(tensor)
    return found


PLACES = [
    in_an_initializer, in_a_constant, in_a_list_of_tensors, in_a_subgraph, in_a_subgraph_of_a_list,
    in_sparse_weights, in_a_sparse_constant, in_a_function, in_a_functions_default, in_training,
]  # fmt: skip

Place = Callable[[TensorProto], onnx.ModelProto]


@pytest.mark.parametrize("place", PLACES)
def test_weights_in_another_file_are_refused_wherever_they_are_named(place: Place) -> None:
    check_self_contained(place(inside()).SerializeToString(), "net.onnx")
    with pytest.raises(ModelError, match=r"net\.onnx keeps its weights in another file, .*: export it with"):
        check_self_contained(place(outside()).SerializeToString(), "net.onnx")


def test_a_location_without_a_name_and_a_name_without_a_location_are_refused() -> None:
    for field in ("external_data", "data_location"):
        tensor = outside()
        tensor.ClearField(field)
        with pytest.raises(ModelError, match="keeps its weights in another file"):
            check_self_contained(model(tensor).SerializeToString(), "net.onnx")


def test_a_compiled_engine_is_refused() -> None:
    node = helper.make_node("EPContext", ["x"], ["w"], domain="com.microsoft", ep_cache_context="../a.engine")
    with pytest.raises(ModelError, match="keeps its compiled engine in another file"):
        check_self_contained(model(node=node).SerializeToString(), "net.onnx")


def test_a_second_graph_that_would_be_merged_with_the_first_is_read_too() -> None:
    merged = model(inside()).SerializeToString() + model(outside()).SerializeToString()
    with pytest.raises(ModelError, match="keeps its weights in another file"):
        check_self_contained(merged, "net.onnx")


def test_the_packages_own_networks_are_self_contained() -> None:
    files = sorted(share_path("models").rglob("*.onnx"))
    assert files
    for path in files:
        check_self_contained(path.read_bytes(), path.name)


def refusal(data: bytes) -> str:
    try:
        check_self_contained(data, "net.onnx")
    except ModelError as error:
        return str(error)
    return "The network net.onnx is taken"


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_or_refused_with_a_sentence(data: bytes) -> None:
    assert refusal(data).startswith("The network net.onnx ")


@given(st.data())
def test_a_damaged_network_is_taken_or_refused_with_a_sentence(data: st.DataObject) -> None:
    network = bytearray(in_a_function(outside()).SerializeToString())
    network[data.draw(st.integers(0, len(network) - 1))] = data.draw(st.integers(0, 255))
    assert refusal(bytes(network)).startswith("The network net.onnx ")


def test_deep_nesting_is_refused() -> None:
    graph = b""
    for _ in range(30):  # graphs in nodes in attributes of nodes
        for number in (6, 5, 1):
            graph = bytes([number << 3 | 2]) + onnx_size(len(graph)) + graph
    with pytest.raises(ModelError, match="nested more than 64 deep"):
        check_self_contained(b"\x3a" + onnx_size(len(graph)) + graph, "net.onnx")


def onnx_size(size: int) -> bytes:
    """Write a length below 16384 as protocol buffers do."""
    return bytes([size & 0x7F | 0x80, size >> 7])


def write_small_bank(folder: Path, network: bytes) -> None:
    """Write a bank whose level and palm detector are the same network."""
    (folder / "net.onnx").write_bytes(network)
    entry = {
        "name": "net",
        "file": "net.onnx",
        "sha256": hashlib.sha256(network).hexdigest(),
        "precision": "fp32",
        "parameters": 1,
        "macs": 1,
    }
    bank = {
        "schema": 1,
        "name": "b",
        "levels": [{**entry, "index": 0, "sparsity": 0.0}],
        "detectors": [entry],
    }
    (folder / "bank.json").write_text(json.dumps(bank))


@pytest.mark.parametrize("networks", ["levels", "detectors"])
def test_a_bank_is_not_loaded_with_weights_of_another_file(tmp_path: Path, networks: str) -> None:
    write_small_bank(tmp_path, model(outside()).SerializeToString())
    manifest = read_manifest(tmp_path)
    with pytest.raises(ModelError, match="keeps its weights in another file"):
        read_network(manifest, getattr(manifest, networks)[0])
    with pytest.raises(ModelError, match="keeps its weights in another file"):
        PalmDetector.load(tmp_path)


def test_a_policy_is_not_loaded_with_weights_of_another_file(tmp_path: Path) -> None:
    network = model(outside()).SerializeToString()
    (tmp_path / "policy.onnx").write_bytes(network)
    (tmp_path / "policy.json").write_text(manifest_text("policy.onnx", network))
    with pytest.raises(ModelError, match="keeps its weights in another file"):
        read_policy(tmp_path / "policy.json")


@pytest.mark.parametrize("written_empty", [True, False], ids=["by its sha256, too", "by another sha256"])
def test_an_empty_network_of_a_bank_is_called_empty(tmp_path: Path, written_empty: bool) -> None:
    write_small_bank(tmp_path, b"" if written_empty else model(inside()).SerializeToString())
    (tmp_path / "net.onnx").write_bytes(b"")
    sentence = rf"The file {tmp_path}/net\.onnx is empty: restore the file or export it again\."
    for load in (LevelBank.load, PalmDetector.load):
        with pytest.raises(ModelError, match=f"^{sentence}$"):
            load(tmp_path)


def test_an_empty_network_of_a_policy_is_called_empty(tmp_path: Path) -> None:
    (tmp_path / "policy.onnx").write_bytes(b"")
    (tmp_path / "policy.json").write_text(manifest_text("policy.onnx", model(inside()).SerializeToString()))
    with pytest.raises(ModelError, match=r"policy\.onnx is empty: restore the file or export it again\.$"):
        read_policy(tmp_path / "policy.json")
