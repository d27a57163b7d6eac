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

"""Inputs and outputs that a network must have to be used here, and their check.

Contract 1 has the image as floats, contract 2 as the bytes of a camera's image; the outputs are the same.
Contract 3 is that of landmark networks that see depth. docs/bank.md describes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hand_tracking_dsp.errors import BackendError, ModelError
from hand_tracking_dsp.hand import JOINT_COUNT
from hand_tracking_dsp.tracking.anchors import INPUT_SIZE, palm_anchors
from hand_tracking_dsp.tracking.backends.base import Session, Sides, TensorSpec
from hand_tracking_dsp.tracking.depth_info import DEPTH_SIZE
from hand_tracking_dsp.tracking.network_info import LevelInfo, NearInfo, NetworkInfo
from hand_tracking_dsp.tracking.soundness import is_usable
from hand_tracking_dsp.tracking.types import Floats, Image

FLOAT_INPUT, BYTE_INPUT, DEPTH_INPUT = 1, 2, 3
"""Versions of the contract, as bank.json names them."""


@dataclass(frozen=True, slots=True)
class Contract:
    """Names and shapes of a network's tensors.

    Attributes:
        size: Height of the one input, pixels.
        outputs: Name and shape of each output, float32.
        versions: Versions of the contract that the input may keep.
        more: Outputs that may follow, all or none of them.
        width: Width of the input, pixels; None: as its height.
    """

    size: int
    outputs: tuple[tuple[str, tuple[int, ...]], ...]
    versions: tuple[int, ...] = (BYTE_INPUT, FLOAT_INPUT)
    more: tuple[tuple[str, tuple[int, ...]], ...] = ()
    width: int | None = None

    @property
    def sides(self) -> Sides:
        """Height and width of the input, pixels."""
        return self.size, self.width or self.size

    def input(self, version: int) -> TensorSpec:
        """Return the input of a version.

        It is an image, float32 [1, 3, height, width] RGB from 0 to 1 or uint8 [1, height, width, 3] BGR; or
        depth, float32 [1, 1, height, width], as depth_crop.crop_depth makes it.
        """
        if version == DEPTH_INPUT:
            return TensorSpec("depth", (1, 1, *self.sides))
        if version == FLOAT_INPUT:
            return TensorSpec("image", (1, 3, *self.sides))
        return TensorSpec("image", (1, *self.sides, 3), "uint8")


def landmark_contract(size: int) -> Contract:
    """Return the contract of a landmark network whose input has a side of so many pixels.

    landmarks: x, y, z in pixels of the input; presence: 0 to 1; handedness: probability of a right hand in an
    unmirrored image; world_landmarks: metres; error_percent: expected deviation of the landmarks, % of palm.
    """
    return Contract(
        size,
        (
            ("landmarks", (1, 63)),
            ("presence", (1, 1)),
            ("handedness", (1, 1)),
            ("world_landmarks", (1, 63)),
        ),
        more=(("error_percent", (1, 1)),),
    )


LANDMARKS = landmark_contract(224)
"""Contract of the landmark networks of MediaPipe, and of levels that do not say another size."""


def palm_contract(height: int, width: int | None = None) -> Contract:
    """Return the contract of a palm detector whose input is so large, pixels; a square without a width.

    boxes: centre, size and 7 keypoints in pixels of the input, relative to the anchor; scores: logits.
    """
    anchors = len(palm_anchors(height, width))
    return Contract(height, (("boxes", (1, anchors, 18)), ("scores", (1, anchors, 1))), width=width)


def depth_contract(side: int, joints: int = JOINT_COUNT) -> Contract:
    """Return the contract of a landmark network that sees depth, and whose maps have a side of so many cells.

    cells, heat_maps, heat_maps_3d (closeness) and directions are what votes.joints_from_maps takes; presence
    and handedness are as those of LANDMARKS.
    """
    return Contract(
        DEPTH_SIZE,
        (
            ("cells", (1, 1, side, side)),
            ("heat_maps", (1, joints, side, side)),
            ("heat_maps_3d", (1, joints, side, side)),
            ("directions", (1, 3 * joints, side, side)),
            ("presence", (1, 1)),
            ("handedness", (1, 1)),
        ),
        (DEPTH_INPUT,),
    )


PALM = palm_contract(INPUT_SIZE)
"""Contract of the palm detectors of whole images."""


def contract_of(network: NetworkInfo) -> Contract:
    """Return the contract of a level, or of a palm detector."""
    if isinstance(network, LevelInfo):
        if network.depth is not None:
            return depth_contract(network.depth.map_side, network.depth.joint_count)
        return landmark_contract(network.input_size or LANDMARKS.size)
    return palm_contract(network.input_size) if isinstance(network, NearInfo) else PALM


def check_session(session: Session, contract: Contract, name: str) -> None:
    """Check the names, types and shapes of an opened network.

    Raises:
        ModelError: They are not the contract's.
    """
    known = tuple(map(contract.input, contract.versions))
    if len(session.inputs) != 1 or session.inputs[0] not in known:
        found, expected = (_shown(specs, word) for specs, word in ((session.inputs, "and"), (known, "or")))
        msg = f"The network {name} takes {found} where {expected} is needed: export it to that contract."
        raise ModelError(msg)
    outputs = tuple(TensorSpec(*output) for output in contract.outputs)
    more = tuple(TensorSpec(*output) for output in contract.more)
    if tuple(session.outputs) not in (outputs, outputs + more):
        found, expected = (_shown(specs, "and") for specs in (session.outputs, outputs))
        msg = f"The network {name} gives {found} where {expected} is needed: export it so."
        raise ModelError(msg)


def warm_up(session: Session, contract: Contract, name: str, runs: int = 2) -> None:
    """Run a network a few times, so that the first frame finds it at full speed.

    Outputs that may be missing may be something else than numbers, too.

    Raises:
        BackendError: It answers a grey picture with something else than numbers.
    """
    image = grey_image(session)
    for _ in range(runs):
        outputs = session.run(image)
    for (output, shape), values in zip(contract.outputs, outputs, strict=False):
        if values.shape != shape or not is_usable(values):
            msg = (
                f"The network {name} answers a grey picture with unusable {output} on {session.provider}: "
                f"choose another precision, or export it again."
            )
            raise BackendError(msg)


def grey_image(session: Session) -> Floats | Image:
    """Return a grey picture as a network takes it."""
    (spec,) = session.inputs
    return np.full(spec.shape, 128 if spec.dtype == "uint8" else 0.5, dtype=spec.dtype)


def _shown(specs: Sequence[TensorSpec], word: str) -> str:
    """Say tensors for a message."""
    return f" {word} ".join(f"{spec.name} {spec.dtype} {list(spec.shape)}" for spec in specs) or "nothing"
