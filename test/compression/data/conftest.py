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

"""Synthetic hands as picture files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from hand_tracking_dsp.cameras.camera import Frame, SourceOptions
from hand_tracking_dsp.cameras.synthetic import SyntheticScene
from hand_tracking_dsp.compression.data.crops import HandFinder
from hand_tracking_dsp.resources import share_path
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.palm import PalmDetector

_EVERY = 45


def make_frames(count: int, seed: int, hands: int = 2) -> list[Frame]:
    """Pictures of a scene that differ in gesture and place."""
    scene = SyntheticScene(SourceOptions(width=320, height=240, seed=seed, hands=hands, absence_s=0.0))
    return [scene.frame(i * _EVERY) for i in range(count)]


def write(folder: Path, count: int, seed: int, hands: int = 2) -> Path:
    """Write such pictures into a new folder."""
    folder.mkdir(parents=True)
    for i, frame in enumerate(make_frames(count, seed, hands)):
        cv2.imwrite(str(folder / f"{i:03}.png"), frame.image)
    return folder


@pytest.fixture(scope="session")
def finder() -> HandFinder:
    folder, runtime = share_path("models", "mediapipe"), RuntimeOptions("onnxruntime", threads=1)
    return HandFinder(LevelBank.load(folder, runtime), PalmDetector.load(folder, runtime=runtime))


@pytest.fixture(scope="session")
def two_sets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders of pictures with two hands each: 14 and 6 pictures."""
    root = tmp_path_factory.mktemp("sets")
    return write(root / "many", 14, seed=1), write(root / "few", 6, seed=2)


@pytest.fixture(scope="session")
def frames() -> Callable[..., list[Frame]]:
    return make_frames


@pytest.fixture(scope="session")
def write_frames() -> Callable[..., Path]:
    return write
