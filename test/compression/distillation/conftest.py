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

"""A small landmark network, and samples of synthetic hands that it can learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path

import pytest

# Without these no test here is collected; see test/conftest.py.
if find_spec("onnx"):
    import onnx
    from support.networks import make_small_network, original_network

    from hand_tracking_dsp.compression.data.augment import Augmentation
    from hand_tracking_dsp.compression.distillation import samples as sampling
    from hand_tracking_dsp.compression.distillation.samples import SampleRecipe, TrainingSamples, make_samples

FEW = 8
"""Samples in a shard of these tests."""


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
        self.shutdown()

    def shutdown(self, **_: object) -> None:
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
