"""MediaPipe's networks."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from hand_tracking_dsp.resources import share_path


@pytest.fixture(scope="session")
def mediapipe() -> Path:
    return share_path("models", "mediapipe")


@pytest.fixture(scope="session", params=["hand_full", "hand_lite"])
def model(request: pytest.FixtureRequest, mediapipe: Path) -> onnx.ModelProto:
    return onnx.load(mediapipe / f"{request.param}.onnx")


@pytest.fixture(scope="session")
def lite(mediapipe: Path) -> onnx.ModelProto:
    return onnx.load(mediapipe / "hand_lite.onnx")
