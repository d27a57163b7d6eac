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

"""The palm detector: finds hands in a whole image."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from hand_tracking_dsp.errors import BackendError, ConfigurationError
from hand_tracking_dsp.tracking.anchors import INPUT_SIZE, palm_anchors
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.contract import contract_of
from hand_tracking_dsp.tracking.geometry import warped
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.motion import Square
from hand_tracking_dsp.tracking.network_info import NetworkInfo, files_of
from hand_tracking_dsp.tracking.network_input import NetworkInput
from hand_tracking_dsp.tracking.opening import open_network
from hand_tracking_dsp.tracking.precision import Choice
from hand_tracking_dsp.tracking.types import ChannelOrder, Floats, Image, PalmDetection

SCORE_THRESHOLD = 0.5
OVERLAP_THRESHOLD = 0.3
_KEYPOINTS = 7


class PalmDetector:
    """Finds palms in an image (MediaPipe Hands' palm detection, 192x192).

    The image is scaled to fit the input, black elsewhere; scores pass a sigmoid; overlapping
    candidates are merged by weighted non-maximum suppression (Bazarevsky et al., "BlazeFace", 2019).

    Attributes:
        choice: What runs.
        near: The bank's palm detector of likely places, with a smaller input; None: it has none, or that
            does not run here.
    """

    def __init__(
        self, choice: Choice[NetworkInfo], session: Session, near: PalmDetector | None = None
    ) -> None:
        """Take over what runs, a session of it whose network keeps the palm contract, and a near detector."""
        self.choice = choice
        self.near = near
        self._session = session
        self._input = NetworkInput(session)
        contract = contract_of(choice.info)
        self._size = contract.size
        self._anchors = palm_anchors(contract.size)
        self._box = np.empty((contract.size, contract.size, 3), np.uint8)

    @classmethod
    def load(
        cls, bank: Manifest | Path | str, name: str = "", runtime: RuntimeOptions | None = None
    ) -> PalmDetector:
        """Load a detector, in the file that the precision policy chooses, and warm it up.

        It is the first one of the bank, or of the bank in a folder, where the name is empty. Where the bank's
        near detector does not run here, the choice's problems say so, and the detector does without it.

        Raises:
            ModelError: The bank or the network is missing, damaged or breaks the contract.
            BackendError: The backend is missing or refuses the network.
            ConfigurationError: The detector cannot run in the precision asked for.
        """
        manifest = read_manifest(bank)
        options = runtime or RuntimeOptions()
        found = cls._open(manifest, manifest.detector(name), options)
        if manifest.near_detector is not None:
            try:
                found.near = cls._open(manifest, manifest.near_detector, _for_near(manifest, options))
            except (BackendError, ConfigurationError) as error:
                problem = f"Likely places are not searched: their palm detector does not run. {error}"
                found.choice = replace(found.choice, problems=(*found.choice.problems, problem))
        return found

    @classmethod
    def _open(cls, manifest: Manifest, network: NetworkInfo, runtime: RuntimeOptions) -> PalmDetector:
        return cls(*open_network(manifest, network, runtime))

    @property
    def provider(self) -> str:
        """Backend and execution provider in use, "backend/provider"."""
        return self._session.provider

    def detect(
        self,
        image: Image,
        order: ChannelOrder = "rgb",
        max_hands: int = 2,
        score_threshold: float = SCORE_THRESHOLD,
        place: Square | None = None,
    ) -> list[PalmDetection]:
        """Find palms.

        Args:
            image: uint8 [height, width, 3].
            order: The order of its channels.
            max_hands: Most palms to return, at least 1.
            score_threshold: Lowest score of a palm, above 0, below 1.
            place: Where to look; None: in the whole image.

        Returns:
            The palms, best score first.
        """
        square = place or whole(image)
        side = square.side
        box = letterboxed(image, square, self._size, self._box)
        boxes, logits = self._session.run(self._input.fill(box, order))
        # logit(threshold) spares 2016 sigmoids.
        limit = np.log(score_threshold / (1 - score_threshold))
        chosen = np.flatnonzero(logits[0, :, 0] >= limit)
        if not len(chosen):
            return []
        scores = 1 / (1 + np.exp(-np.clip(logits[0, chosen, 0], -100, 100)))
        candidates = _decoded(boxes[0, chosen], self._anchors[chosen], self._size) * np.float32(side)
        candidates += np.array([square.x - side / 2, square.y - side / 2], dtype=np.float32)
        return _merged(candidates, scores)[:max_hands]


def _for_near(manifest: Manifest, runtime: RuntimeOptions) -> RuntimeOptions:
    """Leave a near detector that is there in INT8 alone to ONNX Runtime, where OpenVINO was asked for.

    OpenVINO runs the palm networks' INT8 files several times slower than the whole detector in bf16.
    """
    near = manifest.near_detector
    int8_only = near is not None and all(one.precision == "int8" for one in files_of(near))
    asked = runtime.backend == "openvino" and runtime.precision in ("auto", "int8")
    return replace(runtime, backend="onnxruntime") if int8_only and asked else runtime


def whole(image: Image) -> Square:
    """Return the square around a whole image, uint8 [height, width, 3]."""
    height, width = image.shape[:2]
    return Square(width / 2, height / 2, float(max(height, width)))


def letterboxed(
    image: Image, square: Square | None = None, size: int = INPUT_SIZE, out: Image | None = None
) -> Image:
    """Scale a square of an image to fit a detector's input, black outside the image.

    Args:
        image: uint8 [height, width, 3].
        square: The square; None: the one around the whole image.
        size: Side of the input, pixels.
        out: Where to write the result; a new array if None.

    Returns:
        uint8 [size, size, 3], channels as in image.
    """
    square = square or whole(image)
    scale = square.side / size
    matrix = np.array([[scale, 0, square.x - square.side / 2], [0, scale, square.y - square.side / 2]])
    return warped(image, matrix, size, cv2.BORDER_CONSTANT, out)


def _decoded(raw: Floats, anchors: Floats, size: int) -> Floats:
    """Decode regressions, float32 [n, 18] (box centre, box size, 7 keypoints), relative to anchors [n, 2].

    Returns:
        float32 [n, 9, 2]: top left, bottom right, 7 keypoints, shares of the input.
    """
    values = raw.reshape(-1, 2 + _KEYPOINTS, 2) / np.float32(size)
    centre, size = values[:, 0] + anchors, values[:, 1]
    result: Floats = values + anchors[:, None]
    result[:, 0] = centre - size / 2
    result[:, 1] = centre + size / 2
    return result


def _merged(candidates: Floats, scores: Floats) -> list[PalmDetection]:
    """Merge overlapping candidates, each weighted by its score; best first."""
    order = np.argsort(-scores, kind="stable")
    result = []
    while len(order):
        overlaps = _overlaps(candidates[order[0], :2], candidates[order, :2])
        same = order[(overlaps > OVERLAP_THRESHOLD) | (np.arange(len(order)) == 0)]
        points = np.average(candidates[same], axis=0, weights=scores[same]).astype(np.float32)
        result.append(PalmDetection(float(scores[order[0]]), points[:2].reshape(4), points[2:]))
        order = order[~np.isin(order, same)]
    return result


def _overlaps(box: Floats, boxes: Floats) -> Floats:
    """Intersection over union of one box, float32 [2, 2], with many, float32 [n, 2, 2]."""
    shared = np.minimum(box[1], boxes[:, 1]) - np.maximum(box[0], boxes[:, 0])
    intersection = np.prod(np.maximum(shared, 0), axis=1)
    area = np.prod(box[1] - box[0])
    union = area + np.prod(boxes[:, 1] - boxes[:, 0], axis=1) - intersection
    ratio: Floats = intersection / np.maximum(union, np.finfo(np.float32).tiny)
    return ratio
