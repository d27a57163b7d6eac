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
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.hand import JOINT_COUNT
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.contract import contract_of
from hand_tracking_dsp.tracking.crop_statistics import CropStatistics
from hand_tracking_dsp.tracking.depth_level import DepthLevel
from hand_tracking_dsp.tracking.depth_view import DepthView
from hand_tracking_dsp.tracking.geometry import crop, to_image, turned
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo
from hand_tracking_dsp.tracking.network_input import NetworkInput
from hand_tracking_dsp.tracking.opening import from_opened, open_network
from hand_tracking_dsp.tracking.precision import Choice
from hand_tracking_dsp.tracking.soundness import counted, is_possible_error, unusable_output
from hand_tracking_dsp.tracking.substitute import Substitute
from hand_tracking_dsp.tracking.types import ChannelOrder, Floats, HandLandmarks, Image, Region

# MediaPipe's TensorsToLandmarksCalculator divides z by 0.4 (option normalize_z): the scale of x.
_SCALES = np.array([1, 1, 1 / 0.4], np.float32)

Progress = Callable[[str, int, int], None]
"""Called with what is being loaded, how many networks are ready, and how many there are."""


@dataclass(frozen=True, slots=True, eq=False)
class _Running:
    """A network that runs: its session, its input and the side of that, its outputs, and its file's name."""

    session: Session
    input: NetworkInput
    size: int
    outputs: tuple[str, ...]
    file: str


