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

"""Tracks hands in the images it receives, at the sparsity level that is commanded."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from functools import partial
from time import perf_counter
from typing import Any

from std_srvs.srv import Trigger

from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.images.value_scale import ValueScale
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.messages.message import Message, stamp_ns
from hand_tracking_dsp.msg import HandArray, SparsityCommand, TrackerStats
from hand_tracking_dsp.nodes.base.deadlines import Deadlines
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.pacing import RateMeter
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.base.running import run_node
from hand_tracking_dsp.nodes.composed_networks import ComposedNetworks
from hand_tracking_dsp.nodes.depth_fusion import DepthFusion, FoundHands
from hand_tracking_dsp.nodes.frame_pictures import FramePictures
from hand_tracking_dsp.nodes.frame_thread import FrameThread
from hand_tracking_dsp.nodes.image_intake import ImageIntake
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES
from hand_tracking_dsp.nodes.messages.received_images import ReceivedImage, ReceivedImages
from hand_tracking_dsp.nodes.networks_report import (
    choices_made,
    drift_of,
    report_drift,
    report_networks,
    require_depth,
)
from hand_tracking_dsp.nodes.point_command import PointCommand
from hand_tracking_dsp.nodes.tables.tracker import TRACKER
from hand_tracking_dsp.power.accelerator import Accelerator
from hand_tracking_dsp.resources import named_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.composition.composer import ComposerOptions
from hand_tracking_dsp.tracking.deadline import Deadline, DeadlineOptions
from hand_tracking_dsp.tracking.drift import DriftMonitor, DriftSchedule
from hand_tracking_dsp.tracking.gate import GateOptions
from hand_tracking_dsp.tracking.manifest import Manifest, read_manifest
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.scout import Scout
from hand_tracking_dsp.tracking.tracker import HandTracker
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import FrameResult


class HandTrackerNode(ManagedNode):
    """Tracks hands; the subscription only keeps the newest image, a thread of its own does the work."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (rclpy's Node has a dozen)
        super().__init__("hand_tracker_node", TRACKER, **options)
        self._tracker: HandTracker | None = None
        self._bank: LevelBank | None = None
        self._detector: PalmDetector | None = None
        self._drift: DriftMonitor | None = None
        self._accelerator: Accelerator | None = None
        self._thread: FrameThread | None = None
        self._fusion: DepthFusion | None = None
        self._deadline = Deadline(DeadlineOptions())
        self._deadlines: Deadlines[ReceivedImage] | None = None
        self._manifest: Manifest | None = None
        self._command: PointCommand | None = None
        self._composed = ComposedNetworks(self.get_logger().warning)
        self._reset_wanted = False
        self._frames = 0
        self._last_stamp_s = -math.inf
        self._rate = RateMeter()
        self._latest: FrameResult | None = None
        self._message: HandArray | None = None

    def configure(self) -> None:
        """Load every network of the bank and create topics."""
        parameters = self.parameters
        runtime = parameters.make(RuntimeOptions)
        folder = named_bank(parameters["bank"])
        self._manifest = manifest = read_manifest(folder)
        self._command = PointCommand.at_start(manifest, parameters["level"], parameters["operating_point"])
        named = parameters["detector"] or "listed first"
        self.progress(f"Loading the palm detector {named} in {folder}.")
        detector = self._detector = PalmDetector.load(folder, parameters["detector"], runtime)
        self._bank = LevelBank.load(folder, runtime, self._report_loading)
        require_depth(self._bank, parameters["depth.mode"])
        self._tracker = HandTracker(self._bank, detector, TrackerOptions.of(parameters.group("")), live=True)
        self._composed.open(manifest, self._bank, parameters.make(ComposerOptions, "composition."))
        schedule = DriftSchedule(parameters["drift_interval"], parameters["drift_budget_ms"])
        self._drift = DriftMonitor(self._bank, schedule)
        self._accelerator = Accelerator()
        chosen, problems = choices_made(detector, self._bank)
        for sentence in chosen:
            self.get_logger().info(sentence)
        for sentence in problems:
            self.get_logger().warning(sentence)
        self._create_topics()

    def activate(self) -> None:
        """Start the threads that track, and that keep the deadline."""
        self._scale = ValueScale(self._image_options)
        self._frames = 0
        self._last_stamp_s = -math.inf
        self._reset_wanted = True
        self._received.restart()
        self._deadlines = Deadlines(
            self._predict, partial(self._warn, "Predicting hands"), self.scheduling.enter_timer
        )
        self._intake.restart()
        if self._fusion is not None:
            self._fusion.start()
        self._thread = FrameThread(self._handle, self.scheduling.enter_thread, self.get_logger())

    def deactivate(self) -> None:
        """Stop these threads."""
        if self._thread is not None:
            self._thread.stop()
            self._thread = None
        if self._fusion is not None:
            self._fusion.stop()
        if self._deadlines is not None:
            self._deadlines.stop()
        if self._tracker is not None:
            self._tracker.close()

    def cleanup(self) -> None:
        """Free the networks."""
        if self._fusion is not None:
            self._fusion.close()
        self._composed.close()
        self._tracker = self._bank = self._detector = self._drift = None
        self._accelerator = self._latest = self._fusion = None

    def apply(self, values: Mapping[str, Any]) -> None:
        """Take up the deadline, the gate, and how often and at what cost drift is measured."""
        self._deadline.options = self.parameters.make(DeadlineOptions, "deadline.", values)
        if self._tracker is not None:
            self._tracker.gate.options = self.parameters.make(GateOptions, "gate.", values)
        self._composed.set_options(self.parameters.make(ComposerOptions, "composition.", values))
        if self._drift is not None:
            schedule = self._drift.schedule
            schedule.interval = values.get("drift_interval", schedule.interval)
            schedule.budget_ms = values.get("drift_budget_ms", schedule.budget_ms)

    def describe(self, report: Report) -> None:
        """Say how fast, at which level, and what was wrong with images."""
        report.values |= {
            "frames": self._frames,
            "frames_at_deadline": self._deadlines.substituted if self._deadlines else 0,
            "rate_hz": self._rate.hz(time.monotonic()),
        }
        if self._bank is not None and self._detector is not None and self._command is not None:
            report.values |= self._command.values()
            report.warnings += self._command.warnings()
            report_networks(report, self._detector, self._bank, self._command.applied_level)
            report_drift(report, self._drift)
        if self._latest is not None:
            report.values["hands"] = len(self._latest.hands)
            report.values["total_ms"] = self._latest.stats.total_ms
            warnings, notes = self._received.remarks(self._intake.topic)
            report.warnings += warnings
            report.notes += notes
        for part in (self._thread, self._fusion, self._intake, self._composed):
            if part is not None:
                part.describe(report)

    def _report_loading(self, what: str, ready: int, total: int) -> None:
        if ready < total:
            self.progress(f"Loading {what}, {ready} of {total} are ready.")

    def _create_topics(self) -> None:
        parameters = self.parameters
        self._image_options = parameters.make(ImageOptions)
        self._hands = self.publish_on(HandArray, "hands", "hands")
        self._stats = self.publish_on(TrackerStats, "stats", "hands")
        self._deadline.options = parameters.make(DeadlineOptions, "deadline.")
        self._received = ReceivedImages(parameters["horizontal_fov_deg"], self._deadline)
        self._pictures = FramePictures(self, self._received)
        with_depth = parameters["depth.mode"] != "rgb"
        self._fusion = DepthFusion(self, self._received, self._pictures) if with_depth else None
        self._intake = ImageIntake(self, self._received, self._fusion, self._scout(), self._on_image)
        self.listen_to(SparsityCommand, "sparsity_command", self._on_command, "command")
        self.serve(Trigger, "~/reset", self._on_reset)

    def _scout(self) -> Scout | None:
        """Make what looks into the images that are not used, in the mode auto."""
        parameters, bank, manifest = self.parameters, self._bank, self._manifest
        if parameters["depth.mode"] != "auto" or bank is None or manifest is None:
            return None
        runtime = parameters.make(RuntimeOptions)
        return Scout(PalmDetector.load(manifest, parameters["detector"], runtime), bank)

    def _on_image(self, message: Message, is_depth: bool) -> None:
        # They may be stopped meanwhile, where the camera's thread calls.
        deadlines, thread = self._deadlines, self._thread
        if self.state == "active" and deadlines is not None and thread is not None:
            now_ns = self.get_clock().now().nanoseconds
            image = self._received.receive(message, now_ns, time.monotonic(), is_depth=is_depth)
            if self._deadline.options.predict and not image.is_late:
                deadlines.add(image)
            deadlines.drop(thread.put(image))
            # Let go of the interpreter, so that the tracking thread begins now and not only when this
            # one next waits for a message: a quarter of a millisecond sooner.
            time.sleep(1e-6)

    def _on_command(self, message: SparsityCommand) -> None:
        if self._manifest is not None:
            self._command = PointCommand(self._manifest, message.level, message.operating_point)
            self._composed.command(self._command.applied_level, message.keep)

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._reset_wanted = True
        response.success = True
        response.message = "All hands are forgotten with the next image."
        return response

    def _predict(self, image: ReceivedImage) -> bool:
        """Publish the hands that an image is expected to show; called at its deadline, in another thread."""
        outlook = self._tracker.outlook if self._tracker else None
        prediction = outlook.at(image.stamp_s) if outlook else None
        if prediction is None:
            return False
        self._hands.publish(ROS_MESSAGES.predicted(prediction, image.message.header))
        image.substitute(prediction, time.monotonic())
        return True

    def _warn(self, what: str, error: Exception) -> None:
        self.get_logger().warning(
            f"{what} failed with {type(error).__name__}: {error}.", throttle_duration_sec=5.0
        )

    def _handle(self, image: ReceivedImage) -> None:
        try:
            self._track(image)
        finally:
            if self._deadlines is not None:
                self._deadlines.drop(image)

    def _track(self, image: ReceivedImage) -> None:
        tracker, deadlines, command, thread = self._tracker, self._deadlines, self._command, self._thread
        if tracker is None or deadlines is None or command is None or thread is None:
            return
        start = perf_counter()
        message, stamp_s = image.message, image.stamp_s
        pixels, order = self._intake.pixels(image, self._scale)
        conversion_ms = (perf_counter() - start) * 1e3
        height, width = pixels.shape[:2]
        self._received.note(message.header, width, height)
        if self._reset_wanted or stamp_s < self._last_stamp_s:
            tracker.reset()
            self._reset_wanted = False
        self._last_stamp_s = stamp_s
        left_ms = self._deadline.network_ms(image.due_s - deadlines.ahead_s, time.monotonic())
        self._composed.apply(tracker)
        depth = self._fusion.drawn if self._fusion and image.is_depth else None
        result = tracker.track(pixels, stamp_s, command.in_force[1], order, left_ms, depth)
        hands = self._message = ROS_MESSAGES.hands(result, message.header, width, height, self._message)
        total_ms = (perf_counter() - start) * 1e3
        deadlines.settle(image, partial(self._hands.publish, hands))
        depth_ms = 0.0
        if self._fusion is not None:
            found = FoundHands(result, message.header, stamp_s, width, height, depth)
            depth_ms = self._fusion.place(found)
        self._rate.tick(now_s := time.monotonic())
        end_to_end_ms = self._received.end_to_end_ms(
            message.header.stamp, self.get_clock().now().nanoseconds, total_ms, now_s
        )
        self._frames += 1
        self._latest = result
        cost = FrameCost.of(
            result,
            drift_of(self._drift, self._warn, pixels, order, result, total_ms, depth),
            stamp_ns=stamp_ns(message),
            frame=self._frames,
            frames_dropped=thread.dropped,
            frames_rejected=thread.rejected,
            conversion_ms=conversion_ms,
            total_ms=total_ms,
            end_to_end_ms=end_to_end_ms,
            depth_ms=depth_ms,
            **command.numbers,
            accelerator_utilization=self._accelerator.busy(now_s) if self._accelerator else math.nan,
            at_deadline=image.substituted,
            published_ms=image.published_ms,
            prediction_error=image.prediction.error_percent(result.hands) if image.prediction else math.nan,
        )
        self._stats.publish(ROS_MESSAGES.stats(cost, message.header))
        self._pictures.publish(pixels, order, result, cost, message.header)
        self._intake.consider(image, result, self._scale)
        self._composed.see(pixels, order, result)


main = partial(run_node, HandTrackerNode)
