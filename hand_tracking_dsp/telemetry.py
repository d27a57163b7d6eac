"""Keeps the inference runtimes from reporting to their makers."""

from __future__ import annotations

import os
import sys


def switch_off() -> None:
    """Switch off what ONNX Runtime and OpenVINO would send and store about this machine.

    ONNX Runtime reads its variable when it is imported; its disable_telemetry_events comes too late for the
    database and the device id that it puts into the user's cache. OpenVINO reports its import through a
    package of its own, and does without where that cannot be imported. Both must happen before they are
    imported; processes started from here inherit the first, and call this themselves for the second.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
