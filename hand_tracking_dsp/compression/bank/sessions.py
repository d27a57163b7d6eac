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

"""Networks opened for figures that are the same on every machine."""

from __future__ import annotations

import onnx

from hand_tracking_dsp.tracking.backends import RuntimeOptions, Session, open_session

EXACT = RuntimeOptions(backend="onnxruntime", providers=("cpu",), precision="fp32", threads=1)
"""ONNX Runtime on the CPU, one thread, every file in the arithmetic that it is written in."""


def open_exact(network: onnx.ModelProto | bytes, name: str = "") -> Session:
    """Open a model or an ONNX file so; the name is for messages.

    Raises:
        BackendError: ONNX Runtime refuses it.
    """
    if isinstance(network, onnx.ModelProto):
        return open_session(network.SerializeToString(), name or network.graph.name or "network", EXACT)
    return open_session(network, name or "network", EXACT)
