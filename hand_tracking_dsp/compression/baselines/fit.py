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

"""Pruning to a given latency, so that networks of equal speed are compared."""

from __future__ import annotations

from collections.abc import Callable

import onnx

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.pruning.block_latency import undisturbed_ms
from hand_tracking_dsp.errors import ConfigurationError

_BISECTIONS = 6
_RUNS = 30
_ATTEMPTS = 3
_CLOSE = 0.05


def fit_latency(
    make: Callable[[float], onnx.ModelProto], dense: onnx.ModelProto, ratio: float
) -> tuple[float, onnx.ModelProto]:
    """Find the largest network of a family that is fast enough on this machine, to a 64th of the range.

    Times are measured in turn with the dense network's: ONNX Runtime, one thread, fp32.

    Args:
        make: Function that makes a network of a size between 0 and 1; the larger, the slower.
        dense: Network that latency is relative to.
        ratio: Highest relative latency, above 0, at most 1.

    Returns:
        (size, network).

    Raises:
        ConfigurationError: No network is fast enough.
    """
    found: tuple[float, onnx.ModelProto] | None = None
    for _ in range(_ATTEMPTS):
        found = _bisected(make, dense, ratio)
        # A single disturbed measurement can mislead the bisection.
        if found and abs(latency_ratio(found[1], dense) / ratio - 1) < _CLOSE:
            break
    if found is None:
        msg = f"A latency of {ratio:g} of the dense network's cannot be reached by pruning here: choose more."
        raise ConfigurationError(msg)
    return found


def latency_ratio(model: onnx.ModelProto, dense: onnx.ModelProto) -> float:
    """Measure the latency of a network relative to another's, in turn, in ONNX Runtime with one thread."""
    whole_ms, own_ms = undisturbed_ms([open_exact(dense), open_exact(model)], _RUNS)
    return own_ms / whole_ms


def _bisected(
    make: Callable[[float], onnx.ModelProto], dense: onnx.ModelProto, ratio: float
) -> tuple[float, onnx.ModelProto] | None:
    low, high = 0.0, 1.0
    best: tuple[float, onnx.ModelProto] | None = None
    for _ in range(_BISECTIONS):
        size = (low + high) / 2
        model = make(size)
        if latency_ratio(model, dense) <= ratio:
            low, best = size, (size, model)
        else:
            high = size
    return best
