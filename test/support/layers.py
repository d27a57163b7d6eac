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

"""Layer agents that were not trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx.parser
from onnx import numpy_helper
from onnx.helper import make_model, make_opsetid, set_model_props

from hand_tracking_dsp.control.layers.state import layer_fields
from hand_tracking_dsp.control.policy_file import METADATA_KEY, PolicyContract
from hand_tracking_dsp.tracking.composition.profile import CompositionProfile
from hand_tracking_dsp.tracking.manifest import Manifest


def whimsical_agent(
    bank: Manifest,
    profile: CompositionProfile,
    training: Mapping[str, Any] | None = None,
    fields: int | None = None,
    scale: float = 0.1,
) -> bytes:
    """Build an agent whose values are a random linear function of so many entries of the state."""
    known = layer_fields(profile.names)
    count = fields or len(known)
    contract = PolicyContract.of_layers(bank, known[:count], 10.0, dict(training or {}))
    graph = onnx.parser.parse_graph(
        f"""agent (float[n, {count}] state, bool[n, 5] mask) => (int64[n] action, float[n, 5] values) {{
            values = MatMul (state, weight)
            scores = Where (mask, values, impossible)
            action = ArgMax <axis = 1, keepdims = 0> (scores)
        }}"""
    )
    weight = np.random.default_rng(0).normal(0.0, 1.0, (count, 5)).astype(np.float32) * np.float32(scale)
    constants = {"weight": weight, "impossible": np.array(-1e9, np.float32)}
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    model = make_model(graph, opset_imports=[make_opsetid("", 17)], ir_version=8)
    set_model_props(model, {METADATA_KEY: contract.to_json()})
    return bytes(model.SerializeToString())
