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

"""ONNX Runtime, with its execution providers TensorRT, CUDA and CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from hand_tracking_dsp.errors import BackendError
from hand_tracking_dsp.tracking.backends.base import RuntimeOptions, TensorSpec, first_line
from hand_tracking_dsp.tracking.device import has_int8_products
from hand_tracking_dsp.tracking.types import Floats

try:
    import onnxruntime
except ImportError as error:
    _msg = f"ONNX Runtime cannot be loaded ({error}): install it with pip install onnxruntime."
    raise BackendError(_msg) from error

_FULL_NAMES = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
_ERRORS_ONLY = 3


class OnnxRuntimeSession:
    """A network opened by ONNX Runtime."""

    def __init__(self, session: onnxruntime.InferenceSession, name: str, precision: str) -> None:
        """Take over a session that was opened for a precision."""
        self._session = session
        self._name = name
        self.provider = _provider(session.get_providers()[0], precision)
        self.inputs = _specs(session.get_inputs())
        self.outputs = _specs(session.get_outputs())
        self._input_name = self.inputs[0].name

    def run(self, tensor: Floats) -> tuple[Floats, ...]:
        """Run the network; see Session."""
        try:
            return tuple(self._session.run(None, {self._input_name: tensor}))
        except Exception as error:  # ONNX Runtime's errors share no other base.
            msg = f"ONNX Runtime failed on the network {self._name}: {first_line(error)}."
            raise BackendError(msg) from error


def open_session(model: bytes, name: str, options: RuntimeOptions) -> OnnxRuntimeSession:
    """Open a network; see backends.open_session."""
    chain = _chain(options)
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = _ERRORS_ONLY
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    # Threads that spin between two frames would take the cores from the other nodes.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # On x86 without VNNI, sums of two products would saturate. With VNNI this would only cost time: an
    # INT8 network then took twice as long, for the same numbers.
    if not has_int8_products():
        settings.add_session_config_entry("session.x64quantprecision", "1")
    try:
        session = onnxruntime.InferenceSession(model, settings, providers=chain)
    except Exception as error:  # ONNX Runtime's errors share no other base.
        msg = f"ONNX Runtime refuses the network {name} ({first_line(error)}): export it again."
        raise BackendError(msg) from error
    # A provider whose libraries are missing falls away silently when the session is made.
    if options.require_accelerator and session.get_providers()[0] == _FULL_NAMES["cpu"]:
        raise BackendError(_no_accelerator(options))
    return OnnxRuntimeSession(session, name, options.precision)


def providers_by_precision(options: RuntimeOptions) -> dict[str, str]:
    """Tell in which precisions it can compute here; see backends.providers_by_precision."""
    first = _chain(options)[0]
    provider = first if isinstance(first, str) else first[0]
    # Elsewhere than in TensorRT the network's own types decide.
    precisions = ("fp16", "fp32", "int8") if provider == _FULL_NAMES["tensorrt"] else ("fp32", "int8")
    return {precision: _provider(provider, precision) for precision in precisions}


def _provider(provider: str, precision: str) -> str:
    if provider != _FULL_NAMES["tensorrt"]:
        return f"onnxruntime/{provider}"
    return f"onnxruntime/{provider}/{precision if precision in ('fp16', 'int8') else 'fp32'}"


def _chain(options: RuntimeOptions) -> list[str | tuple[str, dict[str, Any]]]:
    """Put together the providers that are asked for and there, with their options."""
    available = onnxruntime.get_available_providers()
    chain: list[str | tuple[str, dict[str, Any]]] = []
    for name in options.providers:
        if _FULL_NAMES[name] not in available:
            continue
        if name == "tensorrt":
            chain.append((_FULL_NAMES[name], _tensorrt_options(options)))
        else:
            chain.append(_FULL_NAMES[name])
    if options.require_accelerator and not [entry for entry in chain if entry != _FULL_NAMES["cpu"]]:
        raise BackendError(_no_accelerator(options))
    if not chain:
        msg = (
            f"ONNX Runtime has none of the execution providers {', '.join(options.providers)}: "
            f"add cpu to them, or install onnxruntime-gpu."
        )
        raise BackendError(msg)
    return chain


def _tensorrt_options(options: RuntimeOptions) -> dict[str, Any]:
    """Keep built engines: building one takes minutes on a Jetson."""
    folder = Path(options.tensorrt_cache_dir or Path.home() / ".cache" / "hand_tracking_dsp" / "tensorrt")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = (
            f"TensorRT's cache {folder} cannot be made ({error.strerror}): "
            f"set tensorrt_cache_dir to a folder that can be written."
        )
        raise BackendError(msg) from error
    return {
        "trt_engine_cache_enable": True,
        "trt_engine_cache_path": str(folder),
        "trt_timing_cache_enable": True,
        "trt_fp16_enable": options.precision in ("fp16", "int8"),
        "trt_int8_enable": options.precision == "int8",
    }


def _no_accelerator(options: RuntimeOptions) -> str:
    available = ", ".join(onnxruntime.get_available_providers())
    return (
        f"An accelerator is required, but of {', '.join(options.providers)} ONNX Runtime can use only "
        f"the CPU here (it has {available}): install onnxruntime-gpu with its CUDA libraries, or set "
        f"require_accelerator to false."
    )


def _specs(arguments: list[Any]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec(
            cast(str, argument.name),
            tuple(size if isinstance(size, int) else -1 for size in argument.shape),
        )
        for argument in arguments
    )
