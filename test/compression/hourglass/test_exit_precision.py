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

"""INT8 files of exits: made, measured, and kept only where they gain."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab")

import torch

from hand_tracking_dsp.compression.bank.files import read_files, write_bank
from hand_tracking_dsp.compression.bank.timing import Times
from hand_tracking_dsp.compression.hourglass import exit_precision
from hand_tracking_dsp.compression.hourglass.exit_precision import ExitQuantizer, QuantizedExit
from hand_tracking_dsp.compression.hourglass.export import export_bank
from hand_tracking_dsp.compression.hourglass.network import Exit, HourglassNetwork
from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
from hand_tracking_dsp.compression.hourglass.stacks import small_options
from hand_tracking_dsp.compression.hourglass.train import HourglassTrainer, HourglassTrainingOptions
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.losses import DEVIATION
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest

CPU = RuntimeOptions("onnxruntime", ("cpu",))


@pytest.fixture(autouse=True)
def one_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only ONNX Runtime's processor, whatever is installed."""
    monkeypatch.setattr(exit_precision, "runtimes_here", lambda: [CPU])


@pytest.fixture(scope="module")
def bank(samples: DepthSamples, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """A bank of one exit of a small network that has learned a little."""
    folder = tmp_path_factory.mktemp("exits")
    torch.manual_seed(0)
    options = HourglassTrainingOptions(steps=24, batch=12, learning_rate=5e-3, warmup=2, check_every=24)
    network = HourglassNetwork(small_options(16, 1))
    HourglassTrainer(network, samples, samples.first(2), folder / "work", options).train(ignore)
    network.eval()
    return write_bank(folder / "bank", *export_bank(network, [Exit(1, 2)], samples, "rendered"))


def ignore(*_: object) -> None:
    """Take progress."""


def quantized(
    bank: Manifest, samples: DepthSamples
) -> tuple[Manifest, list[QuantizedExit], dict[str, bytes]]:
    quantizer = ExitQuantizer(bank, read_files(bank), samples, samples.hands, "these", 2)
    changed, found = quantizer.quantize(bank, ignore)
    return changed, found, quantizer.files


def test_int8_costs_little_and_its_figures_are_recorded(
    bank: Manifest, samples: DepthSamples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QuantizedExit, "kept", property(lambda _: True))  # whatever the machine's speed
    changed, (one,), files = quantized(bank, samples)
    assert one.after.error_mm == pytest.approx(one.before.error_mm, rel=0.05)
    assert 0 < one.after.deviation < 5
    (variant,) = changed.levels[0].variants
    assert variant.precision == "int8"
    assert {"error_mm", DEVIATION} <= {measured.metric for measured in variant.accuracy}
    write_bank(tmp_path / "bank", changed, files)
    loaded = LevelBank.load(tmp_path / "bank", RuntimeOptions("onnxruntime", ("cpu",), precision="int8"))
    assert loaded.choices[0].precision == "int8"


@pytest.mark.parametrize(
    ("error", "ms", "kept"), [(1.0, 0.5, True), (1.02, 0.5, True), (1.04, 0.5, False), (1.0, 1.1, False)]
)
def test_int8_is_kept_where_it_costs_little_and_gains_time(
    bank: Manifest, samples: DepthSamples, error: float, ms: float, kept: bool
) -> None:
    _, (one,), _ = quantized(bank, samples.first(12))

    def times(p50_ms: float) -> Times:
        return Times(p50_ms, p50_ms, p50_ms, 2)

    before = replace(one.before, error_mm=10.0, times=times(1.0))
    after = replace(one.after, error_mm=10.0 * error, times=times(ms))
    assert replace(one, figures=[before, after]).kept is kept


def test_a_bank_without_exits_is_refused(samples: DepthSamples) -> None:
    bank = read_manifest(default_bank())
    with pytest.raises(ConfigurationError, match="no exit in fp32 to quantize: give one"):
        ExitQuantizer(bank, {}, samples, samples, "these", 1)
