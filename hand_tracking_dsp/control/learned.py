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

"""The learned policy: an ONNX network from observation and mask to an action."""

from __future__ import annotations

import math
from pathlib import Path
from typing import ClassVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from hand_tracking_dsp.control.actions import Action, allowed_actions
from hand_tracking_dsp.control.observation import OBSERVATION, Observation
from hand_tracking_dsp.control.policy_file import METADATA_KEY, PolicyContract, read_policy
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.manifest import Manifest

# Type and last axis of each; the first axis is the number of observations.
_INPUTS = {"observation": ("tensor(float)", len(OBSERVATION)), "mask": ("tensor(bool)", len(Action))}
_OUTPUTS = ("action", "scores")
# Decisions come at the controller's rate and never quite on time.
_EARLY_S = 0.02


class LearnedPolicy:
    """A policy that was trained by reinforcement learning and exported to ONNX.

    The network takes `observation` float32 [n, len(OBSERVATION)] (NaN = not measured; normalization is
    part of the network) and `mask` bool [n, 3] (which actions are possible), and gives `action` int64 [n]
    and `scores` float32 [n, 3]. It is asked as often as it was trained to be; between, the point is kept.

    Raises:
        ModelError: It is not such a network, or was made for another observation, other actions or another
            bank; the message names the differences.
    """

    name: ClassVar[str] = "learned"

    def __init__(self, network: bytes, bank: Manifest, where: str = "the policy network") -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
            metadata = session.get_modelmeta().custom_metadata_map
            self.contract = PolicyContract.from_json(metadata[METADATA_KEY])
        except KeyError as error:
            message = f"The policy {where} lacks the metadata {error}: export it with policy train."
            raise ModelError(message) from error
        except Exception as error:  # ONNX Runtime raises whatever its parser meets
            message = f"The policy {where} cannot be opened ({error}): export it again."
            raise ModelError(message) from error
        differences = self.contract.differences(bank) + _signature_differences(session)
        if differences:
            message = (
                f"The policy {where} does not fit: {'; '.join(differences)}. Train one for this bank "
                f"(make policy), or set policy to index."
            )
            raise ModelError(message)
        self._session = session
        self._asked_s = -math.inf

    @classmethod
    def load(cls, path: Path, bank: Manifest) -> LearnedPolicy:
        """Read a policy through its manifest; see policy_file.read_policy.

        Raises:
            ModelError: It cannot be read, or does not fit.
        """
        return cls(read_policy(path), bank, str(path))

    def decide(self, observation: Observation) -> int:
        """Return the point wanted: at most one step from the point in use."""
        point = observation.point
        if point < observation.densest:
            return observation.densest
        waited_s = observation.stamp_s - self._asked_s
        if 0 <= waited_s < self.contract.interval_s - _EARLY_S:
            return point
        self._asked_s = observation.stamp_s
        mask = allowed_actions(point, observation.points, observation.densest)
        action = self.actions(observation.vector[None], mask[None])[0]
        return point + Action(int(action)).step

    def actions(self, observations: NDArray[np.float32], masks: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the actions, int64 [n], for observations [n, len(OBSERVATION)] and masks [n, 3]."""
        (actions,) = self._session.run(["action"], {"observation": observations, "mask": masks})
        return np.asarray(actions, dtype=np.int64)


def _signature_differences(session: onnxruntime.InferenceSession) -> list[str]:
    inputs = {node.name: (node.type, *node.shape[1:]) for node in session.get_inputs()}
    outputs = tuple(node.name for node in session.get_outputs())
    found = []
    if inputs != _INPUTS:
        found.append(f"its inputs are {inputs} instead of {_INPUTS}")
    if outputs != _OUTPUTS:
        found.append(f"its outputs are {', '.join(outputs)} instead of {', '.join(_OUTPUTS)}")
    return found
