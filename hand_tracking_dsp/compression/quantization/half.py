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

"""fp16: half the file, for runtimes and processors that compute in it.

bf16 is no file: OpenVINO computes an fp32 file in it where the processor can (RuntimeOptions.precision).
"""

from __future__ import annotations

import warnings

import onnx
from onnxruntime.transformers.float16 import convert_float_to_float16

from hand_tracking_dsp.tracking.composition.onnx_changes import copied


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """Write an fp32 network with weights and arithmetic in fp16; its inputs and outputs stay float32."""
    with warnings.catch_warnings():
        # Weights below 6e-8 become 0 or the smallest fp16 number, which is reported of each.
        warnings.simplefilter("ignore", UserWarning)
        halved: onnx.ModelProto = convert_float_to_float16(copied(model), keep_io_types=True)
    return halved
