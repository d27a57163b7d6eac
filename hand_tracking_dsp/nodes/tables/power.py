"""The parameters of power_node."""

from __future__ import annotations

from hand_tracking_dsp.nodes.base.parameters import Parameter
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, BANK, qos

POWER: tuple[Parameter, ...] = (
    AUTOSTART,
    Parameter(
        "source",
        "auto",
        "Where power readings come from; auto: a battery if the machine has one, else INA3221 rails, "
        "else none; rapl: an Intel or AMD processor's counters; nvml: NVIDIA's cards; estimate: computed "
        "from the multiply-accumulates that the tracker tells of, not measured.",
        choices=("auto", "power_supply", "ina3221", "rapl", "nvml", "estimate", "simulated", "none"),
    ),
    Parameter("battery", "", "Battery under /sys/class/power_supply to read; empty: all together."),
    Parameter("root", "/", "Where the file system of /sys begins; another than / for tests."),
    Parameter("rate_hz", 2.0, "Readings a second.", "Hz", 0.01, 100),
    Parameter("retry_s", 0.5, "Pause before a lost source is first opened again.", "s", 0.05, 60),
    Parameter("retry_max_s", 10.0, "Longest pause; each is twice the one before.", "s", 0.05, 600),
    BANK,
    Parameter("estimate.base_w", 2.0, "Power of the computer while no network runs.", "W", 0, 1e4),
    Parameter(
        "estimate.picojoules_per_mac",
        100.0,
        "Energy of one multiply-accumulate with its memory traffic, an order of magnitude: set it from a "
        "meter.",
        "pJ",
        0,
        1e6,
    ),
    Parameter("estimate.detector", "", "The tracker's palm detector, by name; empty: the bank's first."),
    Parameter("simulated.capacity_wh", 40.0, "The simulated battery's energy when full.", "Wh", 0.001, 1e5),
    Parameter("simulated.charge", 1.0, "Its charge at the beginning.", "share of full", 0, 1),
    Parameter("simulated.base_w", 6.0, "What all but the tracker draws from it.", "W", 0, 1e4),
    Parameter(
        "simulated.load_w",
        (6.0, 4.0, 3.0),
        "What the tracker draws at each level, an estimate; the last counts for all beyond.",
        "W",
        0,
        1e4,
    ),
    Parameter("simulated.cells", 3, "Lithium-ion cells in series.", "cells", 1, 14),
    Parameter("simulated.time_scale", 1.0, "How many times faster than real it drains.", "", 0.001, 1e6),
    Parameter("simulated.noise", 0.002, "Noise of its readings.", "share of the reading", 0, 0.1),
    Parameter("simulated.seed", 0, "Seed of that noise.", low=0, high=2**31 - 1),
    *qos("battery", "battery_state and power_w", depth=1),
    *qos("stats", "stats, which tells an estimate its frames and a simulated battery its load"),
)
