"""What tests of several rooms need."""

from __future__ import annotations

import fcntl
import random
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.policy_file import PolicyContract, manifest_text
from hand_tracking_dsp.lab.bank_entries import Entry, add_variant, level_entry, new_bank
from hand_tracking_dsp.lab.bank_file import write_bank_files
from hand_tracking_dsp.tracking.manifest import Manifest

# A shell gives its background jobs an ignored SIGINT, which the programs under test would inherit.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


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


def policy_bytes(
    bank: Manifest, toward: Action | None = None, seed: int = 0, interval_s: float = 0.5, **changes: Any
) -> bytes:
    """Make a learned policy without training.

    Args:
        bank: The bank it is made for.
        toward: The action that it takes, or the nearest that it may; None: what random weights say.
        seed: Of these weights.
        interval_s: Time between two of its actions, seconds.
        changes: Fields of its contract that differ from what this package makes.
    """
    from hand_tracking_dsp.lab.control.encoding import encoded_size
    from hand_tracking_dsp.lab.control.export import Mlp, policy_network

    contract = replace(PolicyContract.of(bank, interval_s, {"made by": "a test"}), **changes)
    random = np.random.default_rng(seed)
    sizes = (encoded_size(contract.levels), 8, len(Action))
    layers = [
        (random.normal(size=(out, size)).astype(np.float32), random.normal(size=out).astype(np.float32))
        for size, out in pairwise(sizes)
    ]
    if toward is not None:
        weight, bias = layers[-1]
        nearness = -np.abs(np.arange(len(Action)) - toward).astype(bias.dtype)
        layers[-1] = (np.zeros_like(weight), nearness)
    return policy_network(Mlp(tuple(layers), "Tanh"), contract)


@pytest.fixture(scope="session")
def policy_network() -> Callable[..., bytes]:
    """Give a maker of learned policies; see policy_bytes."""
    return policy_bytes


@pytest.fixture
def policy_file(tmp_path: Path) -> Callable[..., Path]:
    """Give a maker of learned policies with their manifest, whose path it returns; see policy_bytes."""

    def write(bank: Manifest, **options: Any) -> Path:
        network = policy_bytes(bank, **options)
        folder = tmp_path / "policy"
        folder.mkdir(exist_ok=True)
        (folder / "policy.onnx").write_bytes(network)
        (folder / "policy.json").write_text(manifest_text("policy.onnx", network))
        return folder / "policy.json"

    return write


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
