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

"""Palm detectors that are in no bank yet."""

from __future__ import annotations

from dataclasses import replace

import onnx

from hand_tracking_dsp.compression.bank.entries import new_near
from hand_tracking_dsp.compression.bank.free_size import with_free_size
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.input_size import input_side
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.network_info import NetworkInfo
from hand_tracking_dsp.tracking.opening import open_checked
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.precision import Choice


def open_detector(model: onnx.ModelProto, name: str, runtime: RuntimeOptions | None = None) -> PalmDetector:
    """Make a detector of a network with the float input, of any size; the name is for messages.

    It is run as it is, on images that are not square with no larger an input than they need.

    Raises:
        BackendError: The backend refuses it.
        ModelError: It breaks the contract.
    """
    data = with_free_size(serialized(model))
    size = input_side(model)
    # Nothing is chosen here: "fp32" runs a file in the arithmetic that it is written in.
    options = replace(runtime or RuntimeOptions(), precision="fp32")
    info: NetworkInfo = new_near(name, name, data, size, "fp32", **sizes(model))
    choice = Choice(info, options, "")
    session = open_checked(data, choice)
    return PalmDetector(
        choice.run_by(session), session, open_in=lambda sides: open_checked(data, choice, sides)
    )
