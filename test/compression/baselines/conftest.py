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

"""MediaPipe's networks."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("onnx"):
    import onnx
    from support.networks import original_network

    from hand_tracking_dsp.resources import share_path


@pytest.fixture(scope="session")
def mediapipe() -> Path:
    return share_path("models", "mediapipe")


@pytest.fixture(scope="session", params=["hand_full", "hand_lite"])
def model(request: pytest.FixtureRequest) -> onnx.ModelProto:
    return original_network(f"{request.param}.onnx")


@pytest.fixture(scope="session")
def lite() -> onnx.ModelProto:
    return original_network("hand_lite.onnx")
