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

"""Whole statues labelled for palm detectors by what a detector sees in colour pictures of the same hands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from hand_tracking_dsp.cameras.mesh.pictures import HandPicture, PictureOptions, PictureStream
from hand_tracking_dsp.compression.bank.deviation import as_input
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.depth.statue import StatuePainter
from hand_tracking_dsp.tracking.anchors import INPUT_SIZE, palm_anchors
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.palm import letterboxed
from hand_tracking_dsp.tracking.types import Floats, Image

KEPT = 48
"""Anchors of a picture whose boxes are kept: those with the highest scores."""

_SEEN = 0.0
"""Least logit with which a detector sees a palm."""

_MARGIN = 0.15
"""Room around a hand's joints in which its palm's anchors lie, as a share of the hand's longer side."""

Labels = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class PalmRecipe:
    """Ingredients of training samples.

    Attributes:
        teacher: Palm detector for photos, a serialized ONNX file with the float input.
        seed: Seed of all that is drawn.
        split: People and poses to draw from, as PictureOptions.split.
        shard: Number of samples in one file.
    """

    teacher: bytes
    seed: int = 0
    split: str = "train"
    shard: int = 256

    def maker(self) -> Callable[[int], tuple[Image, Labels]]:
        """Prepare what makes sample i: uint8 [192, 192, 3] RGB, and its labels."""
        session = open_exact(onnx.load_from_string(self.teacher))
        views = ("any", "palm", "frontal")
        streams = [PictureStream(self.seed, PictureOptions(split=self.split, views=view)) for view in views]
        painter = StatuePainter()

        def make(number: int) -> tuple[Image, Labels]:
            picture = streams[number % len(streams)].picture(number)
            statue = letterboxed(painter.draw(DepthView(picture.metres, picture.camera)))
            seen = letterboxed(cv2.cvtColor(picture.image, cv2.COLOR_BGR2RGB))
            boxes, logits = session.run(as_input(seen))
            return statue, labels_of(picture, boxes[0], logits[0, :, 0])

        return make


def labels_of(picture: HandPicture, boxes: Floats, logits: Floats) -> Labels:
    """Return the labels of a picture.

    Args:
        picture: The picture; of a hand that the teacher does not see there, nothing is taught.
        boxes: float32 [2016, 18], the teacher's.
        logits: float32 [2016], the teacher's.

    Returns:
        scores: float16 [2016], logits; taught: uint8 [2016], 1 where they count; anchors: int64 [48], those
        with the highest scores; boxes: float32 [48, 18], of these.
    """
    taught = np.ones(len(logits), np.uint8)
    places = palm_anchors() * INPUT_SIZE
    height, width = picture.metres.shape
    scale = INPUT_SIZE / max(height, width)
    corner = np.array([INPUT_SIZE - width * scale, INPUT_SIZE - height * scale]) / 2
    for hand in picture.truth:
        joints = hand.joints_px[:, :2] * scale + corner
        low, high = joints.min(0), joints.max(0)
        margin = _MARGIN * float((high - low).max())
        inside = ((places > low - margin) & (places < high + margin)).all(1)
        if not (logits[inside] > _SEEN).any():
            taught[inside] = 0
    anchors = np.argsort(-logits, kind="stable")[:KEPT]
    return {
        "scores": np.clip(logits, -20, 20).astype(np.float16),
        "taught": taught,
        "anchors": anchors.astype(np.int64),
        "boxes": boxes[anchors].astype(np.float32),
    }
