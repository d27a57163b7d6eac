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

"""Moments of the blocks' hidden activations in a network file, with what the dense network's blocks make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx

from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.composition.network_form import BlockForm
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.pruning.activations import Sampler
from hand_tracking_dsp.compression.pruning.prune import held_back_groups
from hand_tracking_dsp.compression.pruning.reconstruction import Doubles, Moments
from hand_tracking_dsp.tracking.composition.onnx_changes import copied
from hand_tracking_dsp.tracking.network_input import NetworkInput
from hand_tracking_dsp.tracking.types import Floats


@dataclass(frozen=True, slots=True)
class BlockMoments:
    """Moments of one block.

    Attributes:
        fit: Moments to fit with.
        check: Moments of other crops, to choose ridges with.
        scale: float64 [m], by how much each output is larger in the network file than in fp32: there the
            channels between blocks are scaled for the sake of rounding. The targets are in that scale.
    """

    fit: Moments
    check: Moments
    scale: Doubles


def block_moments(
    dense: onnx.ModelProto, network: onnx.ModelProto, blocks: Sequence[BlockForm], crops: Crops, seed: int
) -> dict[str, BlockMoments]:
    """Run the dense network in fp32, and a file of it in some precision, on crops.

    Args:
        dense: The fp32 network.
        network: The network file.
        blocks: Its blocks.
        crops: Crops of hands.
        seed: Seed of the positions at which feature maps are sampled.

    Returns:
        By block; its targets are what the fp32 block's mixers give.
    """
    sampler, check = Sampler(seed), held_back_groups(crops.groups)
    targets = [name for form in blocks for name in form.block.mixers]
    tensors = [name for form in blocks for name in (form.hidden, *form.mixed)]
    sums: dict[str, tuple[Moments, Moments]] = {}
    products: dict[str, Doubles] = {}

    def side_by_side(found: Mapping[str, Floats], names: Sequence[str], picture: int) -> Floats:
        return np.concatenate([sampler.take(found[name], picture) for name in names], axis=1)

    runs = zip(_run(dense, targets, crops), _run(network, tensors, crops), strict=True)
    for picture, (wanted, found) in enumerate(runs):
        for form in blocks:
            name = form.block.name
            target = side_by_side(wanted, form.block.mixers, picture)
            size = (form.channels, target.shape[1])
            both = sums.setdefault(name, (Moments.empty(*size), Moments.empty(*size)))
            both[int(check[picture])].add(sampler.take(found[form.hidden], picture), target)
            given = side_by_side(found, form.mixed, picture)
            product = (given * target).sum(axis=0, dtype=np.float64)
            products[name] = products[name] + product if name in products else product
    return {
        form.block.name: _scaled(form, *sums[form.block.name], products[form.block.name]) for form in blocks
    }


def _scaled(form: BlockForm, fit: Moments, check: Moments, products: Doubles) -> BlockMoments:
    """Bring the targets into the network file's scale, by regression of its outputs on the fp32 network's."""
    squares = fit.yy + check.yy
    regular = (squares > 0) & (products > 0) & (not form.block.heads)
    scale = np.where(regular, products / np.where(regular, squares, 1.0), 1.0)
    return BlockMoments(fit.scaled(scale), check.scaled(scale), scale)


def _run(model: onnx.ModelProto, names: Sequence[str], crops: Crops) -> Iterator[dict[str, Floats]]:
    """Run a network on crops and yield some of its tensors for each."""
    opened = copied(model)
    del opened.graph.output[:]
    kind = onnx.TensorProto.FLOAT
    opened.graph.output.extend(onnx.helper.make_tensor_value_info(name, kind, None) for name in names)
    session = open_exact(opened)
    tensor = NetworkInput(session)
    for image in crops.images:
        yield dict(zip(names, session.run(tensor.fill(image, "rgb")), strict=True))
