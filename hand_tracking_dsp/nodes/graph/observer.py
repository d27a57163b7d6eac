"""Watches the topics of running nodes and records them in plain values, for demo and measurement."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState, CameraInfo, Image

from hand_tracking_dsp.messages.hands import stamp_ns, tracked_hands
from hand_tracking_dsp.messages.images import image_to_pixels
from hand_tracking_dsp.msg import HandArray, SparsityCommand, TrackerStats
from hand_tracking_dsp.nodes.graph.spinning import SpinningNode
from hand_tracking_dsp.recordings.run import Charge, FrameCost, ObservedCommand, ObservedRun
from hand_tracking_dsp.tracking.types import Image as Pixels

# Deep enough for the observer to be late by some seconds: it shares the machine with the nodes.
_RELIABLE = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE)
_LATE_JOINER = QoSProfile(
    depth=50, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)
_BEST_EFFORT = QoSProfile(depth=4, reliability=ReliabilityPolicy.BEST_EFFORT)


class Observer(SpinningNode):
    """Records topics in a thread of its own; leaving the ``with`` block ends it.

    Args:
        domain_id: ROS domain; None: the environment's.
        on_image: Called with stamp (nanoseconds) and BGR pixels for every image; None: neither images
            nor exact joints are subscribed to, which spares the machine their transport.

    Attributes:
        recording: What was seen so far; lists only grow.
    """

    def __init__(
        self, domain_id: int | None = None, on_image: Callable[[int, Pixels], None] | None = None
    ) -> None:
        super().__init__("hand_tracking_observer", domain_id)
        self.recording = ObservedRun()
        self._on_image = on_image
        self._subscribe()

    def _subscribe(self) -> None:
        subscribe = self.node.create_subscription
        subscribe(HandArray, "hands", self._on_hands, _RELIABLE)
        subscribe(TrackerStats, "stats", self._on_stats, _RELIABLE)
        subscribe(SparsityCommand, "sparsity_command", self._on_command, _LATE_JOINER)
        subscribe(BatteryState, "battery_state", self._on_battery, _RELIABLE)
        subscribe(CameraInfo, "camera_info", self._on_camera_info, _BEST_EFFORT)
        if self._on_image is not None:
            subscribe(Image, "image_raw", self._on_raw_image, _BEST_EFFORT)
            subscribe(HandArray, "truth", self._on_truth, _RELIABLE)

    def _on_hands(self, message: HandArray) -> None:
        self.recording.hands[stamp_ns(message)] = tracked_hands(message)

    def _on_truth(self, message: HandArray) -> None:
        self.recording.truth[stamp_ns(message)] = tracked_hands(message)

    def _on_camera_info(self, message: CameraInfo) -> None:
        self.recording.published.add(stamp_ns(message))

    def _on_stats(self, message: TrackerStats) -> None:
        self.recording.costs.append(
            FrameCost(
                stamp_ns=stamp_ns(message),
                frames_dropped=message.frames_dropped,
                frames_rejected=message.frames_rejected,
                total_ms=message.total_ms,
                inference_ms=message.detection_ms + message.landmarks_ms,
                end_to_end_ms=message.end_to_end_ms,
                level=message.applied_level,
                hands=message.hands,
                provider=message.provider,
                drift=message.drift,
                drift_sparser=message.drift_sparser,
            )
        )

    def _on_command(self, message: SparsityCommand) -> None:
        self.recording.commands.append(ObservedCommand(stamp_ns(message), message.level, message.detail))

    def _on_battery(self, message: BatteryState) -> None:
        power_w = message.voltage * -message.current
        self.recording.charges.append(Charge(stamp_ns(message), message.percentage, power_w))

    def _on_raw_image(self, message: Image) -> None:
        at_ns = stamp_ns(message)
        self.recording.published.add(at_ns)
        pixels, order = image_to_pixels(message)
        if self._on_image is not None:
            self._on_image(at_ns, pixels if order == "bgr" else np.ascontiguousarray(pixels[:, :, ::-1]))
