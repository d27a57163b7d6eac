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

"""The choice of a precision from what a bank says was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from support.measured_networks import HERE, ORT, deviation, level, network, times

from hand_tracking_dsp.errors import BackendError, ConfigurationError
from hand_tracking_dsp.tracking import precision
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.network_info import Accuracy, LatencyProfile, NetworkInfo
from hand_tracking_dsp.tracking.precision import choose, disorder, possible

pytestmark = pytest.mark.usefixtures("machine")


def test_the_faster_variant_runs_where_it_is_about_as_good() -> None:
    choice = choose(level(fp32={"here": 4}, int8={"here": 2}), RuntimeOptions())
    assert (choice.info.file, choice.precision, choice.p50_ms) == ("int8.onnx", "int8", 2)
    assert str(choice) == f"Level 1 (net) runs int8.onnx in int8 on {ORT}, measured 2.00 ms"


def test_the_tolerance_decides() -> None:
    info = level(fp32={"here": 4}, int8={"here": 2}, loss=1.6)
    assert choose(info, RuntimeOptions()).precision == "fp32"
    assert choose(info, RuntimeOptions(precision_tolerance=1.6)).precision == "int8"


def test_a_variant_that_is_slower_and_worse_never_runs() -> None:
    info = level(fp32={"here": 4}, int8={"here": 4.5})
    assert choose(info, RuntimeOptions(precision_tolerance=100)).precision == "fp32"


def test_of_equally_fast_ones_the_better_runs() -> None:
    assert choose(level(fp32={"here": 4}, int8={"here": 4}, loss=0.1), RuntimeOptions()).precision == "fp32"
    assert choose(level(fp32={"here": 4}, int8={"here": 4}, loss=-0.1), RuntimeOptions()).precision == "int8"


def test_the_best_variant_is_the_measure_not_the_default_one() -> None:
    best = network("fp16", deviation(0.5), latency=times(here=3))
    quick = network("int8", deviation(2.5), latency=times(here=1))
    info = network("fp32", deviation(2), latency=times(here=4), variants=(best, quick))
    assert choose(info, RuntimeOptions()).info.file == "fp16.onnx"


def test_the_data_set_on_which_a_variant_is_worst_counts() -> None:
    variant = network("int8", deviation(2), deviation(5, "abroad"), latency=times(here=1))
    info = network("fp32", deviation(2), deviation(3, "abroad"), latency=times(here=4), variants=(variant,))
    assert choose(info, RuntimeOptions()).precision == "fp32"
    assert choose(info, RuntimeOptions(precision_tolerance=2)).precision == "int8"


def test_a_variant_that_nobody_compared_does_not_run() -> None:
    for accuracy in ((), (deviation(1, "elsewhere"),)):
        variant = network("int8", *accuracy, latency=times(here=1))
        info = network("fp32", deviation(2), latency=times(here=4), variants=(variant,))
        assert choose(info, RuntimeOptions()).precision == "fp32"


def test_the_dense_network_deviates_from_itself_by_nothing() -> None:
    variant = network("int8", deviation(0.9), latency=times(here=1), index=0)
    info = network("fp32", latency=times(here=4), variants=(variant,), index=0)
    assert choose(info, RuntimeOptions()).precision == "int8"
    assert choose(info, RuntimeOptions(precision_tolerance=0.8)).precision == "fp32"


def test_without_any_measurement_the_default_file_runs() -> None:
    choice = choose(level(fp32={}, int8={}), RuntimeOptions())
    assert (choice.info.file, choice.p50_ms) == ("fp32.onnx", None)
    assert str(choice).endswith("not measured here")


def test_this_device_goes_before_others_and_its_threads_before_other_threads() -> None:
    info = level(fp32={"here": 4, "here2": 3, "there": 4}, int8={"here": 2, "here2": 5, "there": 9})
    assert choose(info, RuntimeOptions(threads=1)).precision == "int8"
    assert choose(info, RuntimeOptions(threads=2)).precision == "fp32"
    info = level(fp32={"here": 4, "there2": 1}, int8={"here": 2, "there2": 2})
    assert choose(info, RuntimeOptions(threads=2)).precision == "int8"


def test_without_a_profile_of_this_device_those_of_others_count() -> None:
    choice = choose(level(fp32={"there": 4}, int8={"there": 2}), RuntimeOptions())
    assert choice.precision == "int8"
    assert choice.foreign
    assert str(choice).endswith("not measured here")


def test_a_processor_without_int8_products_does_not_believe_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "has_int8_products", lambda: False)
    assert choose(level(fp32={"there": 4}, int8={"there": 2}), RuntimeOptions()).precision == "fp32"
    assert choose(level(fp32={"here": 4}, int8={"here": 2}), RuntimeOptions()).precision == "int8"


def test_variants_measured_on_different_devices_are_not_compared() -> None:
    info = level(fp32={"there": 4}, int8={"there2": 1})
    assert choose(info, RuntimeOptions(threads=0)).precision == "fp32"


def test_another_providers_times_do_not_count() -> None:
    info = level(fp32={"here": 4}, int8={"here": 2})
    assert choose(info, RuntimeOptions(backend="openvino")).precision == "fp32"


def test_reduced_arithmetic_runs_where_it_was_measured_itself() -> None:
    provider = "openvino/CPU/bf16"
    fast = LatencyProfile(device=HERE, provider=provider, threads=1, p50_ms=1, p95_ms=1, p99_ms=1, runs=9)
    unknown = network("fp32", deviation(2), latency=(fast,))
    assert choose(unknown, RuntimeOptions(backend="openvino")).precision == "fp32"
    known = network("fp32", deviation(2), deviation(2.1, provider=provider), latency=(fast,))
    choice = choose(known, RuntimeOptions(backend="openvino"))
    assert (choice.precision, choice.runtime.precision, choice.provider) == ("bf16", "bf16", provider)


def test_a_precision_may_be_forced_however_bad_it_is() -> None:
    info = level(fp32={"here": 4}, int8={"here": 9}, loss=50)
    assert choose(info, RuntimeOptions(precision="int8")).info.file == "int8.onnx"
    assert choose(info, RuntimeOptions(precision="fp32")).info.file == "fp32.onnx"
    forced = choose(info, RuntimeOptions(backend="openvino", precision="bf16"))
    assert (forced.info.file, forced.precision) == ("fp32.onnx", "bf16")


@pytest.mark.parametrize("kind", ["bf16", "fp16"])
def test_a_precision_that_is_not_to_be_had_is_answered_with_those_that_are(kind: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=rf"net cannot run in {kind} on onnxruntime here: set the precision to auto or one of fp32, int",
    ):
        choose(level(fp32={}, int8={}), RuntimeOptions("onnxruntime", precision=kind))


def test_a_palm_detector_is_chosen_by_its_recall() -> None:
    def palm(kind: str, recall: float, p50_ms: float, **more: Any) -> NetworkInfo:
        found = Accuracy(metric="recall_percent", data="boxes", value=recall, samples=9, provider=ORT)
        return NetworkInfo(
            name="full", file=f"{kind}.onnx", sha256="0" * 64, precision=kind, parameters=1, macs=1,
            accuracy=(found,), latency=times(here=p50_ms), **more,
        )  # fmt: skip

    good = palm("fp32", 95, 8, variants=(palm("int8", 94.5, 5),))
    bad = palm("fp32", 95, 8, variants=(palm("int8", 90, 5),))
    assert choose(good, RuntimeOptions()).precision == "int8"
    assert choose(bad, RuntimeOptions()).precision == "fp32"


def test_a_palm_detector_is_rated_by_all_its_pictures_together() -> None:
    def found(*values: float) -> tuple[Accuracy, ...]:
        of = {"metric": "palms_found_percent", "provider": ORT}
        sets = (("small", 80), ("large", 200))
        return tuple(
            Accuracy(data=data, value=value, samples=samples, **of)
            for (data, samples), value in zip(sets, values, strict=True)
        )

    def palm(kind: str, *accuracy: Accuracy, p50_ms: float, **more: Any) -> NetworkInfo:
        return NetworkInfo(
            name="full", file=f"{kind}.onnx", sha256="0" * 64, precision=kind, parameters=1, macs=1,
            accuracy=accuracy, latency=times(here=p50_ms), **more,
        )  # fmt: skip

    # Of 280 palms it misses 4, though 3 of them in the smaller set.
    good = palm("fp32", *found(100, 100), p50_ms=8, variants=(palm("int8", *found(96.25, 99.5), p50_ms=5),))
    bad = palm("fp32", *found(100, 100), p50_ms=8, variants=(palm("int8", *found(96.25, 98), p50_ms=5),))
    assert choose(good, RuntimeOptions()).precision == "int8"
    assert choose(bad, RuntimeOptions()).precision == "fp32"


def test_every_file_is_offered_in_every_arithmetic_of_the_backend() -> None:
    info = level(fp32={}, int8={})
    offered = [
        (one.info.file, one.runtime.precision) for one in possible(info, RuntimeOptions("onnxruntime"))
    ]
    assert offered == [("fp32.onnx", "fp32"), ("int8.onnx", "int8")]
    offered = [
        (one.info.file, one.runtime.precision) for one in possible(info, RuntimeOptions(backend="openvino"))
    ]
    assert offered == [
        ("fp32.onnx", "fp32"), ("fp32.onnx", "bf16"), ("int8.onnx", "int8"),
    ]  # fmt: skip


def test_tensorrt_is_offered_int8_with_zero_points_of_0_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    tensorrt = "onnxruntime/TensorrtExecutionProvider"
    here = {kind: f"{tensorrt}/{kind}" for kind in ("fp16", "fp32", "int8")}
    monkeypatch.setattr(precision, "providers_by_precision", lambda _: here)
    ort = RuntimeOptions("onnxruntime")
    unsigned = level(fp32={}, int8={})
    symmetric = replace(
        unsigned, variants=tuple(replace(one, source={"symmetric": True}) for one in unsigned.variants)
    )
    assert [one.precision for one in possible(unsigned, ort)] == ["fp16", "fp32"]
    assert [one.precision for one in possible(symmetric, ort)] == [
        "fp16",
        "fp32",
        "int8",
    ]
    assert choose(symmetric, RuntimeOptions("onnxruntime", precision="int8")).info.file == "int8.onnx"
    with pytest.raises(
        BackendError, match=r"zero points of 0 only, .*: make one with .* --symmetric --again"
    ):
        choose(unsigned, RuntimeOptions("onnxruntime", precision="int8"))
    alone = replace(unsigned, precision="int8", variants=())
    assert possible(alone, ort) == ()
    with pytest.raises(BackendError, match="the network net has no such file: make one"):
        choose(alone, ort)


class Running(NamedTuple):
    """A session, as far as it says what runs where."""

    provider: str
    nodes: dict[str, int]
    problem: str = ""


def test_what_runs_is_named_by_its_session() -> None:
    choice = choose(level(fp32={"here": 4}, int8={}), RuntimeOptions())
    assert choice.run_by(Running(ORT, {})) == choice
    text = str(choice.run_by(Running("openvino/CPU", {})))
    assert text == "Level 1 (net) runs fp32.onnx in fp32 on openvino/CPU, not measured here"
    found = choice.run_by(Running("onnxruntime/x", {"x": 9, "cpu": 2}, "No cache."), ["No y."])
    assert str(found).endswith("in fp32 on onnxruntime/x, not measured here; nodes: 9 on x, 2 on cpu")
    assert found.problems == ("No y.", "No cache.")


def test_a_sparser_level_that_is_slower_is_named() -> None:
    ordered = [level(fp32={"here": ms}, int8={}, index=i) for i, ms in enumerate((4, 3, 3.05))]
    assert disorder([choose(info, RuntimeOptions()) for info in ordered]) == []
    slower = [level(fp32={"here": ms}, int8={}, index=i) for i, ms in enumerate((4, 3, 3.5))]
    (sentence,) = disorder([choose(info, RuntimeOptions()) for info in slower])
    assert sentence.startswith("Level 2 runs in 3.50 ms, but the denser level 1 in 3.00 ms: measure this")
    unknown = [level(fp32={}, int8={}, index=i) for i in range(2)]
    assert disorder([choose(info, RuntimeOptions()) for info in unknown]) == []
