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

"""Inputs and outputs that a network must have to be used here, and their check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.backends.base import Session


@dataclass(frozen=True, slots=True)
class Contract:
    """Names and shapes of a network's tensors, all float32.

    Attributes:
        input_name: The one input, RGB, 0 to 1.
        input_shape: [1, 3, height, width].
        outputs: Name and shape of each output.
    """

    input_name: str
    input_shape: tuple[int, ...]
    outputs: tuple[tuple[str, tuple[int, ...]], ...]


LANDMARKS = Contract(
    "image",
    (1, 3, 224, 224),
    (
        ("landmarks", (1, 63)),
        ("presence", (1, 1)),
        ("handedness", (1, 1)),
        ("world_landmarks", (1, 63)),
    ),
)
"""landmarks: x, y, z in pixels of the input; presence: 0 to 1; handedness: probability of a right
hand in an unmirrored image; world_landmarks: metres."""

PALM = Contract("image", (1, 3, 192, 192), (("boxes", (1, 2016, 18)), ("scores", (1, 2016, 1))))
"""boxes: centre, size and 7 keypoints in pixels of the input, relative to the anchor; scores: logits."""


def check_session(session: Session, contract: Contract, name: str) -> None:
    """Check the names and shapes of an opened network.

    Raises:
        ModelError: They are not the contract's.
    """
    expected = {contract.input_name: contract.input_shape}
    found = {spec.name: spec.shape for spec in session.inputs}
    if found != expected:
        msg = f"The network {name} takes {found} where {expected} is needed: export it to that contract."
        raise ModelError(msg)
    outputs = tuple((spec.name, spec.shape) for spec in session.outputs)
    if outputs != contract.outputs:
        msg = f"The network {name} gives {outputs} where {contract.outputs} is needed: export it so."
        raise ModelError(msg)


def warm_up(session: Session, contract: Contract, name: str, runs: int = 2) -> None:
    """Run a network a few times, so that the first frame finds it at full speed.

    Raises:
        ModelError: It answers a grey picture with something else than numbers.
    """
    image = np.full(contract.input_shape, 0.5, dtype=np.float32)
    for _ in range(runs):
        outputs = session.run(image)
    for (output, shape), values in zip(contract.outputs, outputs, strict=True):
        if values.shape != shape or not np.isfinite(values).all():
            msg = f"The network {name} answers a grey picture with unusable {output}: export it again."
            raise ModelError(msg)
