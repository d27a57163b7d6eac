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

from collections.abc import Callable
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
from hand_tracking_dsp.compression.onnx_graph import serialized
from hand_tracking_dsp.errors import BackendError
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session
from hand_tracking_dsp.tracking.depth_crop import Cube, crop_depth, hand_depth_m
from hand_tracking_dsp.tracking.depth_info import DEPTH_SIZE
from hand_tracking_dsp.tracking.depth_view import DepthView, Intrinsics
from hand_tracking_dsp.tracking.types import Region
from hand_tracking_dsp.tracking.votes import joints_of

_FRAMEWORKS = (("onnxruntime", "fp32"), ("openvino", "fp32"), ("openvino", "bf16"))
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
    exits = network.options.exits
    models = [export_exit(network, exit_) for exit_ in exits]
    depth = np.zeros((1, 1, DEPTH_SIZE, DEPTH_SIZE), np.float32)
    calls = [partial(open_exact(model).run, depth) for model in models]
    times = time_in_turn(calls, runs)
    return [
        ExitSize(exit_, **sizes(model), times=time)
        for exit_, model, time in zip(exits, models, times, strict=True)
    ]


def measure_parts(
    network: HourglassNetwork, exit_: Exit, samples: DepthSamples, runs: int
) -> dict[str, Times]:
    """Time what the tracker does for one hand: cutting out, the network, and the joints of its maps."""
    random = np.random.default_rng(0)
    camera = Intrinsics(476.0, 476.0, 320.0, 240.0)
    metres = random.uniform(0.45, 0.55, _SIZE).astype(np.float32)
    region, view = Region(320.0, 240.0, 220.0, 0.3), DepthView(metres, camera)
    buffer = np.zeros((DEPTH_SIZE, DEPTH_SIZE), np.float32)
    session = open_exact(export_exit(network, exit_))
    depth = to_depth(samples.images[:1])[:, None]
    outputs = session.run(depth)

    def cut() -> object:
        cube = Cube.around(region, hand_depth_m(view, region), samples.cube_m, camera)
        return crop_depth(metres, cube, DEPTH_SIZE, buffer)

    def vote(steps: int) -> object:
        return joints_of(outputs, steps)

    calls: dict[str, Callable[[], object]] = {
        "cutting the cube out": cut,
        "network": partial(session.run, depth),
        "votes and their mean": partial(vote, 0),
        "votes and mean-shift": partial(vote, 4),
    }
    return dict(zip(calls, time_in_turn(list(calls.values()), runs), strict=True))


def measure_frameworks(network: HourglassNetwork, exit_: Exit, runs: int) -> dict[str, Times]:
    """Time an exit in each framework that is installed, one thread each."""
    depth = np.zeros((1, 1, DEPTH_SIZE, DEPTH_SIZE), np.float32)
    model = serialized(export_exit(network, exit_))
    network.eval()

    @torch.inference_mode()
    def in_torch() -> object:
        return network(torch.from_numpy(depth), exit_)[exit_]

    calls: dict[str, Callable[[], object]] = {"pytorch": in_torch}
    for backend, precision in _FRAMEWORKS:
        options = RuntimeOptions(backend=backend, providers=("cpu",), precision=precision, threads=1)
        with suppress(BackendError):
            session = open_session(model, str(exit_), options)
            calls[session.provider] = partial(session.run, depth)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return dict(zip(calls, time_in_turn(list(calls.values()), runs), strict=True))
    finally:
        torch.set_num_threads(threads)
