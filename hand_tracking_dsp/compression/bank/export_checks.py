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

"""Checks of an export: the outputs of each stage compared with those of the stage before.

PyTorch (where it was used) → ONNX → optimized → quantized → the backend at hand. A step that only
rewrites a network must change nothing; one that rounds may change it by what is stated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent
from hand_tracking_dsp.errors import BackendError, ModelError
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.backends.onnxruntime_backend import OnnxRuntimeSession

Images = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ExportLimit:
    """Largest change of a network's outputs that a step may make.

    Attributes:
        deviation: Change of the landmarks: in pixels of the crop, the largest of all joints and crops, or in
            % of the palm's size, the mean over crops.
        unit: "px" or "% of palm".
        probability: Largest change of presence and handedness; of a step that rounds, its mean over crops.
    """

    deviation: float
    unit: str
    probability: float


REWRITTEN = ExportLimit(0.05, "px", 1e-3)
"""For a step that computes the same in another order."""

HALVED = ExportLimit(0.5, "px", 1e-2)
"""For a step to fp16."""

ROUNDED = ExportLimit(3.0, "% of palm", 0.05)
"""For a step to INT8 or bf16."""

OTHER_ROUNDING = ExportLimit(2.0, "% of palm", 0.05)
"""For the same INT8 network on another backend, which rounds half steps otherwise and fuses other layers."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A network at one step of its export.

    Attributes:
        name: For example "optimized".
        predict: Its predictions of crops, uint8 [n, 224, 224, 3].
        limit: Largest difference from the stage before; of the first stage it does not matter.
    """

    name: str
    predict: Callable[[Images], Predictions]
    limit: ExportLimit = REWRITTEN


@dataclass(frozen=True, slots=True)
class ExportStep:
    """Change from one stage to the next: of landmarks, in the limit's unit, and of the probabilities."""

    source: str
    target: str
    deviation: float
    probability: float
    limit: ExportLimit

    @property
    def accepted(self) -> bool:
        """True if both lie within the limit; a NaN does not."""
        return self.deviation <= self.limit.deviation and self.probability <= self.limit.probability


def compare_stages(stages: Sequence[Stage], images: Images) -> list[ExportStep]:
    """Compare each of two or more stages with the one before on images, uint8 [n, 224, 224, 3] RGB."""
    found = [stage.predict(images) for stage in stages]
    return [
        _step(before.name, stage, expected, result)
        for (before, stage), (expected, result) in zip(pairwise(stages), pairwise(found), strict=True)
    ]


def require(steps: Sequence[ExportStep], network: str) -> None:
    """Stop an export that went wrong.

    Raises:
        ModelError: A step changed more than its limit allows.
    """
    for step in steps:
        if not step.accepted:
            msg = (
                f"The network {network} is not exported: from {step.source} to {step.target} its landmarks "
                f"moved by {step.deviation:.3g} {step.limit.unit} (limit {step.limit.deviation:g}), its "
                f"probabilities by {step.probability:.2g} (limit {step.limit.probability:g}); calibrate on "
                "more varied pictures, or leave this precision out."
            )
            raise ModelError(msg)


def open_as_filed(model: bytes, name: str) -> Session:
    """Open a network without any of ONNX Runtime's optimizations; one thread.

    Raises:
        BackendError: ONNX Runtime refuses it.
    """
    settings = onnxruntime.SessionOptions()
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no other base.
        msg = f"ONNX Runtime refuses the network {name} ({error}): export it again."
        raise BackendError(msg) from error
    return OnnxRuntimeSession(session, name, "fp32")


def _step(source: str, stage: Stage, expected: Predictions, found: Predictions) -> ExportStep:
    probabilities = np.abs(
        np.stack([found.presence - expected.presence, found.handedness - expected.handedness])
    )
    if stage.limit.unit == "px":
        moved = np.linalg.norm(found.landmarks[..., :2] - expected.landmarks[..., :2], axis=2)
        return ExportStep(source, stage.name, float(moved.max()), float(probabilities.max()), stage.limit)
    deviation = float(deviation_palm_percent(found, expected).mean())
    return ExportStep(source, stage.name, deviation, float(probabilities.mean(axis=1).max()), stage.limit)
