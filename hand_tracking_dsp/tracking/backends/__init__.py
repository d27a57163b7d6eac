"""Inference backends behind one small interface: ONNX Runtime and OpenVINO."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from hand_tracking_dsp.errors import BackendError
from hand_tracking_dsp.tracking.backends.base import RuntimeOptions, Session, TensorSpec

__all__ = ["BACKENDS", "RuntimeOptions", "Session", "TensorSpec", "open_session"]

BACKENDS = ("onnxruntime", "openvino")
"""Names of the backends; each is a module here with a function open_session."""


def open_session(model: bytes, name: str, options: RuntimeOptions) -> Session:
    """Open a network.

    Args:
        model: An ONNX file.
        name: Its name, for messages.
        options: How to run it.

    Raises:
        BackendError: The backend is unknown or not installed, has no such provider or device, or
            refuses the network.
    """
    if options.backend not in BACKENDS:
        msg = f"There is no inference backend {options.backend!r}: choose one of {', '.join(BACKENDS)}."
        raise BackendError(msg)
    # Imported when asked for: a robot need not have both.
    module = import_module(f"{__name__}.{options.backend}_backend")
    return cast(Session, module.open_session(model, name, options))
