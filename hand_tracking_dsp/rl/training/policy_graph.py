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

"""The ONNX graph of a policy, whatever computes its scores: inputs, outputs and contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnx.parser
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from hand_tracking_dsp.control.learned import FORECAST, GOALS
from hand_tracking_dsp.control.observation import OBSERVATION, POINT_OBSERVATION
from hand_tracking_dsp.control.policy_file import METADATA_KEY, PolicyContract

_OPSET = 17
_IR_VERSION = 8
_OUTPUTS = {
    "point": "int64[n] point",
    "scores": "float[n, p] scores",
    "forecast": f"float[n, p, {len(FORECAST)}] forecast",
    "action": "int64[n] action",
    "values": "float[n, a] values",
}
POINT_INPUTS = (
    f"float[n, {len(OBSERVATION)}] observation, float[n, p, {len(POINT_OBSERVATION)}] points, "
    f"float[n, {len(GOALS)}] goals, bool[n, p] mask"
)
"""Inputs of policies that choose an operating point, in ONNX's text form."""


def finished_network(
    lines: str,
    values: Mapping[str, NDArray[Any] | np.generic],
    outputs: Sequence[str],
    contract: PolicyContract,
    inputs: str = POINT_INPUTS,
) -> bytes:
    """Build a policy's ONNX file.

    Args:
        lines: Nodes in ONNX's text form, from the inputs to the outputs; see control.learned.LearnedPolicy.
        values: Constants by name.
        outputs: Names of the outputs.
        contract: Contract for the metadata.
        inputs: The inputs in ONNX's text form.
    """
    signature = f"({inputs}) => ({', '.join(_OUTPUTS[name] for name in outputs)})"
    graph = onnx.parser.parse_graph(f"policy {signature} {{\n{lines}\n}}")
    graph.initializer.extend(numpy_helper.from_array(np.asarray(value), key) for key, value in values.items())
    opset = helper.make_opsetid("", _OPSET)
    model = helper.make_model(
        graph, producer_name="hand_tracking_dsp", opset_imports=[opset], ir_version=_IR_VERSION
    )
    helper.set_model_props(model, {METADATA_KEY: contract.to_json()})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())
