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

"""The busy share of accelerators, in fake trees and with a binding for cards that are not here."""

import math
import sys
from types import SimpleNamespace

import pytest

from hand_tracking_dsp.power.accelerator import Accelerator


class NVMLError(Exception):
    pass


@pytest.fixture
def cards(monkeypatch):
    """NVIDIA's cards: percent, or the error that reading them raises; without any there is no driver."""
    percents = []

    def utilization(index):
        if isinstance(percents[index], Exception):
            raise percents[index]
        return SimpleNamespace(gpu=percents[index], memory=3)

    binding = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: len(percents),
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda index: f"card {index}",
        nvmlDeviceGetUtilizationRates=utilization,
    )
    monkeypatch.setitem(sys.modules, "pynvml", binding)
    return percents


@pytest.fixture
def write(tmp_path, cards):  # noqa: ARG001 (this machine's own cards must not be seen)
    """Write an attribute file below tmp_path."""

    def file(path, content):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{content}\n")
        return target

    return file


@pytest.mark.parametrize(
    "folder",
    [
        "sys/devices/gpu.0",
        "sys/devices/platform/gpu.0",
        "sys/devices/17000000.ga10b",
        "sys/devices/platform/17000000.gpu",
        "sys/devices/platform/17000000.gv11b",
        "sys/devices/platform/bus@0/17000000.gpu",
        "sys/devices/platform/host1x/57000000.gpu",
    ],
)
def test_reads_a_jetsons_gpu_wherever_its_kernel_shows_it(tmp_path, write, folder):
    write(f"{folder}/load", 423)
    assert Accelerator(tmp_path).busy(0.0) == pytest.approx(0.423)


def test_the_same_gpu_under_two_names_is_read_once(tmp_path, write):
    write("sys/devices/platform/17000000.ga10b/load", 250)
    (tmp_path / "sys/devices/gpu.0").symlink_to("platform/17000000.ga10b")
    accelerator = Accelerator(tmp_path)
    assert len(accelerator._files) == 1
    assert accelerator.busy(0.0) == pytest.approx(0.25)


def test_reads_a_graphics_card_in_percent(tmp_path, write):
    write("sys/class/drm/card1/device/gpu_busy_percent", 37)
    assert Accelerator(tmp_path).busy(0.0) == pytest.approx(0.37)


def test_reads_nvidias_cards_and_passes_over_one_that_cannot_tell(tmp_path, cards):
    cards += [20, 80, NVMLError("Not Supported")]
    assert Accelerator(tmp_path).busy(0.0) == pytest.approx(0.8)


def test_of_several_the_busiest_counts(tmp_path, write, cards):
    write("sys/class/drm/card0/device/gpu_busy_percent", 5)
    write("sys/class/drm/card1/device/gpu_busy_percent", 60)
    cards += [30]
    assert Accelerator(tmp_path).busy(0.0) == pytest.approx(0.6)


@pytest.mark.usefixtures("write")
def test_without_an_accelerator_nothing_is_known(tmp_path):
    assert math.isnan(Accelerator(tmp_path).busy(0.0))


def test_without_nvidias_binding_nothing_is_known(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert math.isnan(Accelerator(tmp_path).busy(0.0))


@pytest.mark.parametrize("content", ["", "busy", "nan"])
def test_nonsense_is_unknown(tmp_path, write, content):
    write("sys/devices/gpu.0/load", content)
    assert math.isnan(Accelerator(tmp_path).busy(0.0))


def test_a_share_never_leaves_its_range(tmp_path, write):
    load = write("sys/devices/gpu.0/load", 1003)
    accelerator = Accelerator(tmp_path)
    assert accelerator.busy(0.0) == 1
    load.write_text("-4")
    assert accelerator.busy(1.0) == 0


def test_a_file_that_vanishes_is_unknown_and_comes_back(tmp_path, write):
    load = write("sys/devices/gpu.0/load", 500)
    accelerator = Accelerator(tmp_path)
    assert accelerator.busy(0.0) == 0.5
    load.unlink()
    assert math.isnan(accelerator.busy(1.0))
    load.write_text("100")
    assert accelerator.busy(2.0) == pytest.approx(0.1)


def test_reads_once_a_period_at_most(tmp_path, write):
    load = write("sys/devices/gpu.0/load", 500)
    accelerator = Accelerator(tmp_path, period_s=1.0)
    assert accelerator.busy(10.0) == 0.5
    load.write_text("900")
    assert accelerator.busy(10.99) == 0.5
    assert accelerator.busy(11.0) == pytest.approx(0.9)
