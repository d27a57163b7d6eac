"""A device in numbers: what a frame costs at each level, how a busy machine slows it, how far it drifts.

A frame takes what it takes on a quiet machine (quiet_ms) times a multiplier drawn from the hidden load
state. A state lasts an exponentially distributed time, then the next is drawn: see docs/device.md.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist, fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.rl.simulation.bank_figures import PROVIDER, drift_range, fastest, scene_difficulty
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import LatencyProfile

SCHEMA = 1

QUANTILES: tuple[float, ...] = (0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1)
"""Probabilities at which a state's multipliers are tabulated, body and tail."""

OVERHEAD_MS = 4.1 + 1.8
"""What a frame takes besides the networks where no trace says it: the way of image and hands through ROS 2
(README: end to end less inference, 4.1 ms at the median), and converting, cropping and bookkeeping (1.8 ms
on the same machine)."""

MAX_STATES = 16
_SUM_TOLERANCE = 1e-6

# Invented, for people without traces: what cores taken by others, or a lowered clock, do to a frame. Name,
# mean seconds, times slower at the median and in the far tail, probabilities of what comes next.
_QUIET_S, _AFTER_QUIET = 20.0, (0.0, 0.6, 0.3, 0.1)
_LOADED = (
    ("one core taken", 8.0, 1.3, 2.5, (0.5, 0.0, 0.4, 0.1)),
    ("all cores taken", 6.0, 2.0, 5.0, (0.5, 0.4, 0.0, 0.1)),
    ("throttled", 60.0, 1.6, 2.0, (0.7, 0.2, 0.1, 0.0)),
)
_SCENE_S = 25.0
# The slowest frame is taken to be one of a thousand: beyond the 99th percentile a profile says nothing.
_SLOWEST = 0.999


@dataclass(frozen=True, slots=True)
class LoadState:
    """One hidden state of the machine: quiet, one core taken, throttled, ….

    Attributes:
        name: For people.
        mean_s: Mean time that it lasts, seconds.
        next: Probability of each state to be the next one, by index; its own is 0, their sum 1. All are
            0 where it is the only state.
        multipliers: Quantiles of a frame's latency as a multiple of its quiet_ms, at QUANTILES; above 0,
            nondecreasing.
    """

    name: str
    mean_s: float
    next: tuple[float, ...]
    multipliers: tuple[float, ...]

    def __post_init__(self) -> None:
        """Raises ConfigurationError for a value out of range."""
        what = f"The load state {self.name!r}"
        if not 0 < self.mean_s < math.inf:
            msg = f"{what} lasts {self.mean_s} s on average: it must be above 0."
            raise ConfigurationError(msg)
        if not all(0 <= share <= 1 for share in self.next):
            msg = f"{what} has the next-state probabilities {self.next}: each must be 0 to 1."
            raise ConfigurationError(msg)
        if len(self.multipliers) != len(QUANTILES):
            msg = f"{what} has {len(self.multipliers)} multipliers: {len(QUANTILES)} are needed."
            raise ConfigurationError(msg)
        steps = zip((0.0, *self.multipliers), self.multipliers, strict=False)
        if not all(low <= high < math.inf for low, high in steps) or self.multipliers[0] <= 0:
            msg = f"{what} has the multipliers {self.multipliers}: they must be above 0 and never fall."
            raise ConfigurationError(msg)


