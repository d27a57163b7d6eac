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

"""Weights of trained networks, for export."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from torch import nn

Floats = NDArray[np.float32]


def layers_of(modules: Iterable[nn.Module]) -> tuple[tuple[Floats, Floats], ...]:
    """Return copies of the weight [out, in] and the bias [out] of each dense layer, float32."""
    return tuple(
        (module.weight.detach().numpy().copy(), module.bias.detach().numpy().copy())
        for module in modules
        if isinstance(module, nn.Linear)
    )
