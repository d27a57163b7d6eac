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

"""The inference backends, with real networks."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import onnxruntime
import pytest

from hand_tracking_dsp.errors import BackendError, ConfigurationError
from hand_tracking_dsp.resources import original_bank, share_path
from hand_tracking_dsp.tracking.backends import BACKENDS, RuntimeOptions, open_session, providers_by_precision
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.network_file import read_network

HAS_ACCELERATOR = bool(
    {"CUDAExecutionProvider", "TensorrtExecutionProvider"} & set(onnxruntime.get_available_providers())
)

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="OpenVINO is optional and not installed"
)


@pytest.fixture(scope="module")
def network() -> bytes:
    return share_path("models", "mediapipe", "hand_lite.onnx").read_bytes()


@pytest.fixture(params=BACKENDS)
def options(request: pytest.FixtureRequest) -> RuntimeOptions:
    if request.param == "openvino":
        pytest.importorskip("openvino", reason="OpenVINO is optional and not installed")
    return RuntimeOptions(backend=request.param)


def image(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((1, 3, 224, 224), dtype=np.float32)


def test_says_what_the_network_takes_and_gives(network: bytes, options: RuntimeOptions) -> None:
    session = open_session(network, "hand_lite.onnx", options)
    assert [(spec.name, spec.shape) for spec in session.inputs] == [("image", (1, 3, 224, 224))]
    assert [spec.name for spec in session.outputs] == [
        "landmarks", "presence", "handedness", "world_landmarks",
    ]  # fmt: skip
    assert session.provider.startswith(f"{options.backend}/")
    assert "CPU" in session.provider


def test_a_network_that_takes_any_size_is_opened_for_the_size_that_is_given(options: RuntimeOptions) -> None:
    bank = read_manifest(original_bank())
    palms = bank.detector("lite")
    session = open_session(read_network(bank, palms), palms.file, options, (96, 160))
    assert [spec.shape for spec in session.inputs] == [(1, 3, 96, 160)]
    boxes, scores = session.run(np.zeros((1, 3, 96, 160), np.float32))
    assert (boxes.shape, scores.shape) == ((1, 840, 18), (1, 840, 1))


def test_results_belong_to_the_caller(network: bytes, options: RuntimeOptions) -> None:
    session = open_session(network, "hand_lite.onnx", options)
    first = session.run(image(0))
    kept = [values.copy() for values in first]
    session.run(image(1))
    for values, expected in zip(first, kept, strict=True):
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, expected)


@needs_openvino
def test_both_backends_agree(network: bytes) -> None:
    results = [
        open_session(network, "hand_lite.onnx", RuntimeOptions(backend=name)).run(image())
        for name in BACKENDS
    ]
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_a_corrupt_network_is_refused_by_name(options: RuntimeOptions) -> None:
    with pytest.raises(BackendError, match=r"broken\.onnx.*export .*again"):
        open_session(b"nothing", "broken.onnx", options)


def test_a_tensor_of_another_shape_is_refused(network: bytes, options: RuntimeOptions) -> None:
    session = open_session(network, "hand_lite.onnx", options)
    with pytest.raises(BackendError, match=r"failed on the network hand_lite.onnx"):
        session.run(np.zeros((1, 3, 10, 10), dtype=np.float32))


def test_an_unknown_backend_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="'abacus', but must be one of: auto, onnxruntime, openvino"):
        RuntimeOptions(backend="abacus")


@pytest.mark.parametrize(
    ("providers", "problem"),
    [(("rocket",), "must be one of: tensorrt, cuda, cpu"), ((), "must have at least one member")],
)
def test_unknown_providers_are_answered_with_the_known_ones(providers: tuple[str, ...], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        RuntimeOptions(providers=providers)


@pytest.mark.skipif(HAS_ACCELERATOR, reason="this machine has an accelerator for ONNX Runtime")
def test_a_required_accelerator_that_is_missing_fails_instead_of_being_slow(network: bytes) -> None:
    with pytest.raises(BackendError, match=r"An accelerator is required.*set require_accelerator to false"):
        open_session(network, "hand_lite.onnx", RuntimeOptions(require_accelerator=True))


@pytest.mark.skipif(HAS_ACCELERATOR, reason="this machine has an accelerator for ONNX Runtime")
def test_providers_without_cpu_fail_where_there_is_no_accelerator(network: bytes) -> None:
    with pytest.raises(BackendError, match="none of the execution providers cuda: add cpu"):
        open_session(network, "hand_lite.onnx", RuntimeOptions(providers=("cuda",)))


@needs_openvino
def test_openvino_on_the_cpu_is_no_accelerator(network: bytes) -> None:
    with pytest.raises(BackendError, match="OpenVINO's device is CPU"):
        open_session(network, "x.onnx", RuntimeOptions(backend="openvino", require_accelerator=True))


@needs_openvino
def test_openvino_chooses_a_device_itself(network: bytes) -> None:
    session = open_session(network, "x.onnx", RuntimeOptions(backend="openvino", device="AUTO"))
    assert session.provider.startswith("openvino/")
    assert session.run(image())[0].shape == (1, 63)


@needs_openvino
def test_a_chosen_cpu_is_no_accelerator_either(network: bytes) -> None:
    options = RuntimeOptions(backend="openvino", device="AUTO:CPU", require_accelerator=True)
    with pytest.raises(BackendError, match=r"device AUTO:CPU means the CPU here"):
        open_session(network, "x.onnx", options)


@needs_openvino
def test_openvino_names_its_devices_when_asked_for_another(network: bytes) -> None:
    with pytest.raises(BackendError, match=r"cannot run the network x.onnx on TOASTER.*CPU"):
        open_session(network, "x.onnx", RuntimeOptions(backend="openvino", device="TOASTER"))


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'f8', but must be one of: auto, fp32, fp16, bf16, int8"):
        RuntimeOptions(precision="f8")


def test_a_negative_tolerance_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"precision_tolerance is -0.1, but must be in the range 0 to 100 %"
    ):
        RuntimeOptions(precision_tolerance=-0.1)


def test_a_session_is_opened_in_each_precision_that_the_backend_tells(
    network: bytes, options: RuntimeOptions
) -> None:
    told = providers_by_precision(options)
    assert {"fp32", "int8"} <= set(told)
    for precision, provider in told.items():
        session = open_session(network, "hand_lite.onnx", replace(options, precision=precision))
        assert session.provider == provider


@needs_openvino
def test_openvino_tells_of_no_precision_on_a_device_that_is_not_there() -> None:
    assert set(providers_by_precision(RuntimeOptions(backend="openvino", device="TOASTER"))) == {
        "fp32",
        "int8",
    }
