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

from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TypeVar, cast

from hand_tracking_dsp.errors import BackendError
from hand_tracking_dsp.tracking.backends.base import BACKENDS, RuntimeOptions, Session, Sides, TensorSpec

__all__ = [
    "BACKENDS",
    "RuntimeOptions",
    "Session",
    "Sides",
    "TensorSpec",
    "alternatives",
    "each_backend",
    "first_that_opens",
    "open_session",
    "providers_by_precision",
]

Attempt = TypeVar("Attempt")
Opened = TypeVar("Opened")


def alternatives(options: RuntimeOptions) -> tuple[RuntimeOptions, ...]:
    """Split options into those of one execution provider each, the best first.

    Providers that the backend was not built with are left out; whether the others open shows when a network
    is opened. Where the backend is "auto", the last alternative leaves it open: ONNX Runtime on the processor
    or OpenVINO; see each_backend.

    Raises:
        BackendError: The backend is not installed, or has no such provider.
    """
    if options.backend != "auto":
        return cast("tuple[RuntimeOptions, ...]", _module(options).alternatives(options))
    first, second = (replace(options, backend=backend) for backend in BACKENDS)
    others = () if _rules_out_openvino(options) else (second,)
    try:
        found = alternatives(first)
    except BackendError:
        if not others:
            raise
        found = (first,)  # to fail with its sentence, before the other is tried
    if found[-1].providers == ("cpu",):
        return (*found[:-1], replace(found[-1], backend="auto"))
    return (*found, *others)


def each_backend(options: RuntimeOptions) -> tuple[RuntimeOptions, ...]:
    """Split one of alternatives into those of one backend each, the usual one first.

    Backends that are not installed are left out; no other is loaded.
    """
    if options.backend != "auto":
        return (options,)
    return tuple(replace(options, backend=backend) for backend in BACKENDS if find_spec(backend))


def first_that_opens(
    attempts: Iterable[Attempt], open_on: Callable[[Attempt], Opened]
) -> tuple[Opened, tuple[str, ...]]:
    """Try one way of opening after the other.

    Args:
        attempts: At least one, the best first; each is made when those before have failed.
        open_on: Opens in the way that it gets.

    Returns:
        What was opened, and a sentence for each attempt that failed before.

    Raises:
        BackendError: All of them failed.
    """
    problems: list[str] = []
    for one in attempts:
        try:
            return open_on(one), tuple(problems)
        except BackendError as error:
            problems.append(str(error))
    raise BackendError(" ".join(problems))


def open_session(model: bytes, name: str, options: RuntimeOptions, sides: Sides | None = None) -> Session:
    """Open a network on the first backend and provider that can.

    Args:
        model: ONNX file.
        name: Its name, for messages.
        options: Settings of inference.
        sides: Size of the image for a network that takes one of any size; on others it has no effect.

    Raises:
        BackendError: The backend is not installed, has no such provider or device, or
            refuses the network.
    """
    attempts = (each for one in alternatives(options) for each in each_backend(one))
    session, _ = first_that_opens(attempts, lambda one: _module(one).open_session(model, name, one, sides))
    return cast(Session, session)


def providers_by_precision(options: RuntimeOptions) -> dict[str, str]:
    """List the precisions that a backend's first provider can compute in here; no network is opened.

    Args:
        options: Options of one backend, not "auto".

    Returns:
        What Session.provider will be, by RuntimeOptions.precision; "int8" stands for INT8 networks run
        as they are. The first one is the backend's usual one.

    Raises:
        BackendError: The backend is not installed, or has no such provider.
    """
    return cast("dict[str, str]", _module(options).providers_by_precision(options))


def _rules_out_openvino(options: RuntimeOptions) -> bool:
    """Tell whether the processor, where OpenVINO runs by default, is not to be used."""
    return options.device == "CPU" and (options.require_accelerator or "cpu" not in options.providers)


def _module(options: RuntimeOptions) -> ModuleType:
    # Imported when asked for: a robot need not have both.
    return import_module(f"{__name__}.{options.backend}_backend")
