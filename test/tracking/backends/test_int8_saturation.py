"""Processors without INT8 dot products must be told to multiply 8-bit numbers exactly."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.backends import RuntimeOptions, onnxruntime_backend, open_session


@pytest.mark.parametrize("has_products", [True, False])
def test_exact_products_are_asked_for_only_where_sums_would_saturate(
    has_products: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries: dict[str, str] = {}

    class Recorder(onnxruntime_backend.onnxruntime.SessionOptions):
        def add_session_config_entry(self, key: str, value: str) -> None:
            entries[key] = value
            super().add_session_config_entry(key, value)

    monkeypatch.setattr(onnxruntime_backend, "has_int8_products", lambda: has_products)
    monkeypatch.setattr(onnxruntime_backend.onnxruntime, "SessionOptions", Recorder)
    network = share_path("models", "mediapipe", "hand_lite.onnx").read_bytes()
    open_session(network, "hand_lite.onnx", RuntimeOptions(providers=("cpu",)))
    assert ("session.x64quantprecision" in entries) != has_products
