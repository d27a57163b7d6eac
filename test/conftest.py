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

"""What tests of several rooms need."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hand_tracking_dsp.cameras.camera import SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticHandSource
from hand_tracking_dsp.control.actions import Action
from hand_tracking_dsp.control.policy_file import PolicyContract, manifest_text
from hand_tracking_dsp.evaluation.measures.catalogue import ALL_METRICS, measured
from hand_tracking_dsp.evaluation.measures.frames import HANDLED, FrameRow, FrameRows, Frames, read_frames
from hand_tracking_dsp.nodes.graph.domains import reserved_domain
from hand_tracking_dsp.tracking.manifest import Manifest

# What several folders of tests use.
sys.path.append(str(Path(__file__).parent))

BAG_SECONDS = 2.0

# Libraries that a robot may lack, and how to get them where pip does not say it: what tests them is skipped.
OPTIONAL = {
    **dict.fromkeys(
        ("ai_edge_litert", "distributed", "hypothesis", "mcap", "onnx", "openvino", "rosbags", "tflite"), ""
    ),
    **dict.fromkeys(
        ("gymnasium", "sb3_contrib", "stable_baselines3", "torch", "torch_pruning"), "make setup-lab"
    ),
    "hand_tracking_dsp.msg": "make setup, or colcon build",
    "rclpy": "ROS 2, or make setup",
    "ament_index_python": "ROS 2, or make setup",
}
# Messages of ROS 2 that no other module could be.
ROS_MESSAGES = re.compile(r"\w+_(msgs|srvs|interfaces)")

if find_spec("hypothesis"):
    from hypothesis import HealthCheck, settings

    # Few examples for whoever waits for them, more where a machine does. No deadline and no check of speed,
    # since machines differ; old versions take stories of the controller for large.
    common = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
    settings.register_profile("developer", max_examples=20, **common)
    settings.register_profile("ci", max_examples=100, print_blob=True, **common)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "developer"))

# Workers of pytest-xdist inherit the width of its terminal; tests read tables as wide as they are in a file.
os.environ.pop("COLUMNS", None)

# A shell gives its background jobs an ignored SIGINT, which the programs under test would inherit.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _reason_to_skip(failure: str) -> str:
    """Return why a module cannot be imported here that could be elsewhere; "": it should be."""
    found = re.findall(r"ModuleNotFoundError: No module named '([\w.]+)'", failure)
    name = found[-1] if found else ""
    library = name if name in OPTIONAL else name.partition(".")[0]
    if library in OPTIONAL:
        return f"{library} is not installed: {OPTIONAL[library] or f'pip install {library}'}"
    return f"{library} is not installed: {OPTIONAL['rclpy']}" if ROS_MESSAGES.fullmatch(library) else ""


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Skip the modules whose libraries are missing, and say why.

    For a module pytest.importorskip does the same. In a conftest.py it would end the whole run of pytest 6.2
    (Humble), so what is needed there is imported where it is installed.
    """
    outcome = yield
    report = outcome.get_result()
    if report.failed and (reason := _reason_to_skip(str(report.longrepr))):
        report.outcome, report.longrepr = "skipped", (collector.nodeid, 0, f"Skipped: {reason}")