class LevelBank:
    """Every level of a bank, loaded and warm, so that a switch is a swap between two frames.

    For one thread at a time.

    Attributes:
        choices: What runs for each level.
        levels: The levels, each in the file that runs.
        substitute: What runs in the place of a level; None: nothing.
        unusable: Counts of outputs that could not be used, by a sentence on them.
        faulty_levels: Levels whose outputs could not be used on some region.
    """

    def __init__(self, choices: Sequence[Choice[LevelInfo]], sessions: Sequence[Session]) -> None:
        """Take over what runs for each level, and a session for it."""
        self.choices = tuple(choices)
        self.levels = tuple(choice.info for choice in choices)
        self._sessions = tuple(sessions)
        shared = {session.inputs: NetworkInput(session) for session in sessions}
        names = (tuple(name for name, _ in contract_of(level).outputs) for level in self.levels)
        self._own = tuple(
            _Running(session, shared[session.inputs], contract_of(level).size, outputs, level.file)
            for level, session, outputs in zip(self.levels, self._sessions, names, strict=True)
        )
        self._running = list(self._own)
        self.substitute: Substitute | None = None
        self.unusable: Counter[str] = Counter()
        self.faulty_levels: set[int] = set()
        self._depth_levels = {
            level.index: DepthLevel(session, level.depth, partial(self._note, level.index))
            for level, session in zip(self.levels, self._sessions, strict=True)
            if level.depth is not None
        }
        # Overwritten for every region: fresh arrays of this size would cost page faults each time.
        self._surroundings = np.empty(0, np.uint8)
        self._patches = {one.size: np.empty((one.size, one.size, 4), np.uint8) for one in self._own}
        self._patch = self._patches[self._own[0].size]
        self._statistics = CropStatistics()
        self._impossible_errors: dict[int, str] = {}

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

    @property
    def sees_depth(self) -> bool:
        """True if some of its levels see depth, and so need a depth image."""
        return bool(self._depth_levels)

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
        self,
        image: Image,
        region: Region,
        level: int = 0,
        order: ChannelOrder = "rgb",
        depth: DepthView | None = None,
    ) -> HandLandmarks:
        """Find the landmarks of the hand in one region of an image.

        Where an output cannot be used there is no hand: presence is 0, and the landmarks are NaN.

        Args:
            image: uint8 [height, width, 3].
            region: Where the hand is.
            level: 0 = dense, higher = sparser; beyond the sparsest, the sparsest runs.
            order: The order of the image's channels.
            depth: Depth of the image's pixels, for levels that see depth; others do not look at it.

        Raises:
            ConfigurationError: The level is negative, the region has no size or place, or the level needs
                depth and there is none.
        """
        _check_region(region)
        index = self.nearest(level).index
        if (seeing := self._depth_levels.get(index)) is not None:
            return seeing.landmarks(self._required(depth, index), region)
        running = self._running[index]
        tensor = self.network_input(image, region, index, order)
        mean, deviation, sharpness = self.statistics()
        outputs = running.session.run(tensor)
        if output := unusable_output(running.outputs, outputs):
            self._note(index, output)
            return HandLandmarks.nothing(region)
        landmarks, presence, handedness, world, *more = outputs
        # From pixels of the crop to shares of it.
        points = landmarks.reshape(JOINT_COUNT, 3) * (_SCALES / np.float32(running.size))
        return HandLandmarks(
            presence=presence.item(),
            right=handedness.item(),
            landmarks=to_image(points, region),
            world_landmarks=turned(world.reshape(JOINT_COUNT, 3), region.rotation),
            region=region,
            input_mean=mean,
            input_std=deviation,
            input_sharpness=sharpness,
            error_percent=self._usable_error(more[0].item(), index) if more else math.nan,
        )

    @property
    def warnings(self) -> list[str]:
        """Sentences on outputs that could not be used so far."""
        return counted(self.unusable)

    def _note(self, level: int, output: str) -> None:
        """Count a region for which an output of a level cannot be used."""
        info = self.levels[level]
        self.faulty_levels.add(level)
        running = self._running[level]
        self.unusable[
            f"Level {level} ({info.name}) answers a region with unusable {output} in {running.file} on "
            f"{running.session.provider}, which counts as no hand: choose another precision, or export "
            f"it again."
        ] += 1

    def _usable_error(self, percent: float, level: int) -> float:
        if is_possible_error(percent):
            return percent
        info = self.levels[level]
        # Of several values that cannot be, the first is told.
        sentence = self._impossible_errors.setdefault(
            level,
            f"Level {level} ({info.name}) says that its landmarks are {percent:g} % off, which cannot be: "
            f"such values are not used; export {info.file} again.",
        )
        self.unusable[sentence] += 1
        return math.nan

    def _required(self, depth: DepthView | None, level: int) -> DepthView:
        if depth is None:
            msg = (
                f"Level {level} ({self.levels[level].name}) sees depth, but there is no depth image: run it "
                f"with a depth camera, or choose a bank whose levels see images."
            )
            raise ConfigurationError(msg)
        return depth

    def network_input(self, image: Image, region: Region, level: int, order: ChannelOrder) -> Floats | Image:
        """Cut a region out as the network of a level takes it; the next region overwrites it.

        Arguments are those of landmarks.
        """
        height, width = image.shape[:2]
        if self._surroundings.size < 4 * height * width:
            self._surroundings = np.empty(4 * height * width, np.uint8)
        running = self._running[level]
        self._patch = self._patches[running.size]
        crop(image, region, running.size, self._patch, self._surroundings)
        return running.input.fill(self._patch, order)

    def statistics(self) -> tuple[float, float, float]:
        """Mean and standard deviation of the crop in shares of 255, and its sharpness; see HandLandmarks."""
        return self._statistics.of(self._patch)

    def run_instead(self, substitute: Substitute | None) -> None:
        """Let a network run in the place of a level from the next region on; None: the level's own again.

        Raises:
            ConfigurationError: There is no such level, it is the dense one, or it sees depth.
        """
        running = list(self._own)
        if substitute is not None:
            level, dense = substitute.level, self._own[0]
            if not 0 < level < len(running) or level in self._depth_levels:
                msg = f"No composed network can run in the place of level {level}: name a sparser one."
                raise ConfigurationError(msg)
            running[level] = replace(dense, session=substitute.session, file="the composed network")
        self._running, self.substitute = running, substitute


def _check_region(region: Region) -> None:
    values = (region.x, region.y, region.size, region.rotation)
    if not (all(map(math.isfinite, values)) and region.size > 0):
        msg = f"The region {region} cannot be cut out: its numbers must be finite, its size above 0."
        raise ConfigurationError(msg)
