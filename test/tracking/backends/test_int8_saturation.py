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
