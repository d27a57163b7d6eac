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

"""What tests of banks share."""

from __future__ import annotations

import pytest

from hand_tracking_dsp.compression.bank import verify
from hand_tracking_dsp.tracking.backends import RuntimeOptions


@pytest.fixture
def one_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only ONNX Runtime's processor, whatever is installed."""
    monkeypatch.setattr(verify, "runtimes_here", lambda *_: [RuntimeOptions("onnxruntime", ("cpu",))])
