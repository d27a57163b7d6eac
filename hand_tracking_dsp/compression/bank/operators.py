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

"""Time of a network by kind of operator, as the profilers of the backends measure it on the processor."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

import onnx
import onnxruntime

from hand_tracking_dsp.temporary import temporary_folder
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.backends.onnxruntime_backend import OnnxRuntimeSession, session_options
from hand_tracking_dsp.tracking.contract import grey_image

DEPTHWISE, POINTWISE, CONVOLUTION = "depthwise", "1x1", "convolution"
PRODUCT, LAYOUT, OTHER = "product", "layout", "other"

KINDS = {
    DEPTHWISE: "depthwise convolutions",
    POINTWISE: "1x1 convolutions",
    CONVOLUTION: "other convolutions",
    PRODUCT: "matrix products",
    LAYOUT: "changes of layout and type",
    OTHER: "everything else, such as sums and products by channel",
}
"""Kinds of operators, and what they are."""

_LAYOUT = (
    "Transpose", "Reorder", "Reshape", "Flatten", "Quantize", "Dequantize", "DynamicQuantizeLinear", "Cast",
    "Convert", "Unsqueeze", "Squeeze", "Gather",
)  # fmt: skip
_PRODUCTS = ("Gemm", "MatMul", "FullyConnected")

_NodeTimes = Iterator[tuple[str, str, float]]
# Name, kind and milliseconds of a node in one run.


def time_by_kind(network: bytes, runtime: RuntimeOptions, runs: int) -> dict[str, float]:
    """Run a network on grey pictures and add up the median times of its nodes, as its backend runs them.

    Args:
        network: The ONNX file.
        runtime: One backend on the processor and its options.
        runs: Number of runs, at least 1.

    Returns:
        Milliseconds by KINDS. Their sum is somewhat more than a run takes that is not profiled.

    Raises:
        ImportError: The backend is not installed.
    """
    measure = _onnxruntime_times if runtime.backend == "onnxruntime" else _openvino_times
    by_node: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for name, kind, ms in measure(network, runtime, runs):
        by_node[name, kind].append(ms)
    times = dict.fromkeys(KINDS, 0.0)
    for (_, kind), found in by_node.items():
        times[kind] += median(found)
    return times


def _onnxruntime_times(network: bytes, runtime: RuntimeOptions, runs: int) -> _NodeTimes:
    with temporary_folder() as folder:
        settings = session_options(runtime)
        settings.enable_profiling = True
        settings.profile_file_prefix = str(folder / "run")
        # The profile names nodes, and only the graph after fusion has them.
        settings.optimized_model_filepath = str(folder / "optimized.onnx")
        session = onnxruntime.InferenceSession(network, settings, providers=["CPUExecutionProvider"])
        run = OnnxRuntimeSession(session, "network", runtime.precision)
        for _ in range(runs):
            run.run(grey_image(run))
        events = json.loads(Path(session.end_profiling()).read_bytes())
        graph = onnx.load(str(folder / "optimized.onnx")).graph
    shapes = {weight.name: weight.dims for weight in graph.initializer}
    kinds = {node.name: _kind_of_node(node, shapes) for node in graph.node}
    for event in events:
        name = event["name"].removesuffix("_kernel_time")
        if event.get("cat") == "Node" and name != event["name"]:
            yield name, kinds.get(name) or _kind(event["args"]["op_name"]), event["dur"] / 1e3


def _openvino_times(network: bytes, runtime: RuntimeOptions, runs: int) -> _NodeTimes:
    import openvino

    from hand_tracking_dsp.tracking.backends.openvino_backend import OpenVinoSession, compile_options

    core = openvino.Core()
    options = {**compile_options(runtime), "PERF_COUNT": True}
    compiled = core.compile_model(core.read_model(network), runtime.device, options)
    picture = grey_image(OpenVinoSession(compiled, "network"))
    request = compiled.create_infer_request()
    for _ in range(runs):
        request.infer([picture])
        for node in request.get_profiling_info():
            pointwise = "1x1" in node.exec_type
            kind = POINTWISE if node.node_type == "Convolution" and pointwise else _kind(node.node_type)
            yield node.node_name, kind, node.real_time.total_seconds() * 1e3


def _kind_of_node(node: onnx.NodeProto, shapes: Mapping[str, Sequence[int]]) -> str:
    """Return the kind of a node of ONNX, with the shapes of the weights by name."""
    if "Conv" not in node.op_type:
        return _kind(node.op_type)
    values = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    weight = node.input[3 if node.op_type == "QLinearConv" else 1]
    pointwise = set(values.get("kernel_shape", shapes.get(weight, ())[2:])) <= {1}
    if values.get("group", 1) > 1:
        # ONNX Runtime writes a product by channel as a convolution, too.
        return OTHER if pointwise else DEPTHWISE
    return POINTWISE if pointwise else CONVOLUTION


def _kind(operator: str) -> str:
    """Return the kind of an operator of ONNX, ONNX Runtime or OpenVINO."""
    if any(name in operator for name in _PRODUCTS):
        return PRODUCT
    if operator.startswith(_LAYOUT):
        return LAYOUT
    if operator == "GroupConvolution":
        return DEPTHWISE
    return CONVOLUTION if "Conv" in operator else OTHER
