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

import contextlib
import io
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from hand_tracking_dsp.errors import BackendError, OutputError
from hand_tracking_dsp.temporary import temporary_folder
from hand_tracking_dsp.tracking.backends.base import FREE_SIDES, RuntimeOptions, Sides, TensorSpec, first_line
from hand_tracking_dsp.tracking.backends.engine_cache import EngineCache, with_own_graph_name
from hand_tracking_dsp.tracking.device import has_int8_products
from hand_tracking_dsp.tracking.types import Floats, Image

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
_DTYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8"}
_ERRORS_ONLY = 3
# Source file, line and function before an error's text.
_PLACE = re.compile(r"^/\S+:\d+ .*?\) (?=[A-Z])")


class OnnxRuntimeSession:
    """A network opened by ONNX Runtime."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        name: str,
        precision: str,
        nodes: Mapping[str, int] | None = None,
        problem: str = "",
    ) -> None:
        """Take over a session that was opened for a precision."""
        self._session = session
        self._name = name
        self.provider = _provider(session.get_providers()[0], precision)
        self.inputs = _specs(session.get_inputs())
        self.outputs = _specs(session.get_outputs())
        self.nodes = nodes or {}
        self.problem = problem
        self._input_name = self.inputs[0].name

    def run(self, tensor: Floats | Image) -> tuple[Floats, ...]:
        """Run the network; see Session."""
        try:
            return tuple(self._session.run(None, {self._input_name: tensor}))
        except Exception as error:  # ONNX Runtime's errors share no other base.
            msg = f"ONNX Runtime failed on the network {self._name}: {first_line(error)}."
            raise BackendError(msg) from error


def alternatives(options: RuntimeOptions) -> tuple[RuntimeOptions, ...]:
    """Return options for one provider each; see backends.alternatives."""
    available = onnxruntime.get_available_providers()
    names = [name for name in options.providers if _FULL_NAMES[name] in available]
    if options.require_accelerator:
        names = [name for name in names if name != "cpu"]
        if not names:
            msg = (
                f"An accelerator is required, but of {', '.join(options.providers)} ONNX Runtime can use "
                f"only the CPU here (it has {', '.join(available)}): install onnxruntime-gpu with its CUDA "
                f"libraries, or set require_accelerator to false."
            )
            raise BackendError(msg)
    if not names:
        msg = (
            f"ONNX Runtime has none of the execution providers {', '.join(options.providers)}: "
            f"add cpu to them, or install onnxruntime-gpu."
        )
        raise BackendError(msg)
    return tuple(replace(options, providers=(name,)) for name in names)


def open_session(
    model: bytes, name: str, options: RuntimeOptions, sides: Sides | None = None
) -> OnnxRuntimeSession:
    """Open a network on the first of the providers; see backends.open_session."""
    provider = alternatives(options)[0].providers[0]
    if provider == "cpu":
        settings = session_options(options, sides)
        return OnnxRuntimeSession(_opened(model, name, provider, settings, {}), name, options.precision)
    _preload_libraries()
    cache = EngineCache(None)
    if provider == "tensorrt":
        cache = EngineCache.of(
            model, options.precision, onnxruntime.__version__, options.tensorrt_cache_dir, sides
        )
        model = with_own_graph_name(model, sides)
    try:
        session, nodes = _opened_and_counted(model, name, provider, options, cache, sides)
    except BackendError:
        if not cache.filled:
            raise
        cache.clear()
        session, nodes = _opened_and_counted(model, name, provider, options, cache, sides)
    if nodes and not nodes.get(_FULL_NAMES[provider]):
        msg = (
            f"{_FULL_NAMES[provider]} takes none of the {sum(nodes.values())} nodes of the network {name}: "
            f"leave {provider} out of providers, or choose another precision."
        )
        raise BackendError(msg)
    return OnnxRuntimeSession(session, name, options.precision, nodes, cache.problem)


def providers_by_precision(options: RuntimeOptions) -> dict[str, str]:
    """Tell in which precisions it can compute here; see backends.providers_by_precision."""
    name = alternatives(options)[0].providers[0]
    # Elsewhere than in TensorRT the network's own types decide.
    precisions = ("fp16", "fp32", "int8") if name == "tensorrt" else ("fp32", "int8")
    return {precision: _provider(_FULL_NAMES[name], precision) for precision in precisions}


def _provider(provider: str, precision: str) -> str:
    if provider != _FULL_NAMES["tensorrt"]:
        return f"onnxruntime/{provider}"
    return f"onnxruntime/{provider}/{precision if precision in ('fp16', 'int8') else 'fp32'}"


def session_options(options: RuntimeOptions, sides: Sides | None = None) -> onnxruntime.SessionOptions:
    """Return what every session is opened with; sides are those of an image of any size."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = _ERRORS_ONLY
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    for name, side in zip(FREE_SIDES, sides or (), strict=False):
        settings.add_free_dimension_override_by_name(name, side)
    # Threads that spin between two frames would take the cores from the other nodes.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # On x86 without VNNI, sums of two products would saturate. With VNNI this would only cost time: an
    # INT8 network then took twice as long, for the same numbers.
    if not has_int8_products():
        settings.add_session_config_entry("session.x64quantprecision", "1")
    return settings


