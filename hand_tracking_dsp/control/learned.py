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

"""The learned policy: an ONNX network from observation and goals to the operating point."""

from __future__ import annotations

import math
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.control.forecast import Forecast, Forecaster, IndexForecaster
from hand_tracking_dsp.control.observation import OBSERVATION, POINT_OBSERVATION, Observation
from hand_tracking_dsp.control.policy_file import read_policy
from hand_tracking_dsp.control.policy_session import open_policy, signature_differences
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import Manifest

GOALS = ("alpha", "beta", "gamma", "error_limit_percent", "late_free")
"""Entries of a policy's input `goals`: the weights of accuracy, time and energy, and what does no harm: a
distance from the dense level, % of palm, and a share of late frames."""

FORECAST = ("late", "error", "energy")
"""Entries of a policy's output `forecast`; see control.forecast."""

# Type and sizes of each; None is any number: of observations, of operating points.
_INPUTS = {
    "observation": ("tensor(float)", None, len(OBSERVATION)),
    "points": ("tensor(float)", None, None, len(POINT_OBSERVATION)),
    "goals": ("tensor(float)", None, len(GOALS)),
    "mask": ("tensor(bool)", None, None),
}
_OUTPUTS, _FORECASTING = ("point", "scores"), ("point", "scores", "forecast")
# Decisions come at the controller's rate and never quite on time.
_EARLY_S = 0.02


def goals_of(observation: Observation) -> NDArray[np.float32]:
    """Return the goals that an observation holds, float32 [len(GOALS)]."""
    weights = observation.weights
    values = (
        weights.alpha,
        weights.beta,
        weights.gamma,
        observation.error_limit_percent,
        observation.late_free,
    )
    return np.array(values, dtype=np.float32)


class LearnedPolicy:
    """A policy that was trained and exported to ONNX.

    The network takes `observation` float32 [n, len(OBSERVATION)] and `points` float32
    [n, p, len(POINT_OBSERVATION)] (NaN = not measured; normalization is part of the network), `goals` float32
    [n, 5] (see GOALS) and `mask` bool [n, p] (which points may be chosen), and gives `point` int64 [n] and
    `scores` float32 [n, p]; one that forecasts gives `forecast` float32 [n, p, 3] (see FORECAST) as well. It
    is asked as often as it was trained to be; between, the point is kept.

    Raises:
        ModelError: It is not such a network, or was made for another observation or another bank; the message
            names the differences.
    """

    name: ClassVar[str] = "learned"

    def __init__(self, network: bytes, bank: Manifest, where: str = "the policy network") -> None:
        session, self.contract = open_policy(network, where)
        differences = self.contract.differences(bank)
        differences = differences or signature_differences(session, _INPUTS, (_OUTPUTS, _FORECASTING))
        if differences:
            message = (
                f"The policy {where} does not fit: {'; '.join(differences)}. Train one for this bank "
                f"(make policy), or choose the policy index."
            )
            raise ModelError(message)
        self._session = session
        self._forecasts = tuple(node.name for node in session.get_outputs()) == _FORECASTING
        self._asked_s = -math.inf
        # What was asked last, and what came of it.
        self._foretold: tuple[Observation, NDArray[np.float32]] | None = None

    @classmethod
    def load(cls, path: Path, bank: Manifest) -> LearnedPolicy:
        """Read a policy through its manifest; see policy_file.read_policy.

        Raises:
            ModelError: It cannot be read, or does not fit.
        """
        return cls(read_policy(path), bank, str(path))

    @property
    def algorithm(self) -> str:
        """Return how it was trained, as `policy train` names it; empty: not known."""
        return str(self.contract.training.get("algorithm", ""))

    @property
    def forecaster(self) -> Forecaster:
        """Forecaster whose figures are shown: itself, or the index where it does not forecast."""
        return self if self._forecasts else IndexForecaster()

    def decide(self, observation: Observation) -> int:
        """Return the point wanted."""
        point = observation.point
        if point < observation.densest:
            return observation.densest
        waited_s = observation.stamp_s - self._asked_s
        if 0 <= waited_s < self.contract.interval_s - _EARLY_S:
            return point
        self._asked_s = observation.stamp_s
        outputs = ["point", "forecast"] if self._forecasts else ["point"]
        chosen, *forecast = self.run(outputs, *_inputs([observation]))
        self._foretold = (observation, forecast[0]) if forecast else None
        return int(chosen[0])

    def forecast(self, observation: Observation) -> Forecast:
        """Return what the next seconds bring at each point; for networks that forecast."""
        if self._foretold is not None and self._foretold[0] is observation:
            found = self._foretold[1]
        else:
            (found,) = self.run(["forecast"], *_inputs([observation]))
        late, error, energy = found[0].astype(np.float64).T
        return Forecast(late, error, energy)

    def run(
        self,
        outputs: list[str],
        observations: NDArray[np.float32],
        points: NDArray[np.float32],
        goals: NDArray[np.float32],
        masks: NDArray[np.bool_],
    ) -> list[NDArray[np.float32]]:
        """Return outputs of the network by name for its inputs, n at a time."""
        fed = dict(zip(_INPUTS, (observations, points, goals, masks), strict=True))
        return [np.asarray(value) for value in self._session.run(outputs, fed)]


def _inputs(
    observations: list[Observation],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return the network's inputs for observations of as many points."""
    return (
        np.stack([one.vector for one in observations]),
        np.stack([one.by_point for one in observations]),
        np.stack([goals_of(one) for one in observations]),
        np.stack([np.arange(one.points) >= one.densest for one in observations]),
    )
