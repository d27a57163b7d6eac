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

import numpy as np
import onnx
import pytest

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.bank.model_size import count_macs, count_parameters
from hand_tracking_dsp.compression.onnx_graph import read_weights
from hand_tracking_dsp.compression.palm.layers import POSITIONS, FeatureSamples, read_projections
from hand_tracking_dsp.compression.palm.prune import prune_palm
from hand_tracking_dsp.compression.palm.rewrite import project_before_resize
from hand_tracking_dsp.errors import ModelError
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session
from hand_tracking_dsp.tracking.contract import PALM, check_session


def outputs(model, images):
    session = open_session(model.SerializeToString(), "test", RuntimeOptions("onnxruntime", ("cpu",)))
    check_session(session, PALM, "test")
    return [
        np.concatenate(column) for column in zip(*(session.run(as_input(i)) for i in images), strict=True)
    ]


@pytest.fixture(scope="module")
def steps():
    return []


@pytest.fixture(scope="module")
def pruned(detector, images, steps):
    return prune_palm(detector, images[:8], on_step=steps.append)


def test_5x5_kernels_become_3x3(detector, pruned):
    onnx.checker.check_model(pruned)
    weights = read_weights(pruned)

    assert weights["stem.conv.weight"].shape[2:] == (3, 3)
    assert weights["block01.depthwise.weight"].shape[2:] == (3, 3)
    assert count_macs(pruned) < count_macs(detector)
    assert count_parameters(pruned) < count_parameters(detector)


def test_least_squares_makes_every_layer_better(steps):
    assert [step.layer for step in steps][:3] == ["stem.conv", "block01.depthwise", "block01.project"]
    assert all(step.after <= step.before * (1 + 1e-6) for step in steps)
    assert steps[0].after < 0.2 * steps[0].before


def test_it_does_what_the_dense_network_does_on_other_pictures(detector, pruned, images):
    for found, expected in zip(outputs(pruned, images[24:]), outputs(detector, images[24:]), strict=True):
        assert np.abs(found - expected).mean() < 0.15 * expected.std()


def test_the_same_seed_gives_the_same_network(detector, images, pruned):
    again = prune_palm(detector, images[:8])

    assert again.SerializeToString(deterministic=True) == pruned.SerializeToString(deterministic=True)


def test_the_first_layer_can_stay(detector, images):
    model = prune_palm(detector, images[:2], stem=False)

    assert read_weights(model)["stem.conv.weight"].shape[2:] == (5, 5)


def test_refuses_a_network_without_large_kernels(pruned, images):
    with pytest.raises(ModelError, match="no 5x5 kernel"):
        prune_palm(pruned, images[:2])


def test_projections_know_what_they_lead_to(detector):
    found = {one.name: one for one in read_projections(project_before_resize(detector))}

    assert (found["block01.project"].target, found["block01.project"].shortcut) == ("sum", "stem.out")
    assert (found["lateral.project"].source, found["lateral.project"].shortcut) == ("coarse", None)


def test_samples_are_the_same_places_in_every_network(detector, images):
    samples = FeatureSamples(images[:2], detector)

    rows = [
        [tensor.shape for tensor in tensors] for tensors in samples.rows(detector, ("image", "sum", "coarse"))
    ]

    assert rows == [[(POSITIONS, 3), (POSITIONS, 64), (POSITIONS, 64)]] * 2
    assert len(set(samples.positions(0, 96))) == POSITIONS
    assert (samples.positions(0, 96) != samples.positions(1, 96)).any()
    assert (samples.positions(1, 6) == np.arange(36)).all()
