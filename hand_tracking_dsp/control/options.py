"""Options of controller and shield, in ROS parameters' types, each with its unit in its name."""

from __future__ import annotations

from dataclasses import dataclass, field

from hand_tracking_dsp.control.limits import MAX_LEVELS, check_integer, check_number
from hand_tracking_dsp.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ShieldOptions:
    """When the shield steps in.

    Attributes:
        fallback_level: Level used while latency or battery cannot be known; -1 = the sparsest.
        deadline_miss_limit: One step sparser when more than this share of frames is over the budget,
            0 to 1; 1 = never.
        deadline_hold_s: How long after that the level may not become denser again, seconds. With 20 s
            a policy that insists on a level too slow causes fewer than six changes a minute.
        battery_reserve: The sparsest level at or below this charge, 0 to 1; 0 = only when it is empty.
        battery_reserve_hysteresis: How far above the reserve the charge must rise to end that.
        stale_latency_s: Silence of the latency topic that counts as lost, seconds.
        stale_battery_s: Silence of a battery that was heard before that counts as lost, seconds; some
            bases publish theirs once in ten seconds.
        startup_grace_s: How long the first latency may take, seconds: networks are loaded meanwhile.
        stale_drift_s: Drift that was heard before and is not measured for so long, with hands in view,
            counts as lost, seconds: then no policy goes sparser while the frames are in time.
    """

    fallback_level: int = -1
    deadline_miss_limit: float = 0.25
    deadline_hold_s: float = 20.0
    battery_reserve: float = 0.15
    battery_reserve_hysteresis: float = 0.05
    stale_latency_s: float = 2.0
    stale_battery_s: float = 30.0
    startup_grace_s: float = 10.0
    stale_drift_s: float = 15.0

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigurationError: it cannot.
        """
        check_integer("fallback_level", self.fallback_level, -1, MAX_LEVELS - 1)
        check_number("deadline_miss_limit", self.deadline_miss_limit, 0.0, 1.0)
        check_number("deadline_hold_s", self.deadline_hold_s, 0.0, 3600.0)
        check_number("battery_reserve", self.battery_reserve, 0.0, 1.0)
        check_number("battery_reserve_hysteresis", self.battery_reserve_hysteresis, 0.0, 0.5)
        check_number("stale_latency_s", self.stale_latency_s, 0.05, 3600.0)
        check_number("stale_battery_s", self.stale_battery_s, 0.05, 86400.0)
        check_number("startup_grace_s", self.startup_grace_s, 0.0, 3600.0)
        check_number("stale_drift_s", self.stale_drift_s, 0.1, 86400.0)


MODES = ("adaptive", "constrained")
"""Modes of the controller; see ConstraintOptions."""


@dataclass(frozen=True, slots=True)
class ConstraintOptions:
    """What the constrained mode allows; the adaptive mode knows the dwell times only.

    In the constrained mode the level stays within bounds, whoever wants it (but for a person), a policy
    moves it one step at a time, and it changes at most max_switches_per_min times in any 60 seconds. For
    that a step to denser is only taken where enough changes are left to go back to the sparsest level
    step by step, so that the limit never stands in the way of the shield.

    Attributes:
        densest_level: Densest level allowed.
        sparsest_level: Sparsest level allowed; -1 = the bank's sparsest.
        max_switches_per_min: Most changes of level in any 60 seconds; more than there are steps from the
            densest to the sparsest level allowed.
    """

    densest_level: int = 0
    sparsest_level: int = -1
    max_switches_per_min: int = 6

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigurationError: it cannot.
        """
        check_integer("densest_level", self.densest_level, 0, MAX_LEVELS - 1)
        check_integer("sparsest_level", self.sparsest_level, -1, MAX_LEVELS - 1)
        check_integer("max_switches_per_min", self.max_switches_per_min, 1, 600)
        if 0 <= self.sparsest_level < self.densest_level:
            message = (
                f"sparsest_level is {self.sparsest_level} and densest_level {self.densest_level}: "
                f"set sparsest_level to at least densest_level, or to -1."
            )
            raise ConfigurationError(message)


@dataclass(frozen=True, slots=True)
class ControllerOptions:
    """How the controller judges and how fast it may change the level.

    Attributes:
        budget_ms: Latency budget of a frame, milliseconds; see LatencySample.judged_ms for which latency.
        initial_level: Level before anything is heard; 0 = dense.
        min_dwell_s: Least time from a change of level to one towards denser, seconds.
        min_dwell_sparser_s: Least time from a change of level to one towards sparser, seconds.
        settle_s: How long latencies do not count after the first one, or after a silence, seconds: while
            nodes find each other and load, frames are slow for reasons that no level cures.
        window_s: Age up to which a latency sample counts, seconds.
        min_samples: Samples at the present level needed to judge it: of 20, the 95th percentile is about
            the second largest, so that one stray frame changes nothing.
        max_samples: Samples kept at most.
        power_window_s: Age up to which a power reading counts for the trend, seconds.
        drift_window_s: Age up to which a measurement of drift counts, seconds.
        mode: "adaptive" or "constrained".
        constraint: What the constrained mode allows.
        shield: When the shield steps in.
    """

    budget_ms: float = 33.0
    initial_level: int = 0
    min_dwell_s: float = 3.0
    min_dwell_sparser_s: float = 0.5
    settle_s: float = 1.0
    window_s: float = 2.0
    min_samples: int = 20
    max_samples: int = 240
    power_window_s: float = 30.0
    drift_window_s: float = 4.0
    mode: str = "adaptive"
    constraint: ConstraintOptions = field(default_factory=ConstraintOptions)
    shield: ShieldOptions = field(default_factory=ShieldOptions)

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ConfigurationError: it cannot.
        """
        check_number("budget_ms", self.budget_ms, 0.1, 10_000.0)
        check_integer("initial_level", self.initial_level, 0, MAX_LEVELS - 1)
        check_number("min_dwell_s", self.min_dwell_s, 0.0, 3600.0)
        check_number("min_dwell_sparser_s", self.min_dwell_sparser_s, 0.0, self.min_dwell_s)
        check_number("settle_s", self.settle_s, 0.0, 600.0)
        check_number("window_s", self.window_s, 0.05, 600.0)
        check_integer("min_samples", self.min_samples, 1, 10_000)
        check_integer("max_samples", self.max_samples, self.min_samples, 10_000)
        check_number("power_window_s", self.power_window_s, 0.1, 3600.0)
        check_number("drift_window_s", self.drift_window_s, 0.1, 3600.0)
        if self.mode not in MODES:
            message = f"mode is {self.mode!r}: set one of {', '.join(MODES)}."
            raise ConfigurationError(message)
