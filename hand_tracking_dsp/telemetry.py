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