@dataclass(frozen=True, slots=True)
class DeviceModel:
    """A device that a controller can be trained on.

    Drift is the mean deviation of the landmarks from the dense level's, in % of palm size. At the level l
    in a scene of difficulty d it is easy_percent[l] + d (hard_percent[l] - easy_percent[l]).

    Attributes:
        name: For people.
        source: What it was made from, for people.
        overhead_ms: What every frame takes end to end besides the networks, milliseconds.
        detector_ms: What the palm detector adds to a frame that it runs on, milliseconds.
        level_ms: What the landmark network takes for one hand, by level, milliseconds.
        states: Load states, by index.
        easy_percent: Drift in the easiest scenes, by level; 0 at level 0.
        hard_percent: Drift in the hardest scenes, by level, at least easy_percent; 0 at level 0.
        difficulty_mean: Mean difficulty of scenes, 0 (easiest) to 1 (hardest).
        difficulty_std: Standard deviation of the difficulty between scenes, 0 to 1.
        difficulty_mean_s: Mean length of a scene, seconds.
    """

    name: str
    source: str
    overhead_ms: float
    detector_ms: float
    level_ms: tuple[float, ...]
    states: tuple[LoadState, ...]
    easy_percent: tuple[float, ...]
    hard_percent: tuple[float, ...]
    difficulty_mean: float
    difficulty_std: float
    difficulty_mean_s: float

    def __post_init__(self) -> None:
        """Raises ConfigurationError for a value out of range."""
        self._check_times()
        self._check_states()
        self._check_drift()

    @property
    def levels(self) -> int:
        """Number of sparsity levels."""
        return len(self.level_ms)

    def quiet_ms(self, level: int, hands: int, detector_ran: bool) -> float:
        """Return what a frame takes on a quiet machine, end to end, milliseconds.

        Args:
            level: Sparsity level, 0 to levels - 1.
            hands: Hands in view.
            detector_ran: Whether the palm detector runs on the frame.
        """
        return self.overhead_ms + self.detector_ms * detector_ran + self.level_ms[level] * hands

    def draw(self, state: int, uniform: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn uniform random numbers into latency multipliers of a state.

        Args:
            state: Index of the load state.
            uniform: [n], 0 to 1.

        Returns:
            float64 [n], above 0.
        """
        drawn: NDArray[np.float64] = np.interp(uniform, QUANTILES, self.states[state].multipliers)
        return drawn

    def to_json(self) -> str:
        """Return the model as JSON text."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2) + "\n"

    def write(self, path: Path) -> None:
        """Write the model as JSON.

        Raises:
            OutputError: The file cannot be written.
        """
        write_text(path, self.to_json())

    @classmethod
    def from_json(cls, path: Path) -> DeviceModel:
        """Read a model that write() wrote.

        Raises:
            ModelError: It is missing, no JSON, of another schema, or a field is missing or wrong.
        """
        try:
            return _parse(json.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            msg = (
                f"The device model {path} cannot be read ({error.strerror}): make one with "
                f"'policy fit-device', or leave it out for the one that comes with the bank."
            )
            raise ModelError(msg) from error
        except KeyError as error:
            msg = f"The device model {path} lacks the field {error}: make it again with 'policy fit-device'."
            raise ModelError(msg) from error
        except ConfigurationError as error:
            msg = f"The device model {path} has to be made again with 'policy fit-device': {error}"
            raise ModelError(msg) from error
        except (AttributeError, TypeError, ValueError) as error:
            msg = f"The device model {path} cannot be used ({error}): make it again with 'policy fit-device'."
            raise ModelError(msg) from error

    def _check_times(self) -> None:
        times = {"overhead_ms": self.overhead_ms, "detector_ms": self.detector_ms}
        times |= {f"level_ms[{level}]": value for level, value in enumerate(self.level_ms)}
        for name, value in times.items():
            if not 0 <= value < math.inf:
                msg = f"The device model {self.name!r} has {name} = {value}: it must be at least 0."
                raise ConfigurationError(msg)

    def _check_states(self) -> None:
        count = len(self.states)
        if not 1 <= count <= MAX_STATES:
            msg = f"The device model {self.name!r} has {count} load states: 1 to {MAX_STATES} are possible."
            raise ConfigurationError(msg)
        for index, state in enumerate(self.states):
            total = 1 if count > 1 else 0
            fits = len(state.next) == count and math.isclose(sum(state.next), total, abs_tol=_SUM_TOLERANCE)
            if not fits or state.next[index]:
                msg = (
                    f"The load state {state.name!r} has the next-state probabilities {state.next}: "
                    f"{count} are needed, its own 0 and their sum {total}."
                )
                raise ConfigurationError(msg)

    def _check_drift(self) -> None:
        sizes = {len(self.level_ms), len(self.easy_percent), len(self.hard_percent)}
        pairs = list(zip(self.easy_percent, self.hard_percent, strict=False))
        fits = len(sizes) == 1 and len(pairs) > 0 and pairs[0] == (0, 0)
        if not fits or not all(0 <= easy <= hard < math.inf for easy, hard in pairs):
            msg = (
                f"The device model {self.name!r} has the drifts {self.easy_percent} to {self.hard_percent}: "
                f"one of each is needed for each of {self.levels} levels, 0 at level 0, the hard one not "
                f"below the easy one."
            )
            raise ConfigurationError(msg)
        shares = 0 <= self.difficulty_mean <= 1 and 0 <= self.difficulty_std <= 1
        if not (shares and 0 < self.difficulty_mean_s < math.inf):
            msg = (
                f"The device model {self.name!r} has scenes of difficulty {self.difficulty_mean} ± "
                f"{self.difficulty_std} and {self.difficulty_mean_s} s: choose 0 to 1 and more than 0 s."
            )
            raise ConfigurationError(msg)
        if not 0 < self.difficulty_mean_s < math.inf:
            msg = (
                f"The device model {self.name!r} has scenes of {self.difficulty_mean_s} s: give more than 0."
            )
            raise ConfigurationError(msg)


def default_device(manifest: Manifest) -> DeviceModel:
    """Make a device model from a bank's manifest alone, for people without traces.

    A level's time is the median of its fastest file on one thread of ONNX Runtime; the quiet machine's
    spread is that of these profiles, which say nothing below the median; easy and hard drift are the
    least and greatest deviation among data sets, and scenes are as hard as these sets are. The overhead is a
    stated figure; loaded states and the length of scenes are invented.

    Raises:
        ModelError: A network of the bank has no profile, or a sparser level no deviation.
    """
    profiles = [fastest(level, manifest)[1] for level in manifest.levels]
    easy, hard = drift_range(manifest)
    difficulty, difficulty_std = scene_difficulty(manifest)
    device = profiles[0].device
    return DeviceModel(
        name=f"{device}, bank {manifest.name}",
        source=(
            f"bank.json of {manifest.name} ({PROVIDER}, one thread, on {device}); overhead as stated, "
            f"{OVERHEAD_MS:g} ms; loaded states and the length of scenes invented, not measured"
        ),
        overhead_ms=OVERHEAD_MS,
        detector_ms=fastest(manifest.detector(""), manifest)[1].p50_ms,
        level_ms=tuple(profile.p50_ms for profile in profiles),
        states=_invented_states(profiles),
        easy_percent=easy,
        hard_percent=hard,
        difficulty_mean=difficulty,
        difficulty_std=difficulty_std,
        difficulty_mean_s=_SCENE_S,
    )


def _invented_states(profiles: list[LatencyProfile]) -> tuple[LoadState, ...]:
    p95 = fmean(profile.p95_ms / profile.p50_ms for profile in profiles)
    p99 = fmean(profile.p99_ms / profile.p50_ms for profile in profiles)
    # Above the median, along the quantiles of a normal distribution, the last piece going on.
    z95, z99, slowest = (NormalDist().inv_cdf(share) for share in (0.95, 0.99, _SLOWEST))
    steps = [NormalDist().inv_cdf(min(max(share, 0.5), _SLOWEST)) for share in QUANTILES]
    quiet = [
        1 + (p95 - 1) * z / z95 if z <= z95 else p95 + (p99 - p95) * (z - z95) / (z99 - z95) for z in steps
    ]
    states = [LoadState("quiet", _QUIET_S, _AFTER_QUIET, tuple(quiet))]
    for name, mean_s, median, tail, after in _LOADED:
        slower = (
            value * (median + (tail - median) * z / slowest) for value, z in zip(quiet, steps, strict=True)
        )
        states.append(LoadState(name, mean_s, after, tuple(slower)))
    return tuple(states)


def _parse(data: dict[str, Any]) -> DeviceModel:
    if data["schema"] != SCHEMA:
        msg = f"its schema is {data['schema']}, this version reads {SCHEMA}"
        raise ValueError(msg)
    states = tuple(
        LoadState(str(one["name"]), float(one["mean_s"]), _floats(one["next"]), _floats(one["multipliers"]))
        for one in data["states"]
    )
    return DeviceModel(
        name=str(data["name"]),
        source=str(data["source"]),
        overhead_ms=float(data["overhead_ms"]),
        detector_ms=float(data["detector_ms"]),
        level_ms=_floats(data["level_ms"]),
        states=states,
        easy_percent=_floats(data["easy_percent"]),
        hard_percent=_floats(data["hard_percent"]),
        difficulty_mean=float(data["difficulty_mean"]),
        difficulty_std=float(data["difficulty_std"]),
        difficulty_mean_s=float(data["difficulty_mean_s"]),
    )


def _floats(values: list[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
