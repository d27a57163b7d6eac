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

"""The chain of execution providers: what is registered need not open, and what opens need not run."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from hand_tracking_dsp.errors import BackendError, ConfigurationError
from hand_tracking_dsp.resources import default_bank, share_path
from hand_tracking_dsp.tracking.backends import (
    RuntimeOptions,
    alternatives,
    onnxruntime_backend,
    open_session,
)
from hand_tracking_dsp.tracking.backends.engine_cache import EngineCache
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.palm import PalmDetector

CPU = "CPUExecutionProvider"


@pytest.fixture
def network() -> bytes:
    return share_path("models", "mediapipe", "hand_lite.onnx").read_bytes()


@pytest.fixture
def without_libraries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As onnxruntime-gpu is where TensorRT and CUDA are missing: both are listed, neither opens."""
    if {"CUDAExecutionProvider", "TensorrtExecutionProvider"} & set(onnxruntime.get_available_providers()):
        pytest.skip("this ONNX Runtime has the providers that are to be missing")
    listed = ["TensorrtExecutionProvider", "CUDAExecutionProvider", CPU]
    monkeypatch.setattr(onnxruntime_backend.onnxruntime, "get_available_providers", lambda: listed)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


Tried = list[tuple[str, tuple[str, ...]]]


def tried(options: RuntimeOptions) -> Tried:
    return [(one.backend, one.providers) for one in alternatives(options)]


@pytest.mark.usefixtures("without_libraries")
def test_each_provider_that_is_listed_is_tried_by_itself() -> None:
    assert [one.providers for one in alternatives(RuntimeOptions())] == [("tensorrt",), ("cuda",), ("cpu",)]
    needed = RuntimeOptions(require_accelerator=True)
    assert [one.providers for one in alternatives(needed)] == [("tensorrt",), ("cuda",)]


TENSORRT, CUDA, EITHER = ("onnxruntime", ("tensorrt",)), ("onnxruntime", ("cuda",)), ("auto", ("cpu",))
OPENVINO = ("openvino", ("tensorrt", "cuda", "cpu"))


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [TENSORRT, CUDA, EITHER]),
        ({"providers": ("cuda",)}, [CUDA]),
        ({"require_accelerator": True}, [TENSORRT, CUDA]),
        ({"require_accelerator": True, "device": "GPU"}, [TENSORRT, CUDA, OPENVINO]),
        ({"device": "GPU"}, [TENSORRT, CUDA, EITHER]),
    ],
)
def test_openvino_stands_beside_the_processor_behind_accelerators(
    options: dict[str, Any], expected: Tried
) -> None:
    assert tried(RuntimeOptions(**options)) == expected


def test_without_an_accelerator_in_onnx_runtime_that_of_openvino_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(onnxruntime_backend.onnxruntime, "get_available_providers", lambda: [CPU])
    needed = RuntimeOptions(require_accelerator=True)
    with pytest.raises(BackendError, match="An accelerator is required"):
        alternatives(needed)
    (first, _), second = tried(replace(needed, device="GPU"))
    assert first == "onnxruntime"  # which fails with a sentence
    assert second == OPENVINO


def test_openvino_has_one_device() -> None:
    pytest.importorskip("openvino", reason="OpenVINO is optional and not installed")
    assert alternatives(RuntimeOptions(backend="openvino")) == (RuntimeOptions(backend="openvino"),)


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_where_no_accelerator_opens_the_precision_is_chosen_for_the_cpu(
    capfd: pytest.CaptureFixture[str],
) -> None:
    ordinary = LevelBank.load(default_bank(), RuntimeOptions(providers=("cpu",)))
    bank = LevelBank.load(default_bank())
    assert bank.provider == f"onnxruntime/{CPU}"
    assert [(one.info.file, one.precision, one.p50_ms) for one in bank.choices] == [
        (one.info.file, one.precision, one.p50_ms) for one in ordinary.choices
    ]
    assert "fp16" not in " ".join(map(str, bank.choices))
    first, *others = bank.choices
    assert [problem.split()[0] for problem in first.problems] == [
        "TensorrtExecutionProvider", "CUDAExecutionProvider",
    ]  # fmt: skip
    assert all(": install them, or leave " in problem for problem in first.problems)
    assert not any(one.problems for one in others)  # which start where the first one opened
    assert "EP Error" not in capfd.readouterr().out  # ONNX Runtime's own fallback


@pytest.mark.usefixtures("without_libraries")
@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_required_accelerator_that_does_not_open_fails(network: bytes) -> None:
    options = RuntimeOptions(require_accelerator=True)
    with pytest.raises(
        BackendError, match=r"^TensorrtExecutionProvider does not .* CUDAExecutionProvider does"
    ):
        open_session(network, "hand_lite.onnx", options)
    with pytest.raises(BackendError, match="CUDAExecutionProvider does not open"):
        PalmDetector.load(default_bank(), runtime=options)


@pytest.mark.skipif(
    "AzureExecutionProvider" not in onnxruntime.get_available_providers(),
    reason="this ONNX Runtime has no provider that opens and runs nothing",
)
def test_a_provider_that_opens_and_runs_nothing_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, network: bytes
) -> None:
    monkeypatch.setitem(onnxruntime_backend._FULL_NAMES, "cuda", "AzureExecutionProvider")
    options = RuntimeOptions(providers=("cuda", "cpu"))
    session = open_session(network, "hand_lite.onnx", options)
    assert session.provider == f"onnxruntime/{CPU}"
    with pytest.raises(
        BackendError, match=r"AzureExecutionProvider takes none of the \d+ nodes of the network"
    ):
        open_session(network, "hand_lite.onnx", RuntimeOptions(providers=("cuda",)))


def test_nodes_are_counted_by_the_provider_that_runs_them(network: bytes) -> None:
    options = RuntimeOptions(providers=("cpu",))
    session, nodes = onnxruntime_backend._opened_and_counted(
        network, "hand_lite.onnx", "cpu", options, EngineCache(None)
    )
    assert nodes.keys() == {CPU}
    assert 40 < nodes[CPU] < 200
    image = {"image": np.zeros((1, 3, 224, 224), np.float32)}
    plain = onnxruntime.InferenceSession(network, providers=[CPU])
    for ours, theirs in zip(session.run(None, image), plain.run(None, image), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_nodes_are_not_counted_where_no_file_can_be_written(
    network: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    options = RuntimeOptions(providers=("cpu",))
    session, nodes = onnxruntime_backend._opened_and_counted(
        network, "hand_lite.onnx", "cpu", options, EngineCache(None)
    )
    assert nodes == {}
    assert session.get_providers() == [CPU]


@pytest.mark.usefixtures("without_libraries")
def test_a_cache_folder_that_was_asked_for_and_cannot_be_used_is_an_error(
    network: bytes, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ConfigurationError, match=r"engines cannot be kept in .*file .*set tensorrt_cache_dir"
    ):
        open_session(network, "net.onnx", RuntimeOptions(tensorrt_cache_dir=str(tmp_path / "file")))


def test_tensorrt_keeps_its_engines_where_they_can_be_kept(tmp_path: Path) -> None:
    settings = onnxruntime_backend._tensorrt_options("fp32", EngineCache(tmp_path))
    assert settings["trt_engine_cache_enable"] is True
    assert settings["trt_engine_cache_path"] == str(tmp_path)
    assert settings["trt_fp16_enable"] is False
    assert "trt_engine_cache_enable" not in onnxruntime_backend._tensorrt_options("fp16", EngineCache(None))
