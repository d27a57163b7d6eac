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

"""Replay of one recording under one setting: the unit of work that one process does."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

import cv2

from hand_tracking_dsp.control.options import ControllerOptions
from hand_tracking_dsp.evaluation.measures.frame_row import HANDLED
from hand_tracking_dsp.evaluation.measures.frames import Frames
from hand_tracking_dsp.evaluation.replay.frame_metrics import FrameMetrics
from hand_tracking_dsp.evaluation.replay.pipeline import BackgroundWorker, read_ahead
from hand_tracking_dsp.evaluation.replay.placing import HandPlacer
from hand_tracking_dsp.evaluation.replay.points import PointChooser, Setting, point_chooser
from hand_tracking_dsp.evaluation.replay.resource_usage import Meter, Usage
from hand_tracking_dsp.evaluation.replay.timing import EveryFrame, NewestFrame, Timing, Turn
from hand_tracking_dsp.evaluation.replay.worst import WorstFrame
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.power.mac_estimate import MacEstimateOptions
from hand_tracking_dsp.recordings.bag_recording import BagRecording
from hand_tracking_dsp.recordings.folder_recording import FolderRecording
from hand_tracking_dsp.recordings.labels import read_truth
from hand_tracking_dsp.recordings.recorded_depth import DepthChoice
from hand_tracking_dsp.recordings.recording import Recording
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.drift import DriftMonitor, DriftSchedule
from hand_tracking_dsp.tracking.manifest import read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.scout import Scout
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import Drift

# The tracker node's drift_interval.
_DRIFT_INTERVAL = 30
_REPORT_EVERY = 10
_SWITCH_S = 1e-4

Progress = Callable[[int], None]
"""Called with how many more frames are done."""


@dataclass(frozen=True, slots=True)
class RecordingSpec:
    """Name and path of a recording, so that another process can open it.

    Attributes:
        name: Name in tables and files, different from all others.
        path: Path of a bag, or of a folder of pictures.
        topic: Topic of a bag's images; "": its only one.
        truth: Table of the ground truth of pictures; None: not known.
        photos: Whether it is a folder of pictures.
        images: Limit of the images' size, and conversions.
        depth: Depth images of a bag to read; None: none.
    """

    name: str
    path: Path
    topic: str = ""
    truth: Path | None = None
    photos: bool = False
    images: ImageOptions = field(default_factory=ImageOptions)
    depth: DepthChoice | None = None

    def open(self) -> Recording:
        """Open it.

        Raises:
            SourceError: It is missing, or there is nothing in it.
        """
        if self.photos:
            truth = read_truth(self.truth) if self.truth else None
            return FolderRecording(self.path, truth, self.images)
        return BagRecording(self.path, self.topic, self.images, self.depth)


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """Settings of the replay of recordings.

    Attributes:
        bank: Folder of the level bank.
        detector: Palm detector by name; "": the bank's first.
        runtime: Settings of the backend.
        tracker: Settings of the tracker.
        budget_ms: Latency budget, above 0.
        realtime: Drop frames as the live node would; else track every one.
        agreement: Compare every frame with the dense level.
        picojoules_per_mac: Energy of one multiply-accumulate, for the estimate, picojoules.
        worst: Number of the worst frames to keep.
    """

    bank: Path
    detector: str = ""
    runtime: RuntimeOptions = field(default_factory=RuntimeOptions)
    tracker: TrackerOptions = field(default_factory=TrackerOptions)
    budget_ms: float = field(default_factory=lambda: ControllerOptions().budget_ms)
    realtime: bool = False
    agreement: bool = False
    picojoules_per_mac: float = field(default_factory=lambda: MacEstimateOptions().picojoules_per_mac)
    worst: int = 10


@dataclass(frozen=True, slots=True)
class Unit:
    """One recording under one setting."""

    recording: RecordingSpec
    setting: Setting
    options: ReplayOptions


@dataclass(frozen=True, slots=True)
class UnitResult:
    """Result of a unit: a row a frame, the machine's use, and the worst frames, the worst first.

    Attributes:
        problems: Counts of what could not be read, by sentence.
        provider: Backend and execution provider.
        precisions: Precision of each level's file that was loaded.
    """

    unit: Unit
    frames: Frames
    problems: Counter[str]
    usage: Usage
    worst: list[WorstFrame]
    provider: str
    precisions: tuple[str, ...]


def run_unit(unit: Unit, on_progress: Progress = lambda _: None) -> UnitResult:
    """Replay a recording.

    Raises:
        HandTrackingError: The recording, the bank or the policy cannot be used.
    """
    options, setting = unit.options, unit.setting
    bank, detector = _networks(options.bank, options.detector, options.runtime)
    manifest = read_manifest(options.bank)
    recording = unit.recording.open()
    metrics = FrameMetrics(
        run=setting.name,
        bag=unit.recording.name,
        still=recording.still,
        budget_ms=options.budget_ms,
        level_macs=tuple(level.macs for level in manifest.levels),
        detector_macs=manifest.detector(options.detector).macs,
        picojoules_per_mac=options.picojoules_per_mac,
        worst=options.worst,
    )
    replay = _Replay(
        tracker=HandTracker(bank, detector, options.tracker),
        chooser=point_chooser(setting, manifest, options.budget_ms),
        timing=NewestFrame() if options.realtime and not recording.still else EveryFrame(),
        metrics=metrics,
        still=recording.still,
        # A policy receives drift as often as in the running graph.
        policy_drift=_monitor(bank, _DRIFT_INTERVAL, options.budget_ms) if setting.policy else None,
        agreement=_monitor(bank, 1, math.inf) if options.agreement else None,
        placer=_placer(setting.depth_mode, options, bank),
    )
    # Else the reading thread keeps the networks waiting up to 5 ms for the interpreter.
    sys.setswitchinterval(_SWITCH_S)
    # OpenCV's own threads would take the cores that other units run on.
    cv2.setNumThreads(max(1, options.runtime.threads))
    meter = Meter()
    unusable = _unusable(bank, detector)
    done = 0
    with BackgroundWorker() as background, closing(read_ahead(recording.frames())) as recorded:
        for turn in replay.timing.turns(recorded):
            background.submit(replay.handle(turn))
            meter.sample()
            done += 1
            if done % _REPORT_EVERY == 0:
                on_progress(_REPORT_EVERY)
    on_progress(done % _REPORT_EVERY)
    frames, problems = metrics.frames(), recording.problems + replay.placer.problems
    problems.update(_unusable(bank, detector) - unusable)
    if setting.as_recorded and not (frames["outcome"] == HANDLED).any():
        problems["no hands of its images were recorded, so none was tracked as recorded"] += 1
    return UnitResult(
        unit,
        frames,
        problems,
        meter.usage(),
        metrics.worst(),
        bank.provider,
        tuple(choice.precision for choice in bank.choices),
    )


@dataclass(slots=True, kw_only=True)
class _Replay:
    """Handles each image as the running graph does."""

    tracker: HandTracker
    chooser: PointChooser
    timing: Timing
    metrics: FrameMetrics
    still: bool
    policy_drift: DriftMonitor | None
    agreement: DriftMonitor | None
    placer: HandPlacer
    last_s: float = -math.inf

    def handle(self, turn: Turn) -> Callable[[], None]:
        """Track an image, and return what is left to do in the order of the turns: to measure the result."""
        frame = turn.frame
        self.chooser.add_batteries(frame.batteries)
        if frame.image is None:
            return partial(self.metrics.reject, frame)
        choice = None if turn.dropped else self.chooser.choose(frame, turn.start_s)
        if choice is None:
            return partial(self.metrics.drop, frame)
        stamp_s = frame.stamp_ns // 10**9 + (frame.stamp_ns % 10**9) * 1e-9  # as the node computes it
        restarted = self.still or stamp_s < self.last_s
        if restarted:
            self.tracker.reset()
            self.placer.reset()
        self.last_s = stamp_s
        number, point = choice
        shown = self.placer.read(frame, stamp_s)
        if shown is None:
            return partial(self.metrics.reject, frame)
        image, order, depth = shown.pixels, shown.order, shown.depth
        result = self.tracker.track(image, stamp_s, point, order, depth=depth)
        total_ms = shown.conversion_ms + result.stats.total_ms
        self.timing.took(total_ms)
        latency_ms = self.timing.latency_ms(turn, total_ms)
        seen = image, order, result, total_ms, depth
        policy_drift = self.policy_drift.drift(*seen) if self.policy_drift else Drift()
        agreement = self.agreement.measure(*seen) if self.agreement else Drift()
        placed = self.placer.place(frame, result, stamp_s, shown)
        self.placer.consider(frame, result, stamp_s, shown)
        cost = FrameCost.of(
            result,
            policy_drift,
            stamp_ns=frame.stamp_ns,
            conversion_ms=shown.conversion_ms,
            total_ms=total_ms,
            end_to_end_ms=latency_ms,
            operating_point=number,
            depth_ms=0.0 if placed is None else placed.ms,
        )
        self.chooser.learn(turn.start_s + total_ms * 1e-3, cost)
        return partial(self.metrics.add, frame, result, cost, agreement, restarted=restarted, placed=placed)


def _unusable(bank: LevelBank, detector: PalmDetector) -> Counter[str]:
    """Count what could not be used of the networks' outputs so far, by sentence; they serve many units."""
    near = Counter[str]() if detector.near is None else detector.near.unusable
    found = bank.unusable + detector.unusable + near
    return Counter({sentence.removesuffix("."): count for sentence, count in found.items()})


def _monitor(bank: LevelBank, interval: int, budget_ms: float) -> DriftMonitor:
    return DriftMonitor(bank, DriftSchedule(interval, budget_ms))


def _placer(mode: str, options: ReplayOptions, bank: LevelBank) -> HandPlacer:
    if mode != "auto":
        return HandPlacer(mode)
    return HandPlacer(mode, Scout(PalmDetector.load(options.bank, options.detector, options.runtime), bank))


@lru_cache(maxsize=1)
def _networks(bank: Path, detector: str, runtime: RuntimeOptions) -> tuple[LevelBank, PalmDetector]:
    """Load networks once for all units of a process."""
    return LevelBank.load(bank, runtime), PalmDetector.load(bank, detector, runtime)
