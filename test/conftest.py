"""What tests of several rooms need."""

from __future__ import annotations

import fcntl
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hand_tracking_dsp.lab.bank_entries import Entry, add_variant, level_entry, new_bank
from hand_tracking_dsp.lab.bank_file import write_bank_files


def tiny_network(noise: float) -> bytes:
    """Make a landmark network of one layer, beside the dense one by some noise; it keeps the contract."""
    import onnx
    from onnx import helper, numpy_helper

    random = np.random.default_rng(0)
    dense = {"landmarks": 63, "presence": 1, "handedness": 1, "world_landmarks": 63}
    nodes = [
        helper.make_node("AveragePool", ["image"], ["means"], kernel_shape=[32, 32], strides=[32, 32]),
        helper.make_node("Flatten", ["means"], ["features"]),
    ]
    weights = []
    for name, size in dense.items():
        values = random.normal(size=(147, size)).astype(np.float32)
        values += np.float32(noise) * np.random.default_rng(1).normal(size=values.shape).astype(np.float32)
        weights.append(numpy_helper.from_array(values, f"{name}.weight"))
        nodes.append(helper.make_node("Gemm", ["features", f"{name}.weight"], [name]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 3, 224, 224])],
        [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, size]) for n, size in dense.items()],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return model.SerializeToString()


@pytest.fixture
def tiny_bank(tmp_path: Path) -> Path:
    """Give a bank of two levels, a layer each, the sparser one with a variant that is INT8 in name."""
    files = {"dense.onnx": tiny_network(0), "half.onnx": tiny_network(0.05), "int8.onnx": tiny_network(0.1)}
    levels: list[Entry] = [
        level_entry(name, f"{name}.onnx", files[f"{name}.onnx"], parameters=count, macs=count)
        for name, count in (("dense", 100), ("half", 50))
    ]
    add_variant(levels[1], "int8.onnx", files["int8.onnx"], "int8")
    write_bank_files(tmp_path / "tiny", new_bank("tiny", "none", "a test", levels, []), files)
    return tmp_path / "tiny"


@pytest.fixture
def domain_id() -> Iterator[int]:
    """Give a ROS domain that no other test of this machine uses meanwhile."""
    domains = list(range(1, 102))
    random.shuffle(domains)
    for domain in domains:
        path = Path(tempfile.gettempdir()) / f"hand_tracking_dsp_domain_{domain}.lock"
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            yield domain
            return
    pytest.fail("all 101 ROS domains are in use by other tests")


@pytest.fixture(scope="session")
def mediapipe_wheel() -> Path:
    """Give the folder that MediaPipe's wheel is unpacked in."""
    root = Path(__file__).parents[1]
    for folder in sorted(root.glob(".venv-mediapipe/lib/python3*/site-packages")):
        if (folder / "mediapipe").is_dir():
            return folder
    pytest.skip(
        "MediaPipe's own networks are not here: make bench installs mediapipe 0.10.21 beside the package"
    )
