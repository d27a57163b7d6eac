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

"""Whole pictures of rendered hands, drawn as statues, to look for hands in."""

from __future__ import annotations

import re

import cv2

from hand_tracking_dsp.cameras.mesh.pictures import PictureOptions, PictureStream
from hand_tracking_dsp.depth.statue import StatuePainter
from hand_tracking_dsp.evaluation.statues import rendered_pictures
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.types import Image

TRAINED = "trained on rendered statues"
"""Words of a bank's source that say that its levels see statues."""


def sees_statues(bank: Manifest) -> bool:
    """Tell whether the levels of a bank were trained on statues."""
    return re.search(rf"\b{TRAINED}\b", bank.source) is not None


def statue_pictures(count: int, seed: int = 0) -> list[Image]:
    """Draw statues of people that nothing was trained on, palms and backs to the camera.

    Returns:
        uint8 [480, 640, 3] each, BGR.
    """
    painter = StatuePainter()
    stream = PictureStream(seed, PictureOptions(split="test", views="frontal"))
    statues = (painter.draw(picture.view) for picture in rendered_pictures(stream, count))
    return [cv2.cvtColor(statue, cv2.COLOR_RGB2BGR) for statue in statues]