def tiny_network(noise: float) -> bytes:
    """Make a landmark network of one layer, beside the dense one by some noise; it keeps the contract."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
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
    pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    from hand_tracking_dsp.compression.bank.entries import new_bank, new_level, with_variant
    from hand_tracking_dsp.compression.bank.files import write_bank

    files = {"dense.onnx": tiny_network(0), "half.onnx": tiny_network(0.05), "int8.onnx": tiny_network(0.1)}
    levels = [
        new_level(name, f"{name}.onnx", files[f"{name}.onnx"], parameters=count, macs=count)
        for name, count in (("dense", 100), ("half", 50))
    ]
    levels[1] = with_variant(levels[1], "int8.onnx", files["int8.onnx"], "int8")
    write_bank(tmp_path / "tiny", new_bank("tiny", "none", "a test", levels), files)
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
    pytest.importorskip("onnx", reason="onnx is not installed: pip install onnx")
    from hand_tracking_dsp.rl.training.encoding import encoded_size
    from hand_tracking_dsp.rl.training.export import Mlp, policy_network

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


def run_frames(
    run: str = "level 0",
    bag: str = "first",
    seconds: float = 20,
    rate_hz: float = 15,
    seed: int = 0,
    **constants: float,
) -> Frames:
    """Make the frames of a run of which all that belongs to the hands is the same for the same seed.

    How hard a frame is wanders, as hands do: an autoregressive process that forgets within half a second.

    Args:
        run: Name of the run.
        bag: Name of the recording.
        seconds: Its length.
        rate_hz: Frames a second.
        seed: Of the hands.
        constants: error_px and latency_ms are added to what the seed gives; other columns are set.
    """
    random = np.random.default_rng(seed)
    own = np.random.default_rng([seed, *run.encode()])
    error_px, latency_ms = constants.pop("error_px", 0.0), constants.pop("latency_ms", 0.0)
    rows, hard, latency = FrameRows(), 0.0, math.nan
    for frame in range(round(seconds * rate_hz)):
        hard = 0.87 * hard + random.normal(0, 0.25)
        found = random.random() > 0.03
        error = 3 + hard**2 + abs(own.normal(0, 0.2)) + error_px
        before, latency = latency, 10 + own.gamma(2, 1) + latency_ms
        known: dict[str, Any] = {
            "interval_s": 1 / rate_hz if frame else math.nan,
            "level": 0,
            "sparsity": 0,
            "switched": 0,
            "hands": float(found),
            "total_ms": latency,
            "latency_ms": latency,
            "latency_step_ms": abs(latency - before),
            "late": float(latency > 20),
            "energy_mj": 6.5,
            "true_hands": 1,
            "found": float(found),
            "true_boxes": 1,
            "boxes": float(found),
            "boxes_hit": float(found),
            "resting": 0,
        }
        if found:
            known |= {"error_px": error, "error_palm_percent": error, "pck_005": float(error < 4)}
            known |= {"pck_010": 0.9, "pck_020": 1.0, "resting": 1, "jitter_px": error / 4}
            known["jitter_palm_percent"] = error / 4
        else:
            known |= {"pck_005": 0, "pck_010": 0, "pck_020": 0}
        known |= {"run": run, "bag": bag, "outcome": HANDLED, "frame": frame, "stamp_s": frame / rate_hz}
        rows.add(FrameRow(**known | constants))
    return rows.frames()


def _values(frames: Frames) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in measured(frames).items()}


def evaluation_report(frames: Frames, **changes: Any) -> dict[str, Any]:
    """Make what report.json holds of frames; changes replace fields of it."""
    runs = {}
    for run in frames.names("run"):
        own = frames.where(run=run)
        levels, counts = np.unique(own["level"], return_counts=True)
        runs[run] = {
            "metrics": {**_values(own), "rate_hz": 55.5, "cpu_share": 1.5},
            "levels": {f"{level:.0f}": count / len(own) for level, count in zip(levels, counts, strict=True)},
            "provider": "onnxruntime/CPUExecutionProvider",
            "meter": "",
            "by_recording": {bag: _values(own.where(bag=bag)) for bag in own.names("bag")},
        }
    report = {
        "version": 1,
        "package": "0.1.0",
        "command": "hand-tracking-dsp evaluate first --out out",
        "machine": {"cpu": "a processor", "cores": 2},
        "bank": {"name": "a bank", "fingerprint": "0123456789abcdef", "levels": []},
        "settings": {"budget_ms": 20.0, "realtime": False, "agreement": False, "jobs": 1},
        "notes": [],
        "recordings": [
            {
                "name": bag,
                "path": f"/{bag}",
                "frames": 300,
                "photos": False,
                "seconds": 20,
                "truth": "joints",
                "problems": {},
            }
            for bag in frames.names("bag")
        ],
        "runs": runs,
        "units": {metric.name: metric.unit for metric in ALL_METRICS},
        "not_measured": ["World landmarks: no true joints in metres."],
        "worst": [],
    }
    return report | changes


@pytest.fixture(scope="session")
def made_run() -> Callable[..., Frames]:
    """Give a maker of the frames of an evaluated run; see run_frames."""
    return run_frames


@pytest.fixture(scope="session")
def made_report() -> Callable[..., dict[str, Any]]:
    """Give a maker of what report.json holds; see evaluation_report."""
    return evaluation_report


@pytest.fixture
def made_folder(tmp_path: Path) -> Callable[..., Path]:
    """Give a maker of folders as evaluate writes them, without the page: its name and its frames."""

    def write(name: str, frames: Frames, **changes: Any) -> Path:
        folder = tmp_path / name
        frames_path = folder / "frames.csv"
        frames.write(frames_path)
        (folder / "report.json").write_text(
            json.dumps(evaluation_report(read_frames(frames_path), **changes))
        )
        return folder

    return write


@pytest.fixture
def domain_id() -> Iterator[int]:
    """Give a ROS domain that no other test or command of this machine uses meanwhile."""
    with reserved_domain() as domain:
        yield domain


@pytest.fixture(scope="module")
def module_domain_id() -> Iterator[int]:
    """Give one to all tests of a module."""
    with reserved_domain() as domain:
        yield domain


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


@pytest.fixture(scope="session")
def data_file() -> Callable[[Path], Path]:
    """Give a function that finds the one .mcap or .db3 file of a bag."""
    return lambda bag: next(path for path in bag.iterdir() if path.suffix in {".mcap", ".db3"})


@pytest.fixture(scope="session")
def fingerprint() -> Callable[[Path], dict[str, tuple[int, str]]]:
    """Give a function that describes all in and beside a bag: when it was changed, and its bytes."""

    def describe(bag: Path) -> dict[str, tuple[int, str]]:
        return {
            str(path): (
                path.stat().st_mtime_ns,
                "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest(),
            )
            for path in bag.parent.rglob("*")
        }

    return describe


@pytest.fixture
def battery_message():
    """Make a sensor_msgs/BatteryState of rosbags: discharging at 20 W, its stamp 0."""

    def make(percentage: float):
        from hand_tracking_dsp.recordings.bags.definitions import new_message

        message = new_message("sensor_msgs/msg/BatteryState")
        message.voltage, message.current, message.percentage = 10.0, -2.0, percentage
        message.power_supply_status, message.power_supply_health, message.present = 2, 1, True
        return message

    return make


@pytest.fixture(scope="session")
def source_options() -> SourceOptions:
    """Give the options of the synthetic hand in the bags."""
    return SourceOptions(width=320, height=240, seed=3, absence_s=0.0)


@pytest.fixture(scope="session")
def synthetic_bag(tmp_path_factory, source_options) -> Path:
    """Give a bag of two seconds of a synthetic hand, with its truth."""
    pytest.importorskip("rosbags.rosbag2", reason="rosbags is not installed: pip install rosbags")
    from hand_tracking_dsp.recordings.bags.record_camera import record_source
    from hand_tracking_dsp.recordings.bags.writer import BagWriter

    path = tmp_path_factory.mktemp("bags") / "synthetic"
    with SyntheticHandSource(source_options) as source, BagWriter(path) as writer:
        record_source(source, writer, BAG_SECONDS, jpeg_quality=None)
    return path


@pytest.fixture(scope="session")
def synthetic_frames(source_options):
    """Give the frames that are in that bag."""
    with SyntheticHandSource(source_options) as source:
        return [source.read() for _ in range(round(BAG_SECONDS * source_options.rate_hz))]
