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
from support.networks import original_network

from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.palm.kinks import fold_kinks
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session


def outputs(model, image):
    session = open_session(model.SerializeToString(), "test", RuntimeOptions("onnxruntime", ("cpu",)))
    return session.run(as_input(image))


def products(model):
    return sum(node.op_type == "Mul" for node in model.graph.node)


@pytest.mark.parametrize(("name", "fewer"), [("tiny", 1), ("full", 22), ("lite", 17)])
def test_products_go_and_results_stay(detector, images, name, fewer):
    model = detector
    if name != "tiny":
        model = original_network(f"palm_{name}.onnx")

    folded = fold_kinks(model)

    onnx.checker.check_model(folded)
    assert products(model) - products(folded) == fewer
    for found, expected in zip(outputs(folded, images[0]), outputs(model, images[0]), strict=True):
        assert np.abs(found - expected).max() < 1e-3 * max(1, np.abs(expected).max())


def test_nothing_is_left_to_fold_twice_where_a_stage_has_ended(detector):
    once = fold_kinks(detector)

    assert products(fold_kinks(once)) == products(once)


def test_the_given_network_stays_as_it_was(detector):
    before = detector.SerializeToString(deterministic=True)

    fold_kinks(detector)

    assert detector.SerializeToString(deterministic=True) == before
