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

"""Composing networks of blocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pytest
from support.crops import smooth_crops

from hand_tracking_dsp.compression.bank.deviation import deviation_palm_percent, predict
from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.bank.model_size import sizes
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.blocks import find_blocks, read_blocks
from hand_tracking_dsp.compression.pruning.criteria import l1_norm
from hand_tracking_dsp.compression.pruning.prune import cut
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.composition.block_set import INTENSITIES, BlockSet
from hand_tracking_dsp.tracking.composition.compose import compose
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.manifest import read_manifest

PRECISIONS = ("fp32", "int8")
COUNT = 16


def uniform(place: int) -> list[int]:
    return [place] * COUNT


def deviation(network: bytes | onnx.ModelProto) -> float:
    """Return the mean deviation from the dense network on pictures that nothing was fitted on."""
    images = smooth_crops(6, 1).images
    dense = open_exact(read_level(read_manifest(default_bank()))[1])
    return float(deviation_palm_percent(predict(open_exact(network), images), predict(dense, images)).mean())


@pytest.mark.parametrize("precision", PRECISIONS)
def test_with_no_block_pruned_it_is_the_dense_network(
    block_sets: dict[str, BlockSet], precision: str
) -> None:
    one = block_sets[precision]
    images = smooth_crops(2, 3).images
    found, expected = (
        predict(open_exact(network), images) for network in (compose(one, uniform(0)), one.network)
    )
    assert np.array_equal(found.landmarks, expected.landmarks)
    assert np.isnan(found.error_percent).all()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("place", range(len(INTENSITIES)))
def test_every_intensity_keeps_the_contract(
    block_sets: dict[str, BlockSet], precision: str, place: int
) -> None:
    session = open_exact(compose(block_sets[precision], uniform(place)))
    outputs = [spec.name for spec in session.outputs]
    assert outputs == [name for name, _ in LANDMARKS.outputs]
    found = predict(session, smooth_crops(1, 2).images)
    assert np.isfinite(found.landmarks).all()


def test_blocks_are_as_narrow_as_the_choice_says(block_sets: dict[str, BlockSet]) -> None:
    one = block_sets["fp32"]
    choice = [place % len(INTENSITIES) for place in range(COUNT)]
    composed = onnx.load_from_string(compose(one, choice))
    expected = {
        block.name: block.widths[place].channels
        for block, place in zip(one.blocks, choice, strict=True)
        if block.widths[place].channels
    }
    assert {block.name: block.channels for block in find_blocks_of(composed)} == expected


def find_blocks_of(model: onnx.ModelProto):
    from hand_tracking_dsp.compression.bank.byte_input import with_float_input
    from hand_tracking_dsp.compression.bank.half_weights import with_float_weights

    data = with_float_input(with_float_weights(model.SerializeToString()), "composed")
    return find_blocks(onnx.load_from_string(data))


def test_what_a_width_saves_is_what_is_described(block_sets: dict[str, BlockSet]) -> None:
    _, dense = read_level(read_manifest(default_bank()))
    whole, relevance = sizes(dense), l1_norm(dense, smooth_crops(1, 0))
    for number, block in enumerate(block_sets["fp32"].blocks):
        width = block.widths[1 + number % 4]
        left = sizes(cut(dense, {block.name: width.channels / block.channels}, relevance))
        assert whole["macs"] - left["macs"] == width.macs
        assert whole["parameters"] - left["parameters"] == width.parameters


@pytest.mark.parametrize("precision", PRECISIONS)
def test_composed_networks_deviate_less_than_networks_cut_to_the_same_widths(
    block_sets: dict[str, BlockSet], precision: str
) -> None:
    _, dense = read_level(read_manifest(default_bank()))
    widths = {block.name: block.widths[1].channels for block in block_sets["fp32"].blocks}
    keep = {block.name: widths[block.name] / block.channels for block in read_blocks(dense)}
    only_cut = deviation(cut(dense, keep, l1_norm(dense, smooth_crops(1, 0))))
    assert deviation(compose(block_sets[precision], uniform(1))) < 0.5 * only_cut


def test_blocks_that_go_one_after_the_other_are_passed_by(block_sets: dict[str, BlockSet]) -> None:
    for one in block_sets.values():
        last = len(INTENSITIES) - 1
        choice = [last if block.removable else 0 for block in one.blocks]
        session = open_exact(compose(one, choice))
        assert np.isfinite(predict(session, smooth_crops(1, 2).images).landmarks).all()


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (uniform(0)[1:], "15 layers, the network 16"),
        ([*uniform(0)[1:], 5], "block15 is 5"),
        ([-1, *uniform(0)[1:]], "stem is -1"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused(
    block_sets: dict[str, BlockSet], choice: list[int], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        compose(block_sets["fp32"], choice)


def test_blocks_that_do_not_fit_their_network_are_refused(block_sets: dict[str, BlockSet]) -> None:
    one = block_sets["fp32"]
    stem = replace(one.blocks[0], rows=("there is none",))
    description = replace(one.description, blocks=(stem, *one.blocks[1:]))
    broken = BlockSet(one.network, description, one._arrays, "fp32")
    with pytest.raises(ModelError, match="stem does not fit its network"):
        compose(broken, [1, *uniform(0)[1:]])
