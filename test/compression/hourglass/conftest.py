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

"""Few rendered hands, and a network that is trained on them in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest

from hand_tracking_dsp.compression.hourglass.samples import (
    DepthSamples,
    draw_sample,
    joined,
    sample_stream,
)


@pytest.fixture(scope="session")
def samples() -> DepthSamples:
    stream = sample_stream("train", 0, empty_share=0.1)
    drawn = (draw_sample(stream, index) for index in range(24))
    return joined([one for one in drawn if one is not None])


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Let PyTorch compute in one thread: several wait for each other on a busy machine."""
    if not find_spec("torch"):
        yield
        return
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
