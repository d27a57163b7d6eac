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

"""Cost of inferences."""

import math

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: make setup-lab adds it")

import numpy as np
import torch

from hand_tracking_dsp.compression.backbones import measure
from hand_tracking_dsp.compression.backbones.networks import NETWORKS
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.power.energy_meter import EnergyMeter
from hand_tracking_dsp.power.power_source import PowerReading


class TenWatts:
    name = "ten watts"
    simulated = False
    bad_values = 0

    def read(self):
        return PowerReading(self.name, power_w=10.0)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_exported_network_scores_as_the_trained_one(name):
    torch.manual_seed(0)
    network = NETWORKS[name](5).eval()
    image = torch.rand(1, 3, 96, 96)
    (scores,) = open_exact(measure.to_onnx(network)).run(image.numpy())
    with torch.inference_mode():
        assert np.allclose(scores, network(image).numpy(), atol=1e-4)


def test_without_a_meter_the_processors_time_stands_for_power():
    file = measure.to_onnx(NETWORKS["squeezenet"](3))
    one, other = measure.measure_costs([file, file], 3)
    assert math.isnan(one.joules)
    assert one.power == one.processor_ms > 0
    assert other.time_ms > 0


def test_a_meters_energy_is_power(monkeypatch):
    monkeypatch.setattr(measure, "_MEASURED_S", 0.02)
    (cost,) = measure.measure_costs([measure.to_onnx(NETWORKS["squeezenet"](3))], 1, EnergyMeter(TenWatts()))
    assert cost.power == cost.joules > 0
