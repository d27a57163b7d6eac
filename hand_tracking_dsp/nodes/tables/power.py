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

"""The parameters of power_node."""

from __future__ import annotations

from hand_tracking_dsp.cameras.backoff import BackoffOptions
from hand_tracking_dsp.nodes.tables.common import ALLOW_LOCKED_CHANGES, AUTOSTART, BANK, qos
from hand_tracking_dsp.options import Parameter, parameters_of
from hand_tracking_dsp.power.factory import KINDS
from hand_tracking_dsp.power.mac_estimate import MacEstimateOptions
from hand_tracking_dsp.power.simulated_battery import SimulatedBatteryOptions

POWER: tuple[Parameter, ...] = (
    AUTOSTART,
    ALLOW_LOCKED_CHANGES,
    Parameter(
        "source",
        "auto",
        "Where power readings come from; auto: a battery if the machine has one, else INA3221 rails, "
        "else none; rapl: an Intel or AMD processor's counters; nvml: NVIDIA's cards; estimate: computed "
        "from the multiply-accumulates that the tracker reports, not measured.",
        choices=KINDS,
        locked=True,
    ),
    Parameter(
        "battery", "", "Battery under /sys/class/power_supply to read; empty: all together.", locked=True
    ),
    Parameter("root", "/", "Where the file system of /sys begins; another than / for tests.", locked=True),
    Parameter("rate_hz", 2.0, "Readings a second.", "Hz", 0.01, 100),
    *parameters_of(BackoffOptions),
    BANK,
    *parameters_of(MacEstimateOptions, "estimate."),
    *parameters_of(SimulatedBatteryOptions, "simulated."),
    *qos("battery", "battery_state and power_w", depth=1),
    *qos("stats", "stats, which gives an estimate its frames and a simulated battery its load"),
)
