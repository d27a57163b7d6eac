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

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from hand_tracking_dsp.errors import BackendError, ConfigurationError, ModelError
from hand_tracking_dsp.tracking.anchors import INPUT_SIZE, palm_anchors
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.backends.base import Session, Sides
from hand_tracking_dsp.tracking.geometry import warped
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.motion import Square
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.network_info import NetworkInfo, files_of
from hand_tracking_dsp.tracking.network_input import NetworkInput
from hand_tracking_dsp.tracking.opening import open_checked, open_network
from hand_tracking_dsp.tracking.precision import Choice
from hand_tracking_dsp.tracking.soundness import LARGEST, counted, is_usable
from hand_tracking_dsp.tracking.types import ChannelOrder, Floats, Image, PalmDetection

SCORE_THRESHOLD = 0.5
OVERLAP_THRESHOLD = 0.3
_KEYPOINTS = 7
# Sides of an input are multiples of the largest stride; in a narrower one the borders are everywhere.
_STEP, _LEAST = 32, 96


class PalmDetector:
    """Finds palms in an image (MediaPipe Hands' palm detection, 192x192).

    The image is scaled to fit the input, black elsewhere; scores pass a sigmoid; overlapping
    candidates are merged by weighted non-maximum suppression (Bazarevsky et al., "BlazeFace", 2019).
    On a processor, a network that takes images of any size gets an input no larger than an image needs:
    of one of 4:3 a quarter of the square would be black.

    Attributes:
        choice: What runs.
        near: The bank's palm detector of likely places, with a smaller input; None: it has none, or that
            does not run here.
        unusable: Counts of outputs that could not be used, by a sentence on them.
    """

    def __init__(
        self,
        choice: Choice[NetworkInfo],
        session: Session,
        near: PalmDetector | None = None,
        open_in: Callable[[Sides], Session] | None = None,
    ) -> None:
        """Take over what runs.

        Args:
            choice: What was chosen.
            session: Session of it whose network keeps the palm contract.
            near: Detector of likely places.
            open_in: Opens it again with an input of another size; None: its size is fixed. It may raise
                BackendError or ModelError.
        """
        self.choice = choice
        self.near = near
        self.unusable: Counter[str] = Counter()
        self._problems: list[str] = []
        self._open_in = open_in
        self._square = _PalmInput(session)
        self._inputs = {self._square.sides: self._square}

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
        choice, session = open_network(manifest, network, runtime)

        def open_in(other: Sides) -> Session:
            return open_checked(read_network(manifest, choice.info), choice, other)

        # An accelerator compiles for seconds or minutes: too long for a camera's first image.
        free = network.any_size and "/CPU" in session.provider
        return cls(choice, session, open_in=open_in if free else None)

    @property
    def provider(self) -> str:
        """Backend and execution provider in use, "backend/provider"."""
        return self._square.session.provider

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
            The palms, best score first; none in an image without pixels.
        """
        if not image.size:
            return []
        square = place or whole(image)
        taken = self._square if place else self._input_for(image)
        boxes, logits = taken.run(image, order, square, self._square.sides[0])
        # logit(threshold) spares 2016 sigmoids.
        limit = np.log(score_threshold / (1 - score_threshold))
        # NaN is no palm.
        chosen = np.flatnonzero(logits[0, :, 0] >= limit)
        if math.isnan(float(logits.max())):
            self._note("scores")
        elif len(chosen) and not is_usable(boxes[0, chosen]):
            self._note("boxes")
            chosen = chosen[(np.abs(boxes[0, chosen]) <= LARGEST).all(axis=1)]
        if not len(chosen):
            return []
        scores = 1 / (1 + np.exp(-np.clip(logits[0, chosen, 0], -100, 100)))
        scale = square.side / self._square.sides[0]
        candidates = _decoded(boxes[0, chosen], taken.anchors[chosen]) * np.float32(scale)
        candidates += np.array([square.x, square.y], np.float32)
        return _merged(candidates, scores)[:max_hands]

    @property
    def warnings(self) -> list[str]:
        """Sentences on what did not work as wanted so far, with those of the near detector."""
        return [*self._problems, *counted(self.unusable), *(self.near.warnings if self.near else [])]

    def _note(self, output: str) -> None:
        """Count a picture for which an output cannot be used."""
        info = self.choice.info
        self.unusable[
            f"The palm detector {info.name} answers a picture with unusable {output} in {info.file} on "
            f"{self.provider}, which are left out: choose another precision, or export it again."
        ] += 1

    def _input_for(self, image: Image) -> _PalmInput:
        """Return the smallest input into which an image fits when it is scaled to fit the square one."""
        if self._open_in is None:
            return self._square
        side, longest = self._square.sides[0], max(image.shape[:2])
        height, width = (
            max(_STEP * math.ceil(side * size / longest / _STEP), _LEAST) for size in image.shape[:2]
        )
        if (height, width) not in self._inputs:
            try:
                taken = _PalmInput(self._open_in((height, width)))
            except (BackendError, ModelError) as error:
                self._problems.append(
                    f"The palm detector goes on with its square input of {side} pixels. {error}"
                )
                taken = self._square
            self._inputs[height, width] = taken
        return self._inputs[height, width]


class _PalmInput:
    """Opened network with an input of one size.

    Attributes:
        session: The session.
        sides: Height and width of its input, pixels.
        anchors: Centres of its anchors, float32 [n, 2]: x, y in pixels from the middle of the input.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._input = NetworkInput(session)
        self.sides = self._input.sides
        size = np.array(self.sides[::-1], np.float32)
        self.anchors: Floats = (palm_anchors(*self.sides) - np.float32(0.5)) * size
        self._box = np.empty((*self.sides, 3), np.uint8)

    def run(self, image: Image, order: ChannelOrder, square: Square, side: int) -> tuple[Floats, ...]:
        """Run the network on a square of an image that is scaled to a side, pixels; its middle is seen."""
        return self.session.run(self._input.fill(_scaled(image, square, side, self._box), order))


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


def letterboxed(image: Image, square: Square | None = None, size: int = INPUT_SIZE) -> Image:
    """Scale a square of an image to fit a detector's input, black outside the image.

    Args:
        image: uint8 [height, width, 3].
        square: The square; None: the one around the whole image.
        size: Side of the input, pixels.

    Returns:
        uint8 [size, size, 3], channels as in image.
    """
    return _scaled(image, square or whole(image), size, np.empty((size, size, 3), np.uint8))


def _scaled(image: Image, square: Square, side: int, out: Image) -> Image:
    """Write what the middle of a square of an image shows, scaled as if to a side, into an image."""
    height, width = out.shape[:2]
    scale = square.side / side
    matrix = np.array([[scale, 0, square.x - scale * width / 2], [0, scale, square.y - scale * height / 2]])
    return warped(image, matrix, (height, width), cv2.BORDER_CONSTANT, out)


def _decoded(raw: Floats, anchors: Floats) -> Floats:
    """Decode regressions, float32 [n, 18] (box centre, box size, 7 keypoints), relative to anchors [n, 2].

    Returns:
        float32 [n, 9, 2]: top left, bottom right, 7 keypoints, in the anchors' pixels.
    """
    values = raw.reshape(-1, 2 + _KEYPOINTS, 2)
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
