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

"""The choice of a backend from what a bank says was measured on each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.measured_networks import BF16, HERE, ORT, deviation, level, network

from hand_tracking_dsp.errors import BackendError, ConfigurationError
from hand_tracking_dsp.tracking import backends, precision
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.network_info import LatencyProfile, LevelInfo
from hand_tracking_dsp.tracking.precision import choose, choose_each

pytestmark = pytest.mark.usefixtures("machine")


def on_both(
    ort_ms: float, openvino_ms: float, *, loss: float = 0.0, provider: str = BF16, **where: Any
) -> LevelInfo:
    """A level whose fp32 file was timed here on both backends, and is worse by loss on OpenVINO."""

    def profile(runs_on: str, p50_ms: float) -> LatencyProfile:
        taken = {"device": HERE, "threads": 1, "processor": "Zen 4"} | where
        return LatencyProfile(provider=runs_on, p50_ms=p50_ms, p95_ms=p50_ms, p99_ms=p50_ms, runs=9, **taken)

    accuracy = (deviation(2), deviation(2 + loss, provider=provider))
    return network("fp32", *accuracy, latency=(profile(ORT, ort_ms), profile(provider, openvino_ms)))


def test_each_network_runs_on_the_backend_that_was_measured_to_be_faster() -> None:
    choice = choose(on_both(6, 4), RuntimeOptions())
    assert (choice.runtime.backend, choice.precision, choice.p50_ms) == ("openvino", "bf16", 4)
    assert str(choice).endswith("runs fp32.onnx in bf16 on openvino/CPU/bf16, measured 4.00 ms")
    choice = choose(on_both(4, 6), RuntimeOptions())
    assert (choice.runtime.backend, choice.precision, choice.p50_ms) == ("onnxruntime", "fp32", 4)


def test_a_gain_that_does_not_pay_for_a_second_backend_is_left() -> None:
    assert choose(on_both(4, 3.7), RuntimeOptions()).runtime.backend == "onnxruntime"
    assert choose(on_both(4, 3.6), RuntimeOptions()).runtime.backend == "openvino"
    assert choose(on_both(4, 3.7), RuntimeOptions("openvino")).runtime.backend == "openvino"


def test_a_faster_backend_must_be_as_good() -> None:
    assert choose(on_both(6, 4, loss=1.6), RuntimeOptions()).runtime.backend == "onnxruntime"
    assert choose(on_both(6, 4, loss=1.4), RuntimeOptions()).runtime.backend == "openvino"
    assert choose(on_both(6, 4, loss=1.6), RuntimeOptions(precision_tolerance=2)).precision == "bf16"


@pytest.mark.parametrize(
    ("where", "backend"),
    [
        ({"device": "another device"}, "openvino"),
        ({"device": "another device", "processor": "Zen 3"}, "onnxruntime"),
        ({"device": "another device", "processor": ""}, "onnxruntime"),
        ({"processor": "Zen 3"}, "onnxruntime"),  # under the same name
        ({"processor": ""}, "openvino"),
        ({"threads": 4}, "openvino"),
    ],
)
def test_another_backend_is_believed_of_this_processor_alone(where: dict[str, Any], backend: str) -> None:
    choice = choose(on_both(6, 4, **where), RuntimeOptions())
    assert choice.runtime.backend == backend
    assert choice.foreign == (where.get("device", HERE) != HERE or where.get("processor") == "Zen 3")


def test_times_of_another_backend_alone_prove_nothing() -> None:
    here = on_both(6, 4)
    alone = replace(here, latency=tuple(one for one in here.latency if one.provider == BF16))
    assert choose(alone, RuntimeOptions()).runtime.backend == "onnxruntime"


def test_a_backend_that_is_not_installed_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "find_spec", lambda name: name != "openvino" or None)
    choice = choose(on_both(6, 4), RuntimeOptions())
    assert (choice.runtime.backend, choice.problems) == ("onnxruntime", ())
    monkeypatch.setattr(backends, "find_spec", lambda name: name != "onnxruntime" or None)
    assert choose(on_both(4, 6), RuntimeOptions()).runtime.backend == "openvino"


def test_a_backend_for_which_nothing_speaks_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def providers(options: RuntimeOptions) -> dict[str, str]:
        asked.append(options.backend)
        return {"fp32": ORT, "int8": ORT}

    monkeypatch.setattr(precision, "providers_by_precision", providers)
    choose(on_both(6, 4, processor="Zen 3"), RuntimeOptions())
    choose(level(fp32={"here": 4}, int8={}), RuntimeOptions())
    assert set(asked) == {"onnxruntime"}


def test_a_backend_that_is_broken_is_named_and_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def providers(options: RuntimeOptions) -> dict[str, str]:
        if options.backend == "openvino":
            msg = "OpenVINO cannot be loaded (no libtbb)."
            raise BackendError(msg)
        return {"fp32": ORT, "int8": ORT}

    monkeypatch.setattr(precision, "providers_by_precision", providers)
    choice = choose(on_both(6, 4), RuntimeOptions())
    assert (choice.runtime.backend, choice.problems) == (
        "onnxruntime", ("OpenVINO cannot be loaded (no libtbb).",),
    )  # fmt: skip


def test_a_precision_that_one_backend_alone_has_runs_there() -> None:
    choice = choose(level(fp32={"here": 4}, int8={"here": 2}), RuntimeOptions(precision="bf16"))
    assert (choice.runtime.backend, choice.info.file) == ("openvino", "fp32.onnx")
    with pytest.raises(ConfigurationError, match="cannot run in fp16 on onnxruntime or openvino here"):
        choose(level(fp32={}, int8={}), RuntimeOptions(precision="fp16"))


def test_what_the_other_backend_would_run_comes_second() -> None:
    first, second = choose_each(on_both(6, 4), RuntimeOptions())
    assert (first.runtime.backend, first.precision) == ("openvino", "bf16")
    assert (second.runtime.backend, second.precision) == ("onnxruntime", "fp32")
    assert len([*choose_each(on_both(6, 4), RuntimeOptions("onnxruntime"))]) == 1
