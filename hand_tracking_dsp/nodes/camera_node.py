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

"""Publishes images of a camera, a file, a stream or the synthetic hand."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from hand_tracking_dsp.cameras.backoff import Backoff, BackoffOptions
from hand_tracking_dsp.cameras.camera import Frame, FrameSource, SourceOptions
from hand_tracking_dsp.cameras.factory import open_source
from hand_tracking_dsp.errors import HandTrackingError
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.messages.depth_images import SharedDepth
from hand_tracking_dsp.messages.images import SharedImage
from hand_tracking_dsp.msg import Hand3DArray, HandArray
from hand_tracking_dsp.nodes.base.image_topics import CAMERA_INFO, COMPRESSED, DEPTH, DEPTH_INFO, IMAGE
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.pacing import FrameSchedule, RateMeter
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.base.running import run_node
from hand_tracking_dsp.nodes.messages.conversion import ROS_MESSAGES, pixels_to_image
from hand_tracking_dsp.nodes.tables.camera import CAMERA
from hand_tracking_dsp.tracking.depth_view import Intrinsics

_JOIN_S = 3.0
# A frame that was left out stays in /diagnostics for so long.
_LEFT_OUT_SHOWN_S = 5.0


class CameraNode(ManagedNode):
    """Publishes what a source of frames sees; a source that is lost is opened again with back-off."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (rclpy's Node has a dozen)
        super().__init__("camera_node", CAMERA, **options)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._source_name = ""
        self._trouble = ""
        self._left_out = 0, ""
        self._left_out_s = -math.inf
        self._without_depth = False
        self._frames = 0
        self._losses = 0
        self._rate = RateMeter()
        self._message: Image | None = None
        self._jpeg_quality = self.parameters["jpeg_quality"]

    def configure(self) -> None:
        """Create the publishers."""
        parameters = self.parameters
        self._retries = parameters.make(BackoffOptions)
        self._options = parameters.make(SourceOptions)
        self._images = parameters.make(ImageOptions)
        self._image = self.share_on(Image, IMAGE, "image")
        self._compressed = (
            self.share_on(CompressedImage, COMPRESSED, "image") if parameters["compressed"] else None
        )
        self._info = self.share_on(CameraInfo, CAMERA_INFO, "image") if parameters["camera_info"] else None
        self._depth = self._depth_info = None
        if parameters["depth"]:
            self._depth = self.share_on(Image, DEPTH, "depth")
            self._depth_info = self.share_on(CameraInfo, DEPTH_INFO, "depth")
        self._truth = self.publish_on(HandArray, "truth", "truth")
        self._truth_3d = self.publish_on(Hand3DArray, "truth_3d", "truth")
        self._frame_id = parameters["frame_id"]
        self._given = {
            name: parameters[name] for name in ("fx_px", "fy_px", "cx_px", "cy_px", "horizontal_fov_deg")
        }

    def activate(self) -> None:
        """Start the thread that reads the source."""
        self._frames = self._losses = 0
        self._left_out = 0, ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(self._stop,), name="source", daemon=True)
        self._thread.start()

    def deactivate(self) -> None:
        """Stop that thread."""
        self._stop.set()
        if self._thread is not None:
            # Opening a stream may take longer; the thread then ends by itself, without publishing.
            self._thread.join(timeout=_JOIN_S)
            self._thread = None

    def apply(self, values: Mapping[str, Any]) -> None:
        """Take up the JPEG quality."""
        self._jpeg_quality = values["jpeg_quality"]

    def describe(self, report: Report) -> None:
        """Say which source, how fast, and what is wrong with it."""
        report.hardware = self._source_name
        report.values |= {
            "source": self._source_name or "not open yet",
            "frames": self._frames,
            "rate_hz": self._rate.hz(time.monotonic()),
            "times_lost": self._losses,
        }
        skipped, problem = self._left_out
        report.values["frames_skipped"] = skipped
        if problem and (not skipped or time.monotonic() - self._left_out_s < _LEFT_OUT_SHOWN_S):
            report.warnings.append(problem)
        if self._without_depth:
            report.warnings.append(f"The {self._source_name} has no depth: nothing is on {DEPTH}.")
        if self._trouble:
            report.errors.append(self._trouble)

    def _run(self, stop: threading.Event) -> None:
        """Read the source until asked to stop; open it again when it is lost."""
        backoff = Backoff(self._retries)
        while not stop.is_set():
            frames_before = self._frames
            try:
                with open_source(self.parameters["source"], self._options, self._images) as source:
                    self._source_name = source.name
                    self.get_logger().info(
                        f"Reading {source.name}, {source.width}x{source.height}, {source.rate_hz:g} Hz."
                    )
                    self._stream(source, stop)
                if not stop.is_set():
                    self._trouble = f"The {source.name} has ended: set loop, or activate the node again."
                    self.get_logger().warning(self._trouble)
                return
            except HandTrackingError as error:
                problem = str(error)
            except Exception as error:  # noqa: BLE001 (a driver's surprise must not end the node)
                problem = f"The source failed with {type(error).__name__}: {error}."
            if stop.is_set():
                return
            if self._frames > frames_before:
                self._losses += 1
                backoff.succeeded()
            wait_s = backoff.failed()
            self._trouble = f"{problem} Next attempt in {wait_s:g} s."
            self.get_logger().error(self._trouble)
            stop.wait(wait_s)

    def _stream(self, source: FrameSource, stop: threading.Event) -> None:
        """Publish frames until the source ends or the node stops."""
        timeout_s = self.parameters["read_timeout_s"]
        schedule = FrameSchedule(source.rate_hz)
        while not stop.is_set():
            frame = source.read(timeout_s)
            if frame is None:
                return
            if stop.wait(0 if source.live else schedule.wait_s(time.monotonic())):
                return
            self._publish(frame, source.intrinsics)
            if source.frames_skipped != self._left_out[0]:
                self._left_out_s = time.monotonic()
            self._left_out = source.frames_skipped, source.problem
            self._trouble = ""
            self._frames += 1
            self._rate.tick(time.monotonic())

    def _publish(self, frame: Frame, intrinsics: Intrinsics | None) -> None:
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self._frame_id)
        height, width = frame.image.shape[:2]
        shared = SharedImage(header, frame.image)
        self._image.publish(shared, lambda: self._image_message(shared))
        infos = [info for info in (self._info, self._depth_info) if info is not None and info.wanted]
        if infos:
            known = self._intrinsics(width, height, intrinsics)
            message = ROS_MESSAGES.camera_info(width, height, known, header)
            for info in infos:
                info.publish(message)
        self._without_depth = self._depth is not None and frame.depth_mm is None
        if self._depth is not None and frame.depth_mm is not None:
            depth = SharedDepth(header, frame.depth_mm)
            self._depth.publish(depth, lambda: ROS_MESSAGES.depth_image(depth.depth_mm, header))
        if frame.truth is not None and self._truth.get_subscription_count():
            self._truth.publish(ROS_MESSAGES.truth(frame.truth, header, width, height))
        if frame.truth is not None and self._truth_3d.get_subscription_count():
            self._truth_3d.publish(ROS_MESSAGES.truth_3d(frame.truth, header))
        if self._compressed is not None and self._compressed.wanted:
            compressed = ROS_MESSAGES.compressed_image(frame.image, self._jpeg_quality, header)
            self._compressed.publish(compressed)

    def _image_message(self, shared: SharedImage) -> Image:
        self._message = pixels_to_image(shared.pixels, shared.header, self._message)
        return self._message

    def _intrinsics(self, width: int, height: int, of_source: Intrinsics | None) -> Intrinsics | None:
        given = self._given
        focal_px, fov_deg = given["fx_px"], given["horizontal_fov_deg"]
        if focal_px == 0 and of_source is not None:
            return of_source
        if focal_px == 0 and fov_deg > 0:
            focal_px = width / 2 / math.tan(math.radians(fov_deg) / 2)
        if focal_px == 0:
            return None
        return Intrinsics(
            fx=focal_px,
            fy=given["fy_px"] or focal_px,
            cx=given["cx_px"] or width / 2,
            cy=given["cy_px"] or height / 2,
        )


main = partial(run_node, CameraNode)
