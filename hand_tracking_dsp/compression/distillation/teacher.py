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

"""Dense network as a teacher: its outputs, and the features that its heads read."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.onnx_graph import read_by_linear
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.types import Floats


class Teacher:
    """Runs the dense network on single pictures, in ONNX Runtime with one thread.

    Args:
        model: Landmark network that keeps the contract, see tracking.contract.

    Raises:
        ModelError: Its landmark head reads no pooled features.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        extended = copied(model)
        self._features = read_by_linear(model, "landmarks")
        extended.graph.output.append(
            onnx.helper.make_tensor_value_info(self._features, onnx.TensorProto.FLOAT, None)
        )
        self._session = open_exact(extended)
        self._names = [output.name for output in extended.graph.output]

    def label(self, image: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
        """Label a picture, uint8 [224, 224, 3], RGB.

        Returns:
            landmarks float32 [63], pixels of the crop; world_landmarks float32 [63], metres; presence and
            handedness (of a right hand), probabilities, float32 []; features float16 [channels], which all
            heads read.
        """
        return self._label(as_input(image))

    def label_inputs(self, images: Floats) -> dict[str, NDArray[Any]]:
        """Label pictures, float32 [n, 3, 224, 224], RGB, 0 to 1: the same, of all of them."""
        found = [self._label(np.ascontiguousarray(image[None])) for image in images]
        return {name: np.stack([one[name] for one in found]) for name in found[0]}

    def _label(self, image: Floats) -> dict[str, NDArray[Any]]:
        found = dict(zip(self._names, self._session.run(image), strict=True))
        return {
            "landmarks": found["landmarks"][0],
            "world_landmarks": found["world_landmarks"][0],
            "presence": found["presence"].reshape(()),
            "handedness": found["handedness"].reshape(()),
            "features": found[self._features][0].astype(np.float16),
        }
