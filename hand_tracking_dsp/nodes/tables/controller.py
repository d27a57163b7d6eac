"""The parameters of pruning_controller_node."""

from __future__ import annotations

from hand_tracking_dsp.nodes.base.parameters import Parameter
from hand_tracking_dsp.nodes.tables.common import AUTOSTART, BANK, qos
from hand_tracking_dsp.resources import DEFAULT_POLICY

CONTROLLER: tuple[Parameter, ...] = (
    AUTOSTART,
    BANK,
    Parameter(
        "policy",
        "auto",
        "What chooses the level; auto: the learned policy where it was made for this bank, else threshold.",
        choices=("auto", "learned", "threshold", "fixed"),
    ),
    Parameter(
        "policy_file",
        "",
        f"Manifest of the learned policy (policy.json); empty: the package's own, {DEFAULT_POLICY}.",
    ),
    Parameter(
        "mode",
        "adaptive",
        "adaptive: only dwell times bound the level; constrained: the constraint's bounds and pace as well.",
        choices=("adaptive", "constrained"),
        dynamic=True,
    ),
    Parameter(
        "constraint.densest_level", 0, "Densest level of the constrained mode.", low=0, high=255, dynamic=True
    ),
    Parameter(
        "constraint.sparsest_level",
        -1,
        "Sparsest level of the constrained mode; -1: the bank's.",
        low=-1,
        high=255,
        dynamic=True,
    ),
    Parameter(
        "constraint.max_switches_per_min",
        6,
        "Most changes of level in any 60 seconds in the constrained mode.",
        "changes",
        1,
        600,
        dynamic=True,
    ),
    Parameter(
        "operator_level",
        -1,
        "Level set by a person, goes before policy and shield; -1: automatic.",
        low=-1,
        high=255,
        dynamic=True,
    ),
    Parameter("decision_rate_hz", 10.0, "Decisions a second.", "Hz", 0.1, 100),
    Parameter(
        "budget_ms",
        33.0,
        "Latency budget of a frame, from image stamp to hands.",
        "ms",
        0.1,
        10000,
        dynamic=True,
    ),
    Parameter("initial_level", 0, "Level before anything is heard.", low=0, high=255),
    Parameter(
        "min_dwell_s", 3.0, "Least time from a change of level to one to denser.", "s", 0, 3600, dynamic=True
    ),
    Parameter(
        "min_dwell_sparser_s",
        0.5,
        "Least time from a change of level to one to sparser.",
        "s",
        0,
        3600,
        dynamic=True,
    ),
    Parameter(
        "settle_s",
        1.0,
        "How long latencies do not count after the first one, or after a silence.",
        "s",
        0,
        600,
        dynamic=True,
    ),
    Parameter("window_s", 2.0, "Age up to which a latency sample counts.", "s", 0.05, 600, dynamic=True),
    Parameter("min_samples", 20, "Samples needed to judge a level.", "frames", 1, 10000, dynamic=True),
    Parameter(
        "drift_window_s", 4.0, "Age up to which a measurement of drift counts.", "s", 0.1, 3600, dynamic=True
    ),
    Parameter("fixed.level", 0, "Level of the fixed policy; -1: the sparsest.", low=-1, high=255),
    Parameter("threshold.upper", 0.9, "Sparser where the 95th percentile is above.", "budgets", 0.05, 10),
    Parameter("threshold.lower", 0.7, "Denser where it is expected to be below.", "budgets", 0, 10),
    Parameter("threshold.miss_limit", 0.05, "Sparser where more frames are late.", "share", 0, 1),
    Parameter("threshold.hold_s", 3.0, "How long denser must look possible.", "s", 0, 3600),
    Parameter("threshold.retry_s", 300.0, "How long a level's slowness is believed.", "s", 0, 1e6),
    Parameter(
        "threshold.battery_saving_charge",
        0.5,
        "Charge below which the level is at least the saving one.",
        "share of full",
        0,
        1,
    ),
    Parameter("threshold.battery_saving_level", 2, "The saving level.", low=0, high=255),
    Parameter(
        "threshold.battery_low_charge",
        0.25,
        "Charge below which the level is at least the low one.",
        "share of full",
        0,
        1,
    ),
    Parameter("threshold.battery_low_level", 4, "The low level.", low=0, high=255),
    Parameter(
        "threshold.battery_hysteresis",
        0.05,
        "Rise above a charge that ends its bound.",
        "share of full",
        0,
        0.5,
    ),
    Parameter(
        "shield.fallback_level",
        -1,
        "Level while an input is unknown; -1: the sparsest.",
        low=-1,
        high=255,
        dynamic=True,
    ),
    Parameter(
        "shield.deadline_miss_limit",
        0.25,
        "Share of late frames that forces a sparser level.",
        "share",
        0,
        1,
        dynamic=True,
    ),
    Parameter(
        "shield.deadline_hold_s", 20.0, "How long denser levels are barred then.", "s", 0, 3600, dynamic=True
    ),
    Parameter(
        "shield.battery_reserve",
        0.15,
        "Charge that forces the sparsest level.",
        "share of full",
        0,
        1,
        dynamic=True,
    ),
    Parameter(
        "shield.battery_reserve_hysteresis",
        0.05,
        "Rise above it that ends that.",
        "share of full",
        0,
        0.5,
        dynamic=True,
    ),
    Parameter(
        "shield.stale_latency_s", 2.0, "Silence of stats that counts as lost.", "s", 0.05, 3600, dynamic=True
    ),
    Parameter(
        "shield.stale_battery_s",
        30.0,
        "Silence of battery_state that counts as lost.",
        "s",
        0.05,
        86400,
        dynamic=True,
    ),
    Parameter(
        "shield.startup_grace_s", 10.0, "How long the first stats may take.", "s", 0, 3600, dynamic=True
    ),
    Parameter(
        "shield.stale_drift_s",
        15.0,
        "How long drift, once heard, may be missing with hands in view before no policy may go sparser.",
        "s",
        0.1,
        86400,
        dynamic=True,
    ),
    *qos("stats", "stats"),
    *qos("battery", "battery_state and power_w", "best_effort", depth=1),
    *qos("command", "sparsity_command", durability="transient_local", depth=1),
    *qos("state", "controller_state"),
)
