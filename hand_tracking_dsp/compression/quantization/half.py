"""fp16: half the file, for runtimes and processors that compute in it.

bf16 is no file: OpenVINO computes an fp32 file in it where the processor can (RuntimeOptions.precision).
"""

from __future__ import annotations

import warnings

import onnx
from onnxruntime.transformers.float16 import convert_float_to_float16

from hand_tracking_dsp.compression.onnx_graph import copied


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """Write an fp32 network with weights and arithmetic in fp16; its inputs and outputs stay float32."""
    with warnings.catch_warnings():
        # Weights below 6e-8 become 0 or the smallest fp16 number, which is reported of each.
        warnings.simplefilter("ignore", UserWarning)
        halved: onnx.ModelProto = convert_float_to_float16(copied(model), keep_io_types=True)
    return halved
