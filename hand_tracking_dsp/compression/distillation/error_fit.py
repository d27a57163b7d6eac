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

"""Heads that say how far off landmarks are, fitted to the files of a bank as they are, INT8 files too.

What lies before a head stays as it is, so that its features are computed once and fitted to many times.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.distillation.batch_geometry import SIZE
from hand_tracking_dsp.compression.distillation.batch_maker import LabelledBatch
from hand_tracking_dsp.compression.distillation.clean_crops import WEIGHT
from hand_tracking_dsp.compression.distillation.error_head import ERROR, ErrorHead, error_loss
from hand_tracking_dsp.compression.distillation.loss import deviation_percent
from hand_tracking_dsp.compression.onnx_graph import read_by_linear, without_output
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.geometry import in_size

_EPOCHS, _BATCH, _LEAST_STEPS = 60, 256, 1000
_RATE, _DECAY = 2e-3, 0.1


@dataclass(frozen=True, slots=True)
class MetErrors:
    """Features of a network on crops, and how far off its landmarks are there.

    Attributes:
        features: float32 [n, width].
        percent: float32 [n], deviation from the labels, % of palm; NaN where there is no hand.
        weight: float32 [n], how much each counts.
    """

    features: Tensor
    percent: Tensor
    weight: Tensor

    @staticmethod
    def of(parts: Sequence[MetErrors]) -> MetErrors:
        """Put several together."""
        return MetErrors(
            *(torch.cat([getattr(one, name) for one in parts]) for name in ("features", "percent", "weight"))
        )


class FeatureNetwork:
    """A landmark network of any input size and precision, run up to its heads.

    Args:
        model: The network, with the float input.

    Raises:
        ModelError: Its landmarks do not come from a linear layer.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        opened = copied(without_output(model, ERROR))
        outputs = ("landmarks", read_by_linear(model, "landmarks"))
        del opened.graph.output[:]
        opened.graph.output.extend(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs
        )
        self._session = open_exact(opened)
        self._size = int(self._session.inputs[0].shape[2])

    def meet(self, batch: LabelledBatch) -> MetErrors:
        """Run it on crops, float [n, 3, 224, 224], 0 to 1, and compare it with their labels."""
        images, labels = batch
        pixels = (images.permute(0, 2, 3, 1) * 255).round().clamp(0, 255).byte().numpy()
        rows = [self._session.run(as_input(in_size(image, self._size))) for image in pixels]
        landmarks, features = (torch.from_numpy(np.concatenate(values)) for values in zip(*rows, strict=True))
        percent = deviation_percent(landmarks * (SIZE / self._size), labels)
        return MetErrors(features, percent, labels[WEIGHT].float())


def meet_all(
    networks: Mapping[str, FeatureNetwork],
    make: Callable[[], LabelledBatch],
    count: int,
    on_progress: Callable[[int, int], None],
) -> dict[str, MetErrors]:
    """Run networks on the same batches of crops, as many side by side as there are cores.

    Args:
        networks: The networks by name.
        make: Gives the next batch.
        count: Number of batches.
        on_progress: Called with the number of batches done, and of all.
    """
    found: dict[str, list[MetErrors]] = {name: [] for name in networks}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in range(1, count + 1):
            batch = make()
            for name, met in zip(networks, pool.map(partial(_meet, batch), networks.values()), strict=True):
                found[name].append(met)
            on_progress(done, count)
    return {name: MetErrors.of(parts) for name, parts in found.items()}


def _meet(batch: LabelledBatch, network: FeatureNetwork) -> MetErrors:
    return network.meet(batch)


def fit_error_head(met: MetErrors, seed: int = 0) -> ErrorHead:
    """Fit a head to the deviations that were met.

    The features are brought to mean 0 and deviation 1 for the fit, since those that seldom differ from 0 are
    the ones that tell hands that are off; the head reads them as they are.
    """
    mean, spread = met.features.mean(0), met.features.std(0)
    spread = spread + 1e-3 * met.features.std()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = ErrorHead(met.features.shape[1])
        inputs = (met.features - mean) / spread
        steps = max(_EPOCHS * len(inputs) // _BATCH, _LEAST_STEPS)
        optimizer = torch.optim.AdamW(head.parameters(), lr=_RATE, weight_decay=_DECAY)
        rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
        for _ in range(steps):
            some = torch.randint(0, len(inputs), (_BATCH,))
            loss = error_loss(head(inputs[some]), met.percent[some], met.weight[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rates.step()
    with torch.no_grad():
        weight = head.hidden.weight / spread
        head.hidden.bias -= weight @ mean
        head.hidden.weight = nn.Parameter(weight)
    return head
