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

"""Errors, sizes and times of exported exits, in every framework that is installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.bank.timing import Times, time_in_turn
from hand_tracking_dsp.compression.data.depth_bytes import to_depth
from hand_tracking_dsp.compression.hourglass.export import export_exit
from hand_tracking_dsp.compression.hourglass.network import Exit, HourglassNetwork
from hand_tracking_dsp.compression.hourglass.samples import DepthSamples
from hand_tracking_dsp.compression.quantization.quantize import quantize
from hand_tracking_dsp.errors import BackendError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.depth_images import SharedDepth, depth_to_metres
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.depth_crop import Cube, crop_depth, hand_depth_m
from hand_tracking_dsp.tracking.depth_info import DEPTH_SIZE
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import Region
from hand_tracking_dsp.tracking.votes import joints_of

_FRAMEWORKS = (
    ("onnxruntime", "ONNX Runtime", "fp32"),
    ("onnxruntime", "ONNX Runtime", "int8"),
    ("openvino", "OpenVINO", "fp32"),
    ("openvino", "OpenVINO", "bf16"),
    ("openvino", "OpenVINO", "int8"),
)
_SIZE = (480, 640)


@dataclass(frozen=True, slots=True)
class ExitSize:
    """Size of an exit, and its time in ONNX Runtime with one thread."""

    exit: Exit
    parameters: int
    macs: int
    times: Times


def measure_exits(network: HourglassNetwork, runs: int) -> list[ExitSize]:
    """Time each exit of a network in turn."""
    return measure_networks({"": network}, runs)[""]


def measure_networks(networks: Mapping[str, HourglassNetwork], runs: int) -> dict[str, list[ExitSize]]:
    """Time the exits of all networks in turn, so that what disturbs the machine disturbs all alike."""
    models = {
        (name, exit_): export_exit(network, exit_)
        for name, network in networks.items()
        for exit_ in network.options.exits
    }
    depth = np.zeros((1, 1, DEPTH_SIZE, DEPTH_SIZE), np.float32)
    times = time_in_turn([partial(open_exact(model).run, depth) for model in models.values()], runs)
    found: dict[str, list[ExitSize]] = {name: [] for name in networks}
    for ((name, exit_), model), time in zip(models.items(), times, strict=True):
        found[name].append(ExitSize(exit_, **sizes(model), times=time))
    return found


def measure_parts(
    network: HourglassNetwork, exit_: Exit, samples: DepthSamples, runs: int
) -> dict[str, Times]:
    """Time the parts of a hand's way from a depth image of 640x480 to joints in metres, in turn."""
    random = np.random.default_rng(0)
    camera = Intrinsics(476.0, 476.0, 320.0, 240.0)
    shared = SharedDepth(None, random.integers(450, 550, _SIZE, np.uint16))
    options = ImageOptions()
    metres = depth_to_metres(shared, options)
    region, view = Region(320.0, 240.0, 220.0, 0.3), DepthView(metres, camera)
    buffer = np.zeros((DEPTH_SIZE, DEPTH_SIZE), np.float32)
    session = open_exact(export_exit(network, exit_))
    depth = to_depth(samples.images[:1])[:, None]
    outputs = session.run(depth)
    cube, joints = samples.cube(0), joints_of(outputs)

    def cut() -> object:
        around = Cube.around(region, hand_depth_m(view, region), samples.cube_m, camera)
        return crop_depth(metres, around, DEPTH_SIZE, buffer)

    calls: dict[str, Callable[[], object]] = {
        "reading the depth image": partial(depth_to_metres, shared, options),
        "cutting the cube out": cut,
        "network": partial(session.run, depth),
        "mean-shift": partial(joints_of, outputs),
        "joints in the camera's frame": lambda: (cube.to_metres(joints), cube.to_pixels(joints)),
    }
    return dict(zip(calls, time_in_turn(list(calls.values()), runs), strict=True))


def measure_frameworks(
    network: HourglassNetwork, exit_: Exit, calibration: DepthSamples, runs: int
) -> dict[str, Times]:
    """Time an exit in PyTorch and in each framework and arithmetic that is installed, one thread, in turn."""
    depth = np.zeros((1, 1, DEPTH_SIZE, DEPTH_SIZE), np.float32)
    model = export_exit(network, exit_)
    files = {"fp32": serialized(model), "int8": serialized(quantize(model, calibration.images))}
    network.eval()

    @torch.inference_mode()
    def in_torch() -> object:
        return network(torch.from_numpy(depth), exit_)[exit_]

    calls: dict[str, Callable[[], object]] = {"PyTorch, fp32": in_torch}
    for backend, title, precision in _FRAMEWORKS:
        options = RuntimeOptions(backend=backend, providers=("cpu",), precision=precision, threads=1)
        with suppress(BackendError):
            session = open_session(files.get(precision, files["fp32"]), str(exit_), options)
            calls[f"{title}, {precision}"] = partial(session.run, depth)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return dict(zip(calls, time_in_turn(list(calls.values()), runs), strict=True))
    finally:
        torch.set_num_threads(threads)
