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

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TypeVar, cast

from hand_tracking_dsp.errors import BackendError
from hand_tracking_dsp.tracking.backends.base import BACKENDS, RuntimeOptions, Session, TensorSpec

__all__ = [
    "BACKENDS",
    "RuntimeOptions",
    "Session",
    "TensorSpec",
    "alternatives",
    "first_that_opens",
    "open_session",
    "providers_by_precision",
]

Opened = TypeVar("Opened")


def alternatives(options: RuntimeOptions) -> tuple[RuntimeOptions, ...]:
    """Split options into those of one execution provider each, the best first.

    Providers that the backend was not built with are left out; whether the others open shows when a network
    is opened.

    Raises:
        BackendError: The backend is not installed, or has no such provider.
    """
    return cast("tuple[RuntimeOptions, ...]", _module(options).alternatives(options))


def first_that_opens(
    options: RuntimeOptions, open_on: Callable[[RuntimeOptions], Opened]
) -> tuple[Opened, tuple[str, ...]]:
    """Try one provider after the other.

    Args:
        options: The backend and its options.
        open_on: Opens on the one provider of the options that it gets.

    Returns:
        What was opened, and a sentence for each provider that did not open before.

    Raises:
        BackendError: The backend is not installed, or none of its providers opens.
    """
    problems: list[str] = []
    for one in alternatives(options):
        try:
            return open_on(one), tuple(problems)
        except BackendError as error:
            problems.append(str(error))
    raise BackendError(" ".join(problems))


def open_session(model: bytes, name: str, options: RuntimeOptions) -> Session:
    """Open a network, an ONNX file, on the first provider that can; its name is for messages.

    Raises:
        BackendError: The backend is not installed, has no such provider or device, or
            refuses the network.
    """
    session, _ = first_that_opens(options, lambda one: _module(one).open_session(model, name, one))
    return cast(Session, session)


def providers_by_precision(options: RuntimeOptions) -> dict[str, str]:
    """List the precisions that a backend's first provider can compute in here; no network is opened.

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
