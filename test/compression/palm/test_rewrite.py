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
from hand_tracking_dsp.compression.bank.model_size import count_macs
from hand_tracking_dsp.compression.palm.rewrite import project_before_resize, with_integer_projections
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session
from hand_tracking_dsp.tracking.contract import PALM, check_session


def outputs(model, images):
    session = open_session(model.SerializeToString(), "test", RuntimeOptions("onnxruntime", ("cpu",)))
    check_session(session, PALM, "test")
    return [
        np.concatenate(column) for column in zip(*(session.run(as_input(i)) for i in images), strict=True)
    ]


@pytest.fixture(scope="module", params=["tiny", "full", "lite"])
def model(request, detector):
    if request.param == "tiny":
        return detector
    return original_network(f"palm_{request.param}.onnx")


def test_projecting_before_resizing_changes_nothing_but_the_work(model, images):
    faster = project_before_resize(model)

    onnx.checker.check_model(faster)
    assert count_macs(faster) < count_macs(model)
    for found, expected in zip(outputs(faster, images[:2]), outputs(model, images[:2]), strict=True):
        assert np.abs(found - expected).max() < 1e-3


def test_integer_projections_stay_close(model, images):
    integer = with_integer_projections(model)

    onnx.checker.check_model(integer)
    assert any(node.op_type == "MatMulInteger" for node in integer.graph.node)
    assert len(integer.SerializeToString()) < 0.6 * len(model.SerializeToString())
    for found, expected in zip(outputs(integer, images[:2]), outputs(model, images[:2]), strict=True):
        assert np.abs(found - expected).mean() < 0.2 * expected.std()


def test_the_given_network_stays_as_it_was(detector):
    before = detector.SerializeToString(deterministic=True)

    with_integer_projections(project_before_resize(detector))

    assert detector.SerializeToString(deterministic=True) == before