def _opened(
    model: bytes, name: str, provider: str, settings: onnxruntime.SessionOptions, details: dict[str, Any]
) -> onnxruntime.InferenceSession:
    """Open a network on a provider, and on the CPU what that does not take.

    ONNX Runtime itself would fall back to the CPU where a provider's libraries are missing, and where a
    run fails, without an error.

    Raises:
        BackendError: The provider did not open, or refuses the network.
    """
    wanted = _FULL_NAMES[provider]
    chain: list[tuple[str, dict[str, Any]]] = [(wanted, details)]
    if provider != "cpu":
        chain.append((_FULL_NAMES["cpu"], {}))
    try:
        session = onnxruntime.InferenceSession(model, settings, providers=chain, enable_fallback=0)
    except Exception as error:  # ONNX Runtime's errors share no other base.
        if provider == "cpu":
            msg = f"ONNX Runtime refuses the network {name} ({first_line(error)}): export it again."
        else:
            reason = _PLACE.sub("", first_line(error))
            msg = f"{wanted} does not run {name} ({reason}): cure this, or leave {provider} out of providers."
        raise BackendError(msg) from error
    if session.get_providers()[0] != wanted:
        msg = (
            f"{wanted} does not open, since its libraries are missing or of another version (ONNX Runtime's "
            f"own message names them): install them, or leave {provider} out of providers."
        )
        raise BackendError(msg)
    return session


def _opened_and_counted(
    model: bytes,
    name: str,
    provider: str,
    options: RuntimeOptions,
    cache: EngineCache,
    sides: Sides | None = None,
) -> tuple[onnxruntime.InferenceSession, dict[str, int]]:
    """Open a network on an accelerator and count its nodes by the provider that runs them.

    A provider that is registered need not run anything: only a profile of a run tells. The nodes are those
    after fusion; TensorRT counts as one what it takes as one engine.

    Returns:
        The session, and the nodes by provider; none where they cannot be counted.
    """
    settings = session_options(options, sides)
    details = _tensorrt_options(options.precision, cache) if provider == "tensorrt" else {}
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(temporary_folder())
        except OutputError:
            return _opened(model, name, provider, settings, details), {}
        settings.enable_profiling = True
        settings.profile_file_prefix = str(folder / "nodes")
        session = _opened(model, name, provider, settings, details)
        return session, _count_nodes(session, name)


def _count_nodes(session: onnxruntime.InferenceSession, name: str) -> dict[str, int]:
    """Run a session once, which was opened for a profile, and count its nodes by provider."""
    taken = _specs(session.get_inputs())
    images = {one.name: np.zeros([max(size, 1) for size in one.shape], one.dtype) for one in taken}
    try:
        session.run(None, images)
    except Exception as error:  # ONNX Runtime's errors share no other base.
        msg = f"ONNX Runtime failed on the network {name}: {first_line(error)}."
        raise BackendError(msg) from error
    events = json.loads(Path(session.end_profiling()).read_bytes())
    ran = {
        (event["args"]["node_index"], event["name"]): event["args"]["provider"]
        for event in events
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time")
    }
    return dict(Counter(ran.values()))


def _preload_libraries() -> None:
    """Load CUDA's libraries where pip has put them, of which the system's linker does not know."""
    # ONNX Runtime has it from 1.21 on, and prints what it does not find; opening says that better.
    if hasattr(onnxruntime, "preload_dlls"):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(OSError, RuntimeError):
            onnxruntime.preload_dlls()


def _tensorrt_options(precision: str, cache: EngineCache) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if cache.folder is not None:
        kept = {
            "trt_engine_cache_enable": True,
            "trt_engine_cache_path": str(cache.folder),
            "trt_timing_cache_enable": True,
        }
    return {
        **kept,
        "trt_fp16_enable": precision in ("fp16", "int8"),
        "trt_int8_enable": precision == "int8",
    }


def _specs(arguments: list[Any]) -> tuple[TensorSpec, ...]:
    return tuple(
        TensorSpec(
            cast(str, argument.name),
            tuple(size if isinstance(size, int) else -1 for size in argument.shape),
            _DTYPES.get(argument.type, argument.type),
        )
        for argument in arguments
    )
