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

"""Opening of networks, each on the backend that suits it."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hand_tracking_dsp.errors import BackendError
from hand_tracking_dsp.tracking import backends
from hand_tracking_dsp.tracking.backends import RuntimeOptions, onnxruntime_backend
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.device import device_name
from hand_tracking_dsp.tracking.palm import PalmDetector

ORT, OPENVINO = "onnxruntime/CPUExecutionProvider", "openvino/CPU/f32"

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="OpenVINO is optional and not installed"
)


@pytest.fixture
def mixed(bank_folder: Path, tmp_path: Path) -> Path:
    """A bank of which the palm detector and the sparser level were measured here to be faster on OpenVINO."""
    folder = Path(shutil.copytree(bank_folder, tmp_path / "mixed"))
    manifest = json.loads((folder / "bank.json").read_text())
    for network, ort_ms, openvino_ms in zip(
        (*manifest["levels"], manifest["detectors"][0]), (4, 4, 6), (5, 3, 4), strict=True
    ):
        network["latency"] = [profile(ORT, ort_ms), profile(OPENVINO, openvino_ms)]
        network["accuracy"] = [
            {"metric": "deviation_palm_percent", "data": "val", "value": 1, "samples": 9, "provider": ORT}
        ]
    (folder / "bank.json").write_text(json.dumps(manifest))
    return folder


def profile(provider: str, ms: float) -> dict[str, Any]:
    where = {"device": device_name(), "provider": provider, "threads": 1, "runs": 9}
    return {**where, "p50_ms": ms, "p95_ms": ms, "p99_ms": ms}


def providers(folder: Path, runtime: RuntimeOptions | None = None) -> list[str]:
    bank = LevelBank.load(folder, runtime)
    return [*(one.provider for one in bank.choices), PalmDetector.load(folder, "", runtime).provider]


@needs_openvino
def test_each_network_runs_where_it_was_measured_to_be_faster(mixed: Path) -> None:
    assert providers(mixed) == [ORT, OPENVINO, OPENVINO]
    bank = LevelBank.load(mixed)
    assert bank.provider == f"{ORT}, {OPENVINO}"
    assert not any(one.problems for one in bank.choices)
    assert PalmDetector.load(mixed).detect(np.zeros((48, 64, 3), np.uint8)) == []


@needs_openvino
def test_a_named_backend_runs_everything(mixed: Path) -> None:
    assert providers(mixed, RuntimeOptions("onnxruntime")) == [ORT] * 3
    assert providers(mixed, RuntimeOptions("openvino")) == [OPENVINO] * 3


def test_without_openvino_everything_runs_in_onnx_runtime(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "find_spec", lambda name: find_spec(name) if name != "openvino" else None)
    assert providers(mixed) == [ORT] * 3
    assert not any(one.problems for one in LevelBank.load(mixed).choices)


@needs_openvino
def test_a_backend_that_does_not_open_gives_way_with_one_sentence(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hand_tracking_dsp.tracking.backends import openvino_backend

    def refuse(*_: object) -> None:
        msg = "OpenVINO cannot run the network."
        raise BackendError(msg)

    monkeypatch.setattr(openvino_backend, "open_session", refuse)
    dense, sparse = LevelBank.load(mixed).choices
    assert (dense.provider, dense.problems) == (ORT, ())
    assert (sparse.provider, sparse.problems) == (ORT, ("OpenVINO cannot run the network.",))
    with pytest.raises(BackendError, match=r"^OpenVINO cannot run the network\.$"):
        LevelBank.load(mixed, RuntimeOptions("openvino"))


@needs_openvino
def test_a_backend_whose_answers_are_no_numbers_gives_way(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hand_tracking_dsp.tracking.backends.openvino_backend import OpenVinoSession

    run = OpenVinoSession.run

    def overflow(session: OpenVinoSession, image: Any) -> tuple[Any, ...]:
        return tuple(values * np.inf for values in run(session, image))

    monkeypatch.setattr(OpenVinoSession, "run", overflow)
    choice = LevelBank.load(mixed).choices[1]
    assert choice.provider == ORT
    (problem,) = choice.problems
    assert "answers a grey picture with unusable landmarks on openvino/CPU/f32: choose another" in problem


@needs_openvino
def test_openvino_takes_over_where_onnx_runtime_does_not_open(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        msg = "ONNX Runtime refuses the network."
        raise BackendError(msg)

    monkeypatch.setattr(onnxruntime_backend, "open_session", refuse)
    dense, sparse = LevelBank.load(mixed).choices
    assert (dense.provider, dense.problems) == (OPENVINO, ("ONNX Runtime refuses the network.",))
    assert (sparse.provider, sparse.problems) == (OPENVINO, ())


@needs_openvino
def test_where_neither_opens_both_say_why(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hand_tracking_dsp.tracking.backends import openvino_backend

    def refuse(_: bytes, name: str, options: RuntimeOptions, *__: object) -> None:
        msg = f"{options.backend} refuses {name}."
        raise BackendError(msg)

    for module in (onnxruntime_backend, openvino_backend):
        monkeypatch.setattr(module, "open_session", refuse)
    with pytest.raises(
        BackendError, match=r"^onnxruntime refuses hand_full.onnx. openvino refuses hand_full.onnx.$"
    ):
        LevelBank.load(mixed)
