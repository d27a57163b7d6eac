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

"""Scores of a palm detector moved as a whole, so that the usual threshold means what it does for another one.

A detector that was trained towards another one, and to see no palm where no hand is, is less sure of hands;
so is one that was solved by least squares, or whose products are rounded. Which of two errors it makes how
often is a matter of all its scores.
"""

from __future__ import annotations

import numpy as np
import onnx

from hand_tracking_dsp.compression.onnx_graph import Graph, read_weights, write_weights
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.types import Floats

# A logit of 0 is a palm.
_BELOW = 1e-3
_BETWEEN = ("Concat", "Reshape", "Transpose")


def score_shift(hands: Floats, empty: Floats, most_false: float) -> float:
    """Choose by how much the scores of a detector are moved.

    It is to miss as large a share of hands as it sees palms where no hand is, but to see these in no more
    frames than the detector that it was trained towards.

    Args:
        hands: float [n]; its highest logit in each frame in which the other one sees a palm.
        empty: float [m]; its highest logit in each frame without a hand.
        most_false: Share of these in which the other one sees a palm, 0 to 1.

    Returns:
        What is to be added to its logits.
    """
    shifts = np.sort(-np.concatenate([hands, empty]))
    missed = (hands + shifts[:, None] < 0).mean(axis=1)
    false = (empty + shifts[:, None] > 0).mean(axis=1)
    fair = (false <= missed) & (false <= most_false)
    return float(shifts[fair].max(initial=shifts[0]))


def false_palm_shift(empty: Floats, most_false: int) -> float:
    """Choose by how much the scores of a detector are moved up, or down, to see few enough palms.

    Args:
        empty: float [n]; its highest logit in each view without a hand.
        most_false: Number of these in which it may see a palm, at least 0.

    Returns:
        The largest number that can be added to its logits; 0 where no view bounds it.
    """
    if most_false >= len(empty):
        return 0.0
    highest = float(np.sort(empty)[::-1][most_false])
    return -highest - _BELOW if np.isfinite(highest) else 0.0


def with_shifted_scores(model: onnx.ModelProto, shift: float) -> onnx.ModelProto:
    """Add a number to all logits of a palm detector.

    Args:
        model: Palm network with the float input; it stays as it is.
        shift: What is added.

    Raises:
        ModelError: The scores do not come from convolutions with biases.
    """
    result = copied(model)
    weights = read_weights(result)
    makers = Graph(result).nodes
    wanted, biases = ["scores"], []
    while wanted:
        node = makers.get(wanted.pop())
        if node is not None and node.op_type == "Conv" and len(node.input) == 3:
            biases.append(node.input[2])
        elif node is not None and node.op_type in _BETWEEN:
            wanted += node.input[: None if node.op_type == "Concat" else 1]
        else:
            msg = (
                "The palm detector's scores do not come from convolutions with biases: give one in fp32 that "
                "was made of MediaPipe's."
            )
            raise ModelError(msg)
    write_weights(result, {name: weights[name] + np.float32(shift) for name in biases})
    return result
