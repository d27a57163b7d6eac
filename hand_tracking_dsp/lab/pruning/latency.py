"""What each block of a network costs on this device, by the number of its hidden channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import onnx
from onnx import helper, numpy_helper

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.lab.pruning.network import (
    Array,
    Block,
    copied,
    cut_channels,
    cut_out,
    read_blocks,
    read_weights,
)
from hand_tracking_dsp.tracking.backends import RuntimeOptions, Session, open_session

GROUP = 16
"""Runtimes compute channels in groups of this many; a part of one costs as much as the whole."""

PRECISIONS = ("fp32", "int8")

_WARM_UP = 3
# Fine enough where a block's time bends; what lies between is interpolated.
_STEPS = 6


@dataclass(frozen=True, slots=True)
class LatencyTable:
    """Times of one run on this device, milliseconds.

    Attributes:
        reference_ms: The dense network in fp32.
        whole_ms: The network to prune, unpruned, in the precision asked for.
        blocks: By block, by number of hidden channels; 0 where the block can be removed.
    """

    reference_ms: float
    whole_ms: float
    blocks: Mapping[str, Mapping[int, float]]

    def predicted_ms(self, counts: Mapping[str, int]) -> float:
        """Predict the time with some numbers of channels: the whole, less what each block saves."""
        saved = sum(
            times[max(times)]
            - float(np.interp(counts[name], sorted(times), [times[n] for n in sorted(times)]))
            for name, times in self.blocks.items()
        )
        return self.whole_ms - saved


def measure(
    model: onnx.ModelProto,
    *,
    reference: onnx.ModelProto | None = None,
    precision: str = "int8",
    runtime: RuntimeOptions | None = None,
    runs: int = 40,
    on_progress: Callable[[str], None] | None = None,
) -> LatencyTable:
    """Time every block alone, at several numbers of channels, in turn.

    Args:
        model: The network to prune, fp32.
        reference: The dense network that latency is relative to, fp32; the same if None.
        precision: "fp32", or "int8" with ranges that do for timing.
        runtime: How to run it; ONNX Runtime with one thread if None.
        runs: Of each, at least 1.
        on_progress: Called with the name of each block when it is done.

    Raises:
        ConfigurationError: The precision is unknown.
        ModelError: The network has no blocks.
        BackendError: The backend refuses a network.
    """
    if precision not in PRECISIONS:
        msg = f"The precision {precision!r} cannot be timed: choose one of {', '.join(PRECISIONS)}."
        raise ConfigurationError(msg)
    options = runtime or RuntimeOptions(providers=("cpu",))

    def opened(network: onnx.ModelProto, *, exact: bool = False) -> Session:
        ready = network if exact or precision == "fp32" else with_any_ranges(network)
        return open_session(ready.SerializeToString(), "timed network", options)

    reference_ms, whole_ms = median_ms([opened(reference or model, exact=True), opened(model)], runs)
    blocks = {}
    for block in read_blocks(model):
        counts = _counts(block)
        parts = [_part(model, block, count) for count in counts]
        times = median_ms([opened(part) for part in parts], runs)
        table = dict(zip(counts, times, strict=True))
        if block.removable:
            # What is left at no channel is what the small network costs around its layers.
            first, second = counts[0], counts[1]
            slope = (table[second] - table[first]) / (second - first)
            table[0] = max(0.0, table[first] - slope * first)
        blocks[block.name] = table
        if on_progress:
            on_progress(block.name)
    return LatencyTable(reference_ms, whole_ms, blocks)


def median_ms(sessions: Sequence[Session], runs: int) -> list[float]:
    """Time networks in turn, so that all meet the same load.

    Args:
        sessions: Of one input each.
        runs: Of each.

    Returns:
        The median of each, milliseconds.
    """
    random = np.random.default_rng(0)
    inputs = [random.random(session.inputs[0].shape, dtype=np.float32) for session in sessions]
    times = np.empty((runs + _WARM_UP, len(sessions)))
    for row in times:
        for i, (session, tensor) in enumerate(zip(sessions, inputs, strict=True)):
            start = perf_counter()
            session.run(tensor)
            row[i] = perf_counter() - start
    return [float(value) * 1e3 for value in np.percentile(times[_WARM_UP:], 20, axis=0)]


def with_any_ranges(model: onnx.ModelProto) -> onnx.ModelProto:
    """Quantize a network to INT8 with ranges that are wrong but cost as much time as right ones.

    QDQ as quantization for accuracy writes it: weights S8 by channel, activations U8, biases S32.
    """
    weights = read_weights(model)
    constants: dict[str, Array] = {}
    nodes: list[onnx.NodeProto] = []
    names: dict[str, str] = {}

    def constant(name: str, value: Array) -> str:
        constants[name] = value
        return name

    def quantized(name: str, scale: float, zero: int) -> None:
        scales = constant(f"{name}.scale", np.float32(scale)), constant(f"{name}.zero", np.uint8(zero))
        nodes.append(helper.make_node("QuantizeLinear", [name, *scales], [f"{name}.q"]))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}.q", *scales], [f"{name}.dq"]))
        names[name] = f"{name}.dq"

    def dequantized(name: str, value: Array, scale: Array) -> str:
        zero = constant(f"{name}.zero", np.zeros(len(scale), dtype=value.dtype))
        inputs = [constant(f"{name}.q", value), constant(f"{name}.scale", scale), zero]
        nodes.append(helper.make_node("DequantizeLinear", inputs, [f"{name}.dq"], axis=0))
        return f"{name}.dq"

    finals = {output.name for output in model.graph.output}
    quantized(model.graph.input[0].name, 1 / 255, 0)
    for node in model.graph.node:
        if node.op_type == "Clip":
            # The range of an unsigned integer does what ReLU6 does.
            names[node.output[0]] = names[node.input[0]]
            continue
        new = onnx.NodeProto()
        new.CopyFrom(node)
        for i, name in enumerate(node.input):
            new.input[i] = names.get(name, name)
        if node.op_type in {"Conv", "Gemm"}:
            kernel, bias = weights[node.input[1]], weights[node.input[2]]
            scale = np.maximum(np.abs(kernel).reshape(len(kernel), -1).max(axis=1) / 127, 1e-9).astype(
                np.float32
            )
            node_scale = (
                f"{node.input[0]}.scale"
                if f"{node.input[0]}.scale" in constants
                else names[node.input[0]][:-3] + ".scale"
            )
            shape = (-1, *[1] * (kernel.ndim - 1))
            integers = np.rint(kernel / scale.reshape(shape)).astype(np.int8)
            new.input[1] = dequantized(node.input[1], integers, scale)
            new.input[2] = dequantized(
                node.input[2], np.rint(bias).astype(np.int32), scale * constants[node_scale]
            )
        nodes.append(new)
        output = node.output[0]
        if output not in finals and node.op_type not in {"Gemm", "Sigmoid"}:
            quantized(output, 0.1, 128)
    graph = helper.make_graph(
        nodes,
        model.graph.name,
        list(model.graph.input),
        list(model.graph.output),
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=list(model.opset_import), ir_version=model.ir_version)


def _counts(block: Block) -> list[int]:
    """Choose numbers of channels to time, ascending, the block's own last."""
    if block.channels <= 2 * GROUP:
        return [*range(GROUP // 2, block.channels, GROUP // 2), block.channels]
    groups = block.channels // GROUP
    chosen = {1, 2, *(round(groups * i / _STEPS) for i in range(1, _STEPS))}
    return [*sorted(GROUP * n for n in chosen if 0 < n * GROUP < block.channels), block.channels]


def _part(model: onnx.ModelProto, block: Block, count: int) -> onnx.ModelProto:
    """Take out a block with some of its channels, which ones is all the same."""
    smaller = copied(model)
    cut_channels(smaller, block, np.arange(block.channels) < count)
    return cut_out(smaller, (block.source,), block.outputs)
