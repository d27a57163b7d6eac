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

"""A tiny landmark network, and samples of synthetic hands that it can learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("onnx"):
    import onnx
    from onnx import helper, numpy_helper
    from support.networks import original_network

    from hand_tracking_dsp.compression.data.augment import Augmentation
    from hand_tracking_dsp.compression.distillation import samples as sampling
    from hand_tracking_dsp.compression.distillation.samples import SampleRecipe, TrainingSamples, make_samples

FEW = 8
"""Samples in a shard of these tests."""

_HEADS = {"landmarks": 63, "world_landmarks": 63, "presence_logit": 1, "handedness_logit": 1}


def make_small_network(seed: int) -> onnx.ModelProto:
    """Make a landmark network of one block on a picture made small: 8 channels, a few thousand weights."""
    random = np.random.default_rng(seed)
    weights: dict[str, np.ndarray] = {"low": np.array(0, np.float32), "high": np.array(6, np.float32)}
    nodes = [helper.make_node("MaxPool", ["image"], ["small"], kernel_shape=[16, 16], strides=[16, 16])]

    def layer(name: str, source: str, shape: tuple[int, ...], **attributes: object) -> None:
        weights[f"{name}.weight"] = (random.normal(size=shape) * 0.3).astype(np.float32)
        weights[f"{name}.bias"] = np.zeros(shape[0], np.float32)
        kind = "Conv" if len(shape) == 4 else "Gemm"
        inputs = [source, f"{name}.weight", f"{name}.bias"]
        nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))

    layer("block.expand", "small", (16, 3, 1, 1))
    nodes.append(helper.make_node("Clip", ["block.expand", "low", "high"], ["a"]))
    layer("block.depthwise", "a", (16, 1, 3, 3), group=16, pads=[0, 0, 1, 1], strides=[2, 2])
    nodes.append(helper.make_node("Clip", ["block.depthwise", "low", "high"], ["b"]))
    layer("block.project", "b", (8, 16, 1, 1))
    nodes.append(helper.make_node("GlobalAveragePool", ["block.project"], ["mean"]))
    nodes.append(helper.make_node("Flatten", ["mean"], ["flat"]))
    for name, size in _HEADS.items():
        layer(name, "flat", (size, 8), transB=1)
    nodes += [helper.make_node("Sigmoid", [f"{name}_logit"], [name]) for name in ("presence", "handedness")]
    outputs = {"landmarks": 63, "presence": 1, "handedness": 1, "world_landmarks": 63}
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 3, 224, 224])],
        [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1, size]) for n, size in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


@pytest.fixture(scope="session")
def small_network() -> Callable[[int], onnx.ModelProto]:
    return make_small_network


@pytest.fixture(scope="session")
def teacher() -> onnx.ModelProto:
    return original_network("hand_full.onnx")


@pytest.fixture(scope="session")
def recipe(teacher: onnx.ModelProto) -> SampleRecipe:
    """Synthetic hands alone, on no pictures."""
    plain = Augmentation(background=0.0, occlusion=0.0)
    return SampleRecipe((), teacher.SerializeToString(), plain, synthetic=1.0, seed=0, shard=FEW)


class Immediately:
    """Stands for a pool of processes: does each job in this one when it is submitted."""

    def __init__(
        self, *_: object, initializer: Callable[..., None], initargs: tuple[object, ...], **__: object
    ) -> None:
        sampling._makers.clear()
        initializer(*initargs)

    def __enter__(self) -> Immediately:
        return self

    def __exit__(self, *_: object) -> None:
        sampling._makers.clear()

    def submit(self, call: Callable[..., None], *arguments: object) -> Future[None]:
        future: Future[None] = Future()
        try:
            future.set_result(call(*arguments))
        except Exception as error:  # noqa: BLE001 (as a process would hand it on)
            future.set_exception(error)
        return future


@pytest.fixture(scope="session")
def in_this_process() -> Iterator[None]:
    """Make samples here, so that tests are quick; nothing else about them changes."""
    patch = pytest.MonkeyPatch()
    patch.setattr(sampling, "ProcessPoolExecutor", Immediately)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def folder_of_samples(
    recipe: SampleRecipe,
    in_this_process: None,  # noqa: ARG001 (usefixtures does nothing for fixtures)
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    make_samples(recipe, 3 * FEW, folder, 1)
    return folder


@pytest.fixture
def hands(folder_of_samples: Path) -> TrainingSamples:
    return TrainingSamples([folder_of_samples])
