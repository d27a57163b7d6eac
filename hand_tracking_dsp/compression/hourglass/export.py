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

"""Exits of a trained hourglass as ONNX networks, and as levels of a bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from hand_tracking_dsp.compression.bank.entries import new_accuracy, new_bank, new_level, with_accuracy
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.data.depth_bytes import to_depth
from hand_tracking_dsp.compression.hourglass.evaluate import errors_mm, exit_joints
from hand_tracking_dsp.compression.hourglass.network import (
    LEVELS,
    ConvNorm,
    Exit,
    Hourglass,
    HourglassNetwork,
    ResidualBlock,
)
from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.evaluation.pose_benchmark.metrics import mean_joint_error_mm
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.contract import depth_contract
from hand_tracking_dsp.tracking.depth_info import DEPTH_SIZE, DepthInfo
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo, NetworkInfo

ERROR = "error_mm"
"""Metric of a level's mean joint error, mm."""

_OPSET, _IR_VERSION = 13, 8
# Weights are rounded to float16, in which a bank's file keeps them, after the normalisations were folded in.
_LARGEST_CHANGE = 0.02
# Samples on which an export is compared with PyTorch.
_CHECKED = 8


def map_side(exit_: Exit) -> int:
    """Return the cells along a side of an exit's maps: 4 at L1, 32 at L4."""
    return 1 << (exit_.level + 1)


