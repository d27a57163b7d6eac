"""Interpolation of a network's weights before and after training.

Training that helps on pictures like those trained on may hurt on others; a mean of the weights before and
after often keeps most of both (WiSE-FT, Wortsman et al., "Robust fine-tuning of zero-shot models",
2022).
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper

from hand_tracking_dsp.compression.onnx_graph import copied
from hand_tracking_dsp.errors import ModelError

SHARES = (1.0, 0.75, 0.5, 0.25)
"""Shares of the trained weights in the networks that are compared."""


def blended(start: onnx.ModelProto, trained: onnx.ModelProto, share: float) -> onnx.ModelProto:
    """Interpolate the weights of two networks.

    Args:
        start: Network before training.
        trained: Same network after training; its graph is kept.
        share: Share of the trained weights, 0 to 1.

    Raises:
        ModelError: The networks do not have the same weights.
    """
    before = {tensor.name: numpy_helper.to_array(tensor) for tensor in start.graph.initializer}
    model = copied(trained)
    for tensor in model.graph.initializer:
        old, new = before.get(tensor.name), numpy_helper.to_array(tensor)
        weights = new.dtype.kind == "f"
        if old is None or old.shape != new.shape or not (weights or np.array_equal(old, new)):
            msg = f"The networks cannot be blended: {tensor.name} differs; give a network and its training."
            raise ModelError(msg)
        if weights:
            tensor.CopyFrom(numpy_helper.from_array(old + np.float32(share) * (new - old), tensor.name))
    return model
