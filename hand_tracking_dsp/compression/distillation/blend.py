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

"""Interpolation of a network's weights before and after training.

Training that helps on pictures like those trained on may hurt on others; a mean of the weights before and
after often keeps most of both (WiSE-FT, Wortsman et al., "Robust fine-tuning of zero-shot models",
2022).
"""

from __future__ import annotations

import numpy as np
import onnx

from hand_tracking_dsp.compression.onnx_graph import read_weights, write_weights
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied

SHARES = (1.0, 0.75, 0.5, 0.25)
"""Shares of the trained weights in the networks that are compared."""


def blended(start: onnx.ModelProto, trained: onnx.ModelProto, share: float) -> onnx.ModelProto:
    """Interpolate the weights of a network before and after training, by a share of the trained ones, 0 to 1.

    Raises:
        ModelError: The networks do not have the same weights.
    """
    before, weights = read_weights(start), read_weights(trained)
    for name, new in weights.items():
        old, is_float = before.get(name), new.dtype.kind == "f"
        if old is None or old.shape != new.shape or not (is_float or np.array_equal(old, new)):
            msg = f"The networks cannot be blended: {name} differs; give a network and its training."
            raise ModelError(msg)
        if is_float:
            weights[name] = old + np.float32(share) * (new - old)
    model = copied(trained)
    write_weights(model, weights)
    return model
