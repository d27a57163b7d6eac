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

"""Real networks, and folders of synthetic hands."""

from __future__ import annotations

import cv2
import pytest

from hand_tracking_dsp.cameras.synthetic.posed import pose_picture
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions


@pytest.fixture(scope="module")
def networks():
    """The package's own bank and detector."""
    folder = default_bank()
    return LevelBank.load(folder), PalmDetector.load(folder)


@pytest.fixture
def tracker(networks):
    """A tracker for single pictures."""
    return HandTracker(*networks, TrackerOptions(smoothing=False))


@pytest.fixture
def draw(tmp_path):
    """Write a picture of a pose below tmp_path and return its path."""

    def write(name, pose, roll_deg=0.0):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        assert cv2.imwrite(str(path), pose_picture(pose, roll_deg))
        return path

    return write
