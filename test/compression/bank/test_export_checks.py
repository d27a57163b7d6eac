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

"""An export is stopped by a step that changes too much."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hand_tracking_dsp.compression.bank.deviation import Predictions, as_input
from hand_tracking_dsp.compression.bank.export_checks import (
    REWRITTEN,
    ROUNDED,
    ExportLimit,
    Stage,
    compare_stages,
    open_as_filed,
    require,
)
from hand_tracking_dsp.errors import BackendError, ModelError
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.backends import RuntimeOptions, open_session

IMAGES = np.zeros((4, 224, 224, 3), np.uint8)
PALM_PX = 50.0


def stage(name: str, moved_px: float = 0.0, presence: float = 0.9, limit: ExportLimit = REWRITTEN) -> Stage:
    """A network whose every joint lies some pixels beside; the palm is 50 px long."""

    def predict(images: np.ndarray) -> Predictions:
        landmarks = np.zeros((len(images), 21, 3), np.float32)
        landmarks[:, 9, 1] = -PALM_PX
        landmarks[:, :, 0] += moved_px
        one = np.full(len(images), presence, np.float32)
        return Predictions(landmarks, one, np.full_like(one, 0.5), landmarks, np.full_like(one, np.nan))

    return Stage(name, predict, limit)


def test_each_stage_is_compared_with_the_one_before() -> None:
    steps = compare_stages(
        [stage("a"), stage("b", 0.03), stage("c", 0.06), stage("d", 0.56, limit=ROUNDED)], IMAGES
    )
    assert [(step.source, step.target) for step in steps] == [("a", "b"), ("b", "c"), ("c", "d")]
    assert [step.deviation for step in steps] == pytest.approx([0.03, 0.03, 100 * 0.5 / PALM_PX], rel=1e-3)
    assert all(step.accepted for step in steps)
    require(steps, "network")


@pytest.mark.parametrize(
    "wrong",
    [
        stage("optimized", 0.1),
        stage("optimized", presence=0.8),
        stage("optimized", math.nan),
        stage("INT8", 2.0, limit=ROUNDED),
        stage("INT8", presence=0.5, limit=ROUNDED),
    ],
)
def test_a_step_that_changes_too_much_stops_the_export(wrong: Stage) -> None:
    steps = compare_stages([stage("ONNX"), wrong], IMAGES)
    with pytest.raises(ModelError, match=f"hand.onnx is not exported: from ONNX to {wrong.name}"):
        require(steps, "hand.onnx")


def test_a_network_is_run_as_its_file_says() -> None:
    data = share_path("models", "mediapipe", "hand_lite.onnx").read_bytes()
    image = as_input(np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8))
    plain = open_as_filed(data, "hand_lite.onnx").run(image)
    optimized = open_session(data, "hand_lite.onnx", RuntimeOptions("onnxruntime", ("cpu",))).run(image)
    for one, other in zip(plain, optimized, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_a_file_that_is_no_network_is_refused() -> None:
    with pytest.raises(BackendError, match=r"refuses the network x\.onnx"):
        open_as_filed(b"nothing", "x.onnx")
