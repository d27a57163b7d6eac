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

"""OpenVINO, the faster one on Intel's processors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hand_tracking_dsp.errors import BackendError
from hand_tracking_dsp.tracking.backends.base import RuntimeOptions, Sides, TensorSpec, first_line
from hand_tracking_dsp.tracking.types import Floats, Image

try:
    import openvino
except ImportError as error:
    _msg = (
        f"OpenVINO cannot be loaded ({error}): install it with pip install openvino, or choose onnxruntime."
    )
    raise BackendError(_msg) from error

# What it calls a precision. INT8 is a matter of the network; "fp32" is what else then is computed in.
_NAMES = {"auto": "f32", "fp32": "f32", "int8": "f32", "fp16": "f16", "bf16": "bf16"}


class OpenVinoSession:
    """A network compiled by OpenVINO."""

    def __init__(self, compiled: openvino.CompiledModel, name: str) -> None:
        """Take over a compiled network."""
        self._request = compiled.create_infer_request()
        self._name = name
        self.provider = f"openvino/{','.join(_devices(compiled))}{_precision(compiled)}"
        self.nodes: Mapping[str, int] = {}
        self.problem = ""
        self.inputs = tuple(_spec(port) for port in compiled.inputs)
        self.outputs = tuple(_spec(port) for port in compiled.outputs)

    def run(self, tensor: Floats | Image) -> tuple[Floats, ...]:
        """Run the network; see Session."""
        try:
            self._request.infer([tensor], share_inputs=True)
        except RuntimeError as error:
            msg = f"OpenVINO failed on the network {self._name}: {first_line(error)}."
            raise BackendError(msg) from error
        # The request's own buffers are written again by the next run.
        return tuple(np.array(output.data) for output in self._request.output_tensors)


def alternatives(options: RuntimeOptions) -> tuple[RuntimeOptions, ...]:
    """Return the options: there is one device; see backends.alternatives."""
    return (options,)


def open_session(
    model: bytes, name: str, options: RuntimeOptions, sides: Sides | None = None
) -> OpenVinoSession:
    """Open a network; see backends.open_session."""
    if options.require_accelerator and options.device == "CPU":
        msg = "An accelerator is required, but OpenVINO's device is CPU: set the device to GPU or NPU."
        raise BackendError(msg)
    core = openvino.Core()
    try:
        network = core.read_model(model)
        if sides and network.is_dynamic():
            _fix_sides(network, sides)
        compiled = core.compile_model(network, options.device, compile_options(options))
    except RuntimeError as error:
        available = ", ".join(core.available_devices)
        msg = (
            f"OpenVINO cannot run the network {name} on {options.device} ({first_line(error)}): "
            f"choose one of its devices here, {available}, or export the network again."
        )
        raise BackendError(msg) from error
    # AUTO takes the CPU where it finds nothing better.
    if options.require_accelerator and set(_devices(compiled)) == {"CPU"}:
        msg = (
            f"An accelerator is required, but OpenVINO's device {options.device} means the CPU here: "
            f"install the driver of a GPU or NPU, or set require_accelerator to false."
        )
        raise BackendError(msg)
    return OpenVinoSession(compiled, name)


def _fix_sides(network: openvino.Model, sides: Sides) -> None:
    """Give the image of a network, whose height and width are its free dimensions, a size, in place."""
    left = iter(sides)
    shape = network.inputs[0].partial_shape
    network.reshape([size.get_length() if size.is_static else next(left) for size in shape])


def providers_by_precision(options: RuntimeOptions) -> dict[str, str]:
    """Tell in which precisions it can compute here; see backends.providers_by_precision."""
    try:
        able = openvino.Core().get_property(options.device, "OPTIMIZATION_CAPABILITIES")
    except RuntimeError:
        able = []  # no such device: opening a network says so
    half = [precision for precision in ("fp16", "bf16") if precision.upper() in able]
    precisions = (
        ["fp32", "int8", *half] if options.device.startswith(("CPU", "AUTO")) else [*half, "fp32", "int8"]
    )
    return {precision: f"openvino/{options.device}/{_NAMES[precision]}" for precision in precisions}


def _devices(compiled: openvino.CompiledModel) -> list[str]:
    # AUTO puts a device in brackets while it still compiles for a better one.
    return [device.strip("()") for device in compiled.get_property("EXECUTION_DEVICES")]


def _precision(compiled: openvino.CompiledModel) -> str:
    """Return "/" and the precision in use; "" where a device, such as AUTO, does not report it."""
    if "INFERENCE_PRECISION_HINT" not in compiled.get_property("SUPPORTED_PROPERTIES"):
        return ""
    return f"/{compiled.get_property('INFERENCE_PRECISION_HINT').to_string()}"


def compile_options(options: RuntimeOptions) -> dict[str, Any]:
    """Return what every network is compiled with."""
    config: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
    if options.device == "CPU":
        # Pinned, every network of a process would run on the first core, and hands wait for a search beside.
        config["ENABLE_CPU_PINNING"] = False
        if options.threads:
            config["INFERENCE_NUM_THREADS"] = options.threads
    config["INFERENCE_PRECISION_HINT"] = _NAMES[options.precision]
    return config


def _spec(port: Any) -> TensorSpec:  # noqa: ANN401 (a port of OpenVINO, which has no public type)
    shape = port.partial_shape
    sizes = tuple(size.get_length() if size.is_static else -1 for size in shape)
    return TensorSpec(port.any_name, sizes, port.element_type.to_dtype().name)
