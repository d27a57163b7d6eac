"""Networks opened for figures that are the same on every machine."""

from __future__ import annotations

import onnx

from hand_tracking_dsp.tracking.backends import RuntimeOptions, Session, open_session

EXACT = RuntimeOptions(providers=("cpu",), precision="fp32", threads=1)
"""ONNX Runtime on the CPU, one thread, every file in the arithmetic that it is written in."""


def open_exact(network: onnx.ModelProto | bytes, name: str = "") -> Session:
    """Open a model or an ONNX file so; the name is for messages.

    Raises:
        BackendError: ONNX Runtime refuses it.
    """
    if isinstance(network, onnx.ModelProto):
        return open_session(network.SerializeToString(), name or network.graph.name or "network", EXACT)
    return open_session(network, name or "network", EXACT)
