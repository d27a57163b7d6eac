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

"""The level bank: every sparsity level of one landmark network, loaded and warm."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.hand import JOINT_COUNT
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.contract import LANDMARKS
from hand_tracking_dsp.tracking.geometry import crop, to_image, turned
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo
from hand_tracking_dsp.tracking.network_input import NetworkInput
from hand_tracking_dsp.tracking.opening import from_opened, open_network
from hand_tracking_dsp.tracking.precision import Choice
from hand_tracking_dsp.tracking.types import ChannelOrder, HandLandmarks, Image, Region

# MediaPipe's TensorsToLandmarksCalculator divides z by this (option normalize_z) to bring it to the
# scale of x.
_Z_SCALE = 0.4

Progress = Callable[[str, int, int], None]
"""Called with what is being loaded, how many networks are ready, and how many there are."""


class LevelBank:
    """Every level of a bank, loaded and warm, so that a switch is a swap between two frames.

    For one thread at a time.
    """

    def __init__(self, choices: Sequence[Choice[LevelInfo]], sessions: Sequence[Session]) -> None:
        """Take over what runs for each level, and a session for it."""
        self.choices = tuple(choices)
        self.levels = tuple(choice.info for choice in choices)
        self._sessions = tuple(sessions)
        shared = {session.inputs: NetworkInput(session) for session in sessions}
        self._inputs = tuple(shared[session.inputs] for session in sessions)

    @classmethod
    def load(
        cls,
        bank: Manifest | Path | str,
        runtime: RuntimeOptions | None = None,
        on_progress: Progress | None = None,
    ) -> LevelBank:
        """Load all levels of a bank or its folder, and warm each up.

        Of each level one file is opened, on one backend: what the precision policy chooses; see
        precision.choose. The progress is reported before each level and once at the end.

        Raises:
            ModelError: The bank or a network is missing, damaged or breaks the contract.
            BackendError: The backend is missing or refuses a network.
            ConfigurationError: A level cannot run in the precision asked for.
        """
        manifest = read_manifest(bank)
        report = on_progress or (lambda *_: None)
        options = runtime or RuntimeOptions()
        running: list[Choice[LevelInfo]] = []
        sessions: list[Session] = []
        for info in manifest.levels:
            report(f"level {info.index} ({info.name})", len(sessions), len(manifest.levels))
            choice, session = open_network(manifest, info, options)
            options = from_opened(options, choice)
            running.append(choice)
            sessions.append(session)
        report("all levels", len(sessions), len(sessions))
        return cls(running, sessions)

    @property
    def provider(self) -> str:
        """Backends and execution providers that the levels run on, "backend/provider", joined by ", "."""
        return ", ".join(dict.fromkeys(session.provider for session in self._sessions))

    def nearest(self, level: int) -> LevelInfo:
        """Return the level asked for, or the sparsest where the bank has none so sparse.

        Raises:
            ConfigurationError: The level is negative.
        """
        if level < 0:
            msg = f"There is no sparsity level {level}: levels count from 0 (dense)."
            raise ConfigurationError(msg)
        return self.levels[min(level, len(self.levels) - 1)]

    def landmarks(
        self, image: Image, region: Region, level: int = 0, order: ChannelOrder = "rgb"
    ) -> HandLandmarks:
        """Find the landmarks of the hand in one region of an image.

        Args:
            image: uint8 [height, width, 3].
            region: Where the hand is.
            level: 0 = dense, higher = sparser; beyond the sparsest, the sparsest runs.
            order: The order of the image's channels.

        Raises:
            ConfigurationError: The level is negative, or the region has no size or place.
        """
        _check_region(region)
        index = self.nearest(level).index
        patch = crop(image, region, LANDMARKS.size)
        mean, deviation = _mean_and_deviation(patch)
        tensor = self._inputs[index].fill(patch, order)
        landmarks, presence, handedness, world = self._sessions[index].run(tensor)
        points = landmarks.reshape(JOINT_COUNT, 3) / np.float32(LANDMARKS.size)
        points[:, 2] /= _Z_SCALE
        return HandLandmarks(
            presence=presence.item(),
            right=handedness.item(),
            landmarks=to_image(points, region),
            world_landmarks=turned(world.reshape(JOINT_COUNT, 3), region.rotation),
            region=region,
            input_mean=mean,
            input_std=deviation,
        )


def _check_region(region: Region) -> None:
    values = (region.x, region.y, region.size, region.rotation)
    if not (all(map(math.isfinite, values)) and region.size > 0):
        msg = f"The region {region} cannot be cut out: its numbers must be finite, its size above 0."
        raise ConfigurationError(msg)


def _mean_and_deviation(patch: Image) -> tuple[float, float]:
    """Mean and standard deviation over the three colours of a crop, in shares of 255.

    Of every fourth pixel of every fourth row: they estimate the whole well, at a sixteenth of the cost.
    """
    mean, deviation = (values[:3] for values in cv2.meanStdDev(patch[::4, ::4]))
    overall = float(mean.mean())
    # Of channels of equal size: the mean of the squares, less the square of the mean.
    variance = float((deviation**2 + mean**2).mean()) - overall**2
    return overall / 255, float(np.sqrt(max(variance, 0.0))) / 255
