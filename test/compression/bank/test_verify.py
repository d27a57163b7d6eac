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

"""Checking a bank's networks on the machine at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from hand_tracking_dsp.compression.bank.verify import (
    choices_here,
    runtimes_here,
    time_networks,
)
from hand_tracking_dsp.tracking.backends import onnxruntime_backend
from hand_tracking_dsp.tracking.manifest import read_manifest

pytestmark = pytest.mark.usefixtures("one_runtime")


def test_everything_is_timed_in_its_order(tiny_bank: Path) -> None:
    bank = read_manifest(tiny_bank)
    choices = choices_here(bank)
    calls: list[int] = []
    timed, beside = time_networks(bank, choices, 1, 4, [lambda: calls.append(1)])
    assert [one.choice for one in timed] == choices
    assert all(one.threads == 1 and one.times.p50_ms > 0 for one in timed)
    assert len(beside) == 1
    assert calls


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_provider_that_is_listed_and_does_not_open_is_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    if listed[0] in onnxruntime_backend.onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has the provider that is to be missing")
    monkeypatch.setattr(onnxruntime_backend.onnxruntime, "get_available_providers", lambda: listed)
    problems: list[str] = []
    found = [one.providers for one in runtimes_here(problems.append) if one.backend == "onnxruntime"]
    assert found == [("cpu",)]
    assert [problem.split(",")[0] for problem in problems] == ["CUDAExecutionProvider does not open"]
