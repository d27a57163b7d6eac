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

"""Parts of a frame: the time that a tracked frame takes besides its network, and what takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.build import MessageBuilder
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.images import image_to_pixels
from hand_tracking_dsp.messages.message import Message
from hand_tracking_dsp.tracking.backends import RuntimeOptions, Session, TensorSpec
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.geometry import region_from_landmarks, to_image, turned
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.opening import open_network
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.smoothing import OneEuroFilter
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import Drift, Floats, FrameResult, Image

_HANDS, _COSTS = "message of the hands", "message of the costs, after the hands are out"
# Frames before the first that counts: the hand is found, and caches and memory are as in a long run.
_WARM_UP = 30


class TimedSession:
    """A session that adds up the time of its runs.

    Attributes:
        spent_ms: Time of all runs since it was last set to 0, milliseconds.
        runs: Number of these runs.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.spent_ms = 0.0
        self.runs = 0

    @property
    def provider(self) -> str:
        """See Session."""
        return self._session.provider

    @property
    def nodes(self) -> Mapping[str, int]:
        """See Session."""
        return self._session.nodes

    @property
    def problem(self) -> str:
        """See Session."""
        return self._session.problem

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """See Session."""
        return self._session.inputs

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """See Session."""
        return self._session.outputs

    def run(self, tensor: Floats | Image) -> tuple[Floats, ...]:
        """Run the network; see Session."""
        start = perf_counter()
        outputs = self._session.run(tensor)
        self.spent_ms += (perf_counter() - start) * 1e3
        self.runs += 1
        return outputs


@dataclass(slots=True)
class FrameParts:
    """Times of the frames on which the network of one level saw one hand, milliseconds, a value a frame.

    Attributes:
        whole: From the image's message to the hands' message.
        network: Run of the network.
        parts: By name, what else was timed, each by itself right after a run of the network, which leaves
            the caches as a frame finds them.
    """

    whole: list[float] = field(default_factory=list)
    network: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=dict)

    @property
    def besides(self) -> list[float]:
        """Everything but the network, milliseconds."""
        return [whole - network for whole, network in zip(self.whole, self.network, strict=True)]


class FrameTimer:
    """Tracks one hand through messages of images as the tracker's node does, and times it."""

    def __init__(
        self, bank: Manifest, level: int, runtime: RuntimeOptions, build: MessageBuilder, rate_hz: float
    ) -> None:
        """Load the networks.

        Args:
            bank: The bank, with its first palm detector.
            level: Level to run.
            runtime: How the networks run.
            build: Builder of the messages.
            rate_hz: Rate of the images.
        """
        opened = [open_network(bank, info, runtime) for info in bank.levels]
        self._session = TimedSession(opened[level][1])
        sessions: list[Session] = [session for _, session in opened]
        sessions[level] = self._session
        self._bank = LevelBank([choice for choice, _ in opened], sessions)
        detector = PalmDetector.load(bank, runtime=runtime)
        self._tracker = HandTracker(self._bank, detector, TrackerOptions(max_hands=1))
        self._level, self._build, self._rate_hz = level, build, rate_hz
        self._scale = ValueScale()
        self._smoother = OneEuroFilter(1.0, 1.0)
        self._message: Message | None = None
        self._frame = 0

    def measure(
        self, images: Sequence[Message], repeats: int, on_frame: Callable[[int, int], None] | None = None
    ) -> FrameParts:
        """Track the images, several times, and time the frames on which the network saw the hand.

        Args:
            images: Messages of consecutive images.
            repeats: Number of times to go through them.
            on_frame: Called with the number of frames done and of all.
        """
        found = FrameParts()
        for number in range(repeats * len(images)):
            self._time_frame(images[number % len(images)], found, counts=number >= _WARM_UP)
            if on_frame:
                on_frame(number + 1, repeats * len(images))
        return found

    def _time_frame(self, image: Message, found: FrameParts, *, counts: bool) -> None:
        self._session.spent_ms, self._session.runs = 0.0, 0
        self._frame += 1
        start = perf_counter()
        pixels, order = image_to_pixels(image, self._scale)
        result = self._tracker.track(pixels, self._frame / self._rate_hz, self._level, order)
        self._message = self._hands(result, image)
        whole_ms = (perf_counter() - start) * 1e3
        stats = result.stats
        if not counts or self._session.runs != 1 or stats.predicted or len(result.hands) != 1:
            return
        if stats.detector_ran:
            return
        found.whole.append(whole_ms)
        found.network.append(self._session.spent_ms)
        for name, part in self._parts(image, pixels, result).items():
            self._session.run(self._bank.network_input(pixels, result.hands[0].region, self._level, order))
            start = perf_counter()
            part()
            found.parts.setdefault(name, []).append((perf_counter() - start) * 1e3)

    def _hands(self, result: FrameResult, image: Message) -> Message:
        height, width = image.height, image.width
        return self._build.hands(result, image.header, width, height, self._message)

    def _parts(self, image: Message, pixels: Image, result: FrameResult) -> dict[str, Callable[[], object]]:
        """Return the parts of a frame, by name."""
        hand, raw = result.hands[0], result.raw[0]
        both = np.concatenate([raw.landmarks, raw.world_landmarks])
        stamp_s = self._frame / self._rate_hz

        def project() -> None:
            to_image(raw.landmarks, hand.region)
            turned(raw.world_landmarks, hand.region.rotation)

        def costs() -> Message:
            cost = FrameCost.of(result, Drift(), stamp_ns=1, frame=self._frame)
            return self._build.stats(cost, image.header)

        return {
            "image out of its message": lambda: image_to_pixels(image, self._scale),
            "crop": lambda: self._bank.network_input(pixels, hand.region, self._level, "bgr"),
            "mean, deviation and sharpness of the crop": self._bank.statistics,
            "landmarks into the image": project,
            "next region": lambda: region_from_landmarks(raw.landmarks),
            "filter": lambda: self._smoother.filter(both, stamp_s, 1.0),
            _HANDS: lambda: self._hands(result, image),
            _COSTS: costs,
        }