@dataclass(slots=True)
class GraphWriter:
    """Writes layers as ONNX nodes, each normalisation drawn into its convolution."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[TensorProto] = field(default_factory=list)

    def node(self, kind: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:  # noqa: ANN401
        """Add a node with one output, which gets its name."""
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def weight(self, name: str, values: Tensor) -> str:
        """Add weights, as precise as float16."""
        rounded = values.detach().numpy().astype(np.float16).astype(np.float32)
        self.weights.append(numpy_helper.from_array(rounded, name))
        return name

    def conv(self, data: str, conv: nn.Conv2d, name: str, norm: nn.BatchNorm2d | None = None) -> str:
        """Add a convolution with the normalisation behind it."""
        weight, bias = conv.weight, conv.bias
        if norm is not None:
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            weight, bias = weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale
        names = [self.weight(f"{name}.weight", weight)]
        if bias is not None:
            names.append(self.weight(f"{name}.bias", bias))
        kernel, pad = conv.kernel_size[0], conv.padding[0]
        return self.node(
            "Conv",
            [data, *names],
            name,
            kernel_shape=[kernel] * 2,
            strides=list(conv.stride),
            pads=[pad] * 4,
        )

    def conv_norm(self, data: str, layer: nn.Module, name: str) -> str:
        """Add a ConvNorm; an Identity adds nothing."""
        if not isinstance(layer, ConvNorm):
            return data
        return self.node("Relu", [self.conv(data, layer.conv, name, layer.norm)], f"{name}.relu")

    def block(self, data: str, block: ResidualBlock, name: str) -> str:
        """Add a residual block; one without channels adds nothing."""
        if not block.inner:
            return data
        inner = self.conv_norm(data, block.reduce, f"{name}.reduce")
        inner = self.conv_norm(inner, block.spatial, f"{name}.spatial")
        inner = self.conv(inner, block.expand, f"{name}.expand", block.norm)
        return self.node("Add", [data, inner], f"{name}.sum")

    def pool(self, data: str, step: int, name: str) -> str:
        """Add a maximum over squares."""
        return self.node("MaxPool", [data], name, kernel_shape=[step] * 2, strides=[step] * 2)


class _ExitWriter(GraphWriter):
    """Writes a network as far as an exit."""

    def network(self, network: HourglassNetwork, last: Exit) -> None:
        """Write it, with the outputs of contract.depth_contract."""
        data = self.node("SpaceToDepth", ["depth"], "pixels", blocksize=2)
        for i, layer in enumerate(network.stem):
            write = self.block if isinstance(layer, ResidualBlock) else self.conv_norm
            data = write(data, layer, f"stem{i}")
        for number in range(1, last.stack + 1):
            name, stack = f"stack{number}.head", network.stacks[number - 1]
            level = last.level if number == last.stack else LEVELS
            levels = self.stack(data, stack, level, f"stack{number}")
            features, head = levels[-1], stack.heads[LEVELS - level]
            seen = self.conv_norm(features, head.features, f"{name}.features")
            maps = self.conv(seen, head.maps, f"{name}.maps")
            if number == last.stack:
                if head.side is None:
                    head = stack.heads[1]
                    seen = self.conv_norm(levels[-2], head.features, f"{name}.side.features")
                self.outputs(maps, map_side(last), network.options.joints)
                self.sides(seen, head.side)
                return
            back = self.conv(features, network.features_back[number - 1], f"{name}.features_back")
            data = self.node("Add", [data, back], f"{name}.with_features")
            back = self.conv(maps, network.maps_back[number - 1], f"{name}.maps_back")
            data = self.node("Add", [data, back], f"{name}.with_maps")

    def stack(self, data: str, stack: Hourglass, level: int, name: str) -> list[str]:
        """Write an hourglass up to a level; return its features at each."""
        kept = []
        for i, (widen, down) in enumerate(zip(stack.widen, stack.down, strict=True)):
            kept.append(data)
            data = self.pool(data, 2, f"{name}.pool{i}")
            data = self.block(self.conv_norm(data, widen, f"{name}.widen{i}"), down, f"{name}.down{i}")
        data = self.block(data, stack.bottom, f"{name}.bottom")
        scales = numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), f"{name}.scales")
        self.weights.append(scales)
        levels = []
        for i in range(len(kept) - 1, len(kept) - 1 - level, -1):
            data = self.conv_norm(data, stack.narrow[i], f"{name}.narrow{i}")
            data = self.node(
                "Resize",
                [data, "", scales.name],
                f"{name}.larger{i}",
                mode="nearest",
                nearest_mode="floor",
                coordinate_transformation_mode="asymmetric",
            )
            side = self.block(kept[i], stack.skips[i], f"{name}.skip{i}")
            data = self.node("Add", [data, side], f"{name}.sum{i}")
            data = self.block(data, stack.up[i], f"{name}.up{i}")
            levels.append(data)
        return levels

    def outputs(self, maps: str, side: int, joints: int) -> None:
        """Write the maps of the last head."""
        self.pool("depth", DEPTH_SIZE // side, "cells")
        parts = numpy_helper.from_array(np.array([joints, joints, 3 * joints], np.int64), "parts")
        self.weights.append(parts)
        names = ["heat_maps", "heat_maps_3d", "directions"]
        self.nodes.append(helper.make_node("Split", [maps, "parts"], names, name="split", axis=1))

    def sides(self, seen: str, layer: nn.Linear) -> None:
        """Write presence and handedness, by the features of a head."""
        self.node("GlobalAveragePool", [seen], "mean")
        self.node("Flatten", ["mean"], "means")
        for i, name in enumerate(("presence", "handedness")):
            weight = self.weight(f"{name}.weight", layer.weight[i : i + 1])
            bias = self.weight(f"{name}.bias", layer.bias[i : i + 1])
            self.node("Gemm", ["means", weight, bias], f"{name}.logit", transB=1)
            self.node("Sigmoid", [f"{name}.logit"], name)


def export_exit(network: HourglassNetwork, exit_: Exit) -> onnx.ModelProto:
    """Return an exit as a network of its own, which keeps contract.depth_contract."""
    network.eval()
    writer = _ExitWriter()
    writer.network(network, exit_)
    contract = depth_contract(map_side(exit_), network.options.joints)
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        writer.nodes,
        str(exit_),
        [helper.make_tensor_value_info("depth", kind, [1, 1, DEPTH_SIZE, DEPTH_SIZE])],
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in contract.outputs],
        writer.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    onnx.checker.check_model(model)
    return model


@torch.no_grad()
def check_exit(
    network: HourglassNetwork, exit_: Exit, model: onnx.ModelProto, depth: NDArray[np.float32]
) -> float:
    """Compare an exported exit with PyTorch on depth, float32 [n, 1, size, size].

    Returns:
        Largest mean difference of a map.

    Raises:
        ModelError: It is more than rounding explains.
    """
    session = open_exact(model, str(exit_))
    worst = 0.0
    for one in depth:
        maps = network(torch.from_numpy(one[None]), exit_)[exit_]
        expected = (*maps[:4], maps.logits[:, :1].sigmoid(), maps.logits[:, 1:].sigmoid())
        found = session.run(one[None])
        differences = (float(np.abs(a.numpy() - b).mean()) for a, b in zip(expected, found, strict=True))
        worst = max(worst, *differences)
    if not worst <= _LARGEST_CHANGE:
        msg = f"The exit {exit_} is not exported: its maps changed by {worst:.3g}, at most {_LARGEST_CHANGE}."
        raise ModelError(msg)
    return worst


def depth_info(network: HourglassNetwork, exit_: Exit, samples: DepthSamples) -> DepthInfo:
    """Return what bank.json says of an exit that sees cubes as those of samples are."""
    options = network.options
    return DepthInfo(
        cube_m=samples.cube_m,
        map_side=map_side(exit_),
        joints=options.joints if options.skeleton else None,
        skeleton=options.skeleton,
    )


def export_bank(
    network: HourglassNetwork,
    exits: Sequence[Exit],
    samples: DepthSamples,
    data: str,
    detectors: Sequence[NetworkInfo] = (),
) -> tuple[Manifest, dict[str, bytes]]:
    """Make a bank whose levels are exits of one network, the one with most work first.

    Args:
        network: The trained network.
        exits: Exits to export.
        samples: Samples to check them on and to measure their error.
        data: Name of the samples, for bank.json.
        detectors: Palm detectors of the bank.

    Returns:
        The manifest, and the content of its levels' files by name.

    Raises:
        ModelError: An export differs from the network.
    """
    files: dict[str, bytes] = {}
    levels: list[LevelInfo] = []
    hands = samples.hands
    probe = to_depth(hands.first(_CHECKED).images)[:, None]
    for exit_ in exits:
        model = export_exit(network, exit_)
        check_exit(network, exit_, model, probe)
        file = f"hourglass_{exit_}.onnx"
        files[file] = serialized(model)
        session = open_exact(files[file], file)
        error = mean_joint_error_mm(errors_mm(hands, exit_joints(session, hands)))
        level = new_level(
            str(exit_),
            file,
            files[file],
            keep=None,
            **sizes(model),
            depth=depth_info(network, exit_, samples),
        )
        levels.append(with_accuracy(level, new_accuracy(data, error, len(hands), session.provider, ERROR)))
    levels.sort(key=lambda level: -level.macs)
    trained_on = samples.skeleton or "rendered hands"
    source = f"Stacked hourglasses, trained from scratch on {trained_on} by this package."
    return new_bank("hourglass", "Apache-2.0", source, levels, detectors), files
