"""Pruning until a network is as fast as asked, so that what is compared is equally fast."""

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
    """Find the largest network of a kind that is fast enough here, to a 64th of the way.

    Times are measured in turn with the dense network's: ONNX Runtime, one thread, fp32.

    Args:
        make: Makes a network from a number between 0 and 1; the greater, the slower.
        dense: The network that latency is relative to.
        ratio: Most latency, above 0, at most 1.

    Returns:
        (the number, the network).

    Raises:
        ConfigurationError: None is fast enough.
    """
    found: tuple[float, onnx.ModelProto] | None = None
    for _ in range(_ATTEMPTS):
        found = _bisected(make, dense, ratio)
        # One disturbed measurement is enough to lead a bisection astray.
        if found and abs(latency_ratio(found[1], dense) / ratio - 1) < _CLOSE:
            break
    if found is None:
        msg = f"A latency of {ratio:g} of the dense network's cannot be reached by pruning here: choose more."
        raise ConfigurationError(msg)
    return found


def latency_ratio(model: onnx.ModelProto, dense: onnx.ModelProto) -> float:
    """Measure a network's latency relative to another one's, in turn, in ONNX Runtime with one thread."""
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
