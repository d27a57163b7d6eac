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

"""A device in numbers: what a frame costs at each level, how a busy machine slows it, how far it drifts.

A frame takes what it takes on a quiet machine (quiet_ms) times a multiplier drawn from the hidden load
state. A state lasts an exponentially distributed time, then the next is drawn: see docs/device.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hand_tracking_dsp.documents import read_json
from hand_tracking_dsp.errors import ConfigurationError, ModelError
from hand_tracking_dsp.files import write_text
from hand_tracking_dsp.tracking.operating_point import DEFAULT_SEARCH_INTERVAL_S, PointInfo
from hand_tracking_dsp.tracking.record import Reader, as_name, as_text, list_of, number, read_field, whole

Doubles = NDArray[np.float64]

SCHEMA = 1

# Share of frames with a hand on which others are searched for, where nothing was measured.
_SEARCHED = 0.1

QUANTILES: tuple[float, ...] = (0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1)
"""Probabilities at which a state's multipliers are tabulated, body and tail."""

MAX_STATES = 16
_SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class LoadState:
    """One hidden state of the machine: quiet, one core taken, throttled, ….

    Attributes:
        name: Name, for people.
        mean_s: Mean time that it lasts, seconds.
        next: Probability of each state to be the next one, by index; its own is 0, their sum 1. All are
            0 where it is the only state.
        multipliers: Quantiles of a frame's latency as a multiple of its quiet_ms, at QUANTILES; above 0,
            nondecreasing.

    Raises:
        ConfigurationError: A value is out of range.
    """

    name: str
    mean_s: float
    next: tuple[float, ...]
    multipliers: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the ranges."""
        what, count = f"The load state {self.name!r}", len(self.multipliers)
        _require(0 < self.mean_s < math.inf, f"{what} lasts {self.mean_s} s on average: it must be above 0.")
        _require(
            all(0 <= share <= 1 for share in self.next),
            f"{what} has the next-state probabilities {self.next}: each must be 0 to 1.",
        )
        _require(count == len(QUANTILES), f"{what} has {count} multipliers: {len(QUANTILES)} are needed.")
        steps = zip((0.0, *self.multipliers), self.multipliers, strict=False)
        _require(
            self.multipliers[0] > 0 and all(low <= high < math.inf for low, high in steps),
            f"{what} has the multipliers {self.multipliers}: they must be above 0 and never fall.",
        )


@dataclass(frozen=True, slots=True)
class DeviceModel:
    """A device that a controller can be trained on.

    Drift is the mean deviation of the landmarks from the dense level's, in % of palm size. At the level l
    in a scene of difficulty d it is easy_percent[l] + d (hard_percent[l] - easy_percent[l]).

    Attributes:
        name: Name, for people.
        source: Origin of the figures, for people.
        overhead_ms: Time of every frame end to end besides the networks, milliseconds.
        detector_ms: Time that the palm detector adds to a frame that it runs on, milliseconds.
        level_ms: Time of the landmark network for one hand, by level, milliseconds.
        states: Load states, by index.
        easy_percent: Drift in the easiest scenes, by level; 0 at level 0.
        hard_percent: Drift in the hardest scenes, by level, at least easy_percent; 0 at level 0.
        difficulty_mean: Mean difficulty of scenes, 0 (easiest) to 1 (hardest).
        difficulty_std: Standard deviation of the difficulty between scenes, 0 to 1.
        difficulty_mean_s: Mean length of a scene, seconds.
        bank_points: Operating points of the bank, which say how much is left out at each; not in the file.
            Without any see points.

    Raises:
        ConfigurationError: A value is out of range.
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
    bank_points: tuple[PointInfo, ...] = ()

    def __post_init__(self) -> None:
        """Check the ranges."""
        self._check_times()
        self._check_states()
        self._check_drift()

    @property
    def levels(self) -> int:
        """Number of sparsity levels."""
        return len(self.level_ms)

    @property
    def points(self) -> tuple[PointInfo, ...]:
        """Operating points to choose from: the bank's, or one of each level that leaves nothing out."""
        return self.bank_points or tuple(
            PointInfo(
                level=level, gate=0, search_interval_s=DEFAULT_SEARCH_INTERVAL_S, cost=1, searched=_SEARCHED
            )
            for level in range(self.levels)
        )

    def quiet_ms(self, level: ArrayLike, hands: ArrayLike, detector_ran: ArrayLike) -> Doubles:
        """Return what frames take on a quiet machine, end to end, milliseconds; the arguments broadcast.

        Args:
            level: Sparsity level, an integer from 0 to levels - 1.
            hands: Hands that are measured.
            detector_ran: Whether the palm detector runs on the frame, on the way of the hands.
        """
        detection_ms = self.detector_ms * np.asarray(detector_ran)
        landmarks_ms = np.array(self.level_ms)[np.asarray(level)] * np.asarray(hands)
        total_ms: Doubles = self.overhead_ms + detection_ms + landmarks_ms
        return total_ms

    def draw(self, state: int, uniform: Doubles) -> Doubles:
        """Turn uniform random numbers into latency multipliers of a state.

        Args:
            state: Index of the load state.
            uniform: Random numbers, 0 to 1, of any shape.

        Returns:
            float64 of the same shape, above 0.
        """
        drawn: Doubles = np.interp(uniform, QUANTILES, self.states[state].multipliers)
        return drawn

    def to_json(self) -> str:
        """Return the model as JSON text."""
        fields = {name: value for name, value in asdict(self).items() if name != "bank_points"}
        return json.dumps({"schema": SCHEMA, **fields}, indent=2) + "\n"

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
            return _parse(read_json(path))
        except OSError as error:
            msg = (
                f"The device model {path} cannot be read ({error.strerror}): make one with "
                f"'policy fit-device', or leave it out for the one that comes with the bank."
            )
            raise ModelError(msg) from error
        except (ConfigurationError, ModelError, ValueError) as error:
            reason = str(error).rstrip(".")
            msg = (
                f"The device model {path} cannot be used ({reason}): make it again with 'policy fit-device'."
            )
            raise ModelError(msg) from error

    def _check_times(self) -> None:
        times = {"overhead_ms": self.overhead_ms, "detector_ms": self.detector_ms}
        times |= {f"level_ms[{level}]": value for level, value in enumerate(self.level_ms)}
        for name, value in times.items():
            _require(
                0 <= value < math.inf,
                f"The device model {self.name!r} has {name} = {value}: it must be at least 0.",
            )

    def _check_states(self) -> None:
        count = len(self.states)
        total = 1 if count > 1 else 0
        _require(
            1 <= count <= MAX_STATES,
            f"The device model {self.name!r} has {count} load states: 1 to {MAX_STATES} are possible.",
        )
        for index, state in enumerate(self.states):
            sums_up = math.isclose(sum(state.next), total, abs_tol=_SUM_TOLERANCE)
            _require(
                len(state.next) == count and sums_up and state.next[index] == 0,
                f"The load state {state.name!r} has the next-state probabilities {state.next}: "
                f"{count} are needed, its own 0 and their sum {total}.",
            )

    def _check_drift(self) -> None:
        what = f"The device model {self.name!r}"
        sizes = {len(self.level_ms), len(self.easy_percent), len(self.hard_percent)}
        pairs = list(zip(self.easy_percent, self.hard_percent, strict=False))
        _require(
            len(sizes) == 1
            and pairs[:1] == [(0, 0)]
            and all(0 <= easy <= hard < math.inf for easy, hard in pairs),
            f"{what} has the drifts {self.easy_percent} to {self.hard_percent}: one of each is needed for "
            f"each of {self.levels} levels, 0 at level 0, the hard one not below the easy one.",
        )
        shares = 0 <= self.difficulty_mean <= 1 and 0 <= self.difficulty_std <= 1
        _require(
            shares and 0 < self.difficulty_mean_s < math.inf,
            f"{what} has scenes of difficulty {self.difficulty_mean} ± {self.difficulty_std} and "
            f"{self.difficulty_mean_s} s: choose 0 to 1 and more than 0 s.",
        )


