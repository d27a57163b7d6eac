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

"""Inference backends behind one small interface: ONNX Runtime and OpenVINO."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import cast

from hand_tracking_dsp.tracking.backends.base import BACKENDS, RuntimeOptions, Session, TensorSpec

__all__ = ["BACKENDS", "RuntimeOptions", "Session", "TensorSpec", "open_session", "providers_by_precision"]


def open_session(model: bytes, name: str, options: RuntimeOptions) -> Session:
    """Open a network, an ONNX file; its name is for messages.

    Raises:
        BackendError: The backend is not installed, has no such provider or device, or
            refuses the network.
    """
    return cast(Session, _module(options).open_session(model, name, options))


def providers_by_precision(options: RuntimeOptions) -> dict[str, str]:
    """List the precisions that a backend can compute in here; no network is opened.

    Returns:
        What Session.provider will be, by RuntimeOptions.precision; "int8" stands for INT8 networks run
        as they are. The first one is the backend's usual one.

    Raises:
        BackendError: The backend is not installed, or has no such provider.
    """
    return cast("dict[str, str]", _module(options).providers_by_precision(options))


def _module(options: RuntimeOptions) -> ModuleType:
    # Imported when asked for: a robot need not have both.
    return import_module(f"{__name__}.{options.backend}_backend")