def _require(fits: bool, message: str) -> None:
    if not fits:
        raise ConfigurationError(message)


_STATE: Mapping[str, Reader] = {
    "name": as_name,
    "mean_s": number(),
    "next": list_of(number()),
    "multipliers": list_of(number()),
}
_MODEL: Mapping[str, Reader] = {
    "name": as_name,
    "source": as_text,
    "overhead_ms": number(),
    "detector_ms": number(),
    "level_ms": list_of(number()),
    "states": list_of(lambda value: LoadState(**_fields(value, _STATE))),
    "easy_percent": list_of(number()),
    "hard_percent": list_of(number()),
    "difficulty_mean": number(),
    "difficulty_std": number(),
    "difficulty_mean_s": number(),
}


def _parse(data: Any) -> DeviceModel:  # noqa: ANN401 (JSON of any form)
    """Make a model of what json reads.

    Raises:
        ConfigurationError: A value is out of range.
        ModelError: It is of another schema, or a field is missing or of another type.
    """
    schema = read_field(data, "schema", whole())
    if schema != SCHEMA:
        msg = f"its schema is {schema}, this version reads {SCHEMA}"
        raise ModelError(msg)
    return DeviceModel(**_fields(data, _MODEL))


def _fields(value: Any, readers: Mapping[str, Reader]) -> dict[str, Any]:  # noqa: ANN401 (JSON of any form)
    return {name: read_field(value, name, read) for name, read in readers.items()}
