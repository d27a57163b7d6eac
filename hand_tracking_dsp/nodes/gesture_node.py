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

"""Names the gestures of the hands it receives, and reports their start, holding and end."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from std_msgs.msg import Header

from hand_tracking_dsp.gestures.examples import OwnGesture, load_gestures
from hand_tracking_dsp.gestures.options import GestureOptions
from hand_tracking_dsp.gestures.recognizer import GestureRecognizer
from hand_tracking_dsp.gestures.types import GestureEvent, HandGesture
from hand_tracking_dsp.messages.hand_pairing import HandPairing, Pair
from hand_tracking_dsp.messages.hands import tracked_hands
from hand_tracking_dsp.messages.hands_3d import space_hands
from hand_tracking_dsp.messages.stamp_clock import StampClock
from hand_tracking_dsp.msg import GestureArray, Hand3DArray, HandArray
from hand_tracking_dsp.msg import GestureEvent as EventMessage
from hand_tracking_dsp.nodes.base.managed import ManagedNode
from hand_tracking_dsp.nodes.base.pacing import RateMeter
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.base.running import run_node
from hand_tracking_dsp.nodes.messages.conversion import seconds
from hand_tracking_dsp.nodes.messages.gesture_messages import event_message, gestures_message
from hand_tracking_dsp.nodes.messages.hri_gestures import hri_gesture_class, hri_gesture_message
from hand_tracking_dsp.nodes.tables.gestures import GESTURE

# Period of the check for silent hands.
_WATCH_PERIOD_S = 0.05
# Period of the check for hands that have waited for long enough for those in space.
_PAIRING_PERIOD_S = 0.01


class GestureNode(ManagedNode):
    """Feeds the recognizer, whose time is that of the images' stamps.

    Held gestures end also where nothing more is received: where hands are silent for silence_s by the
    machine's own clock, where thresholds change, and where the node is deactivated.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (rclpy's Node has a dozen)
        super().__init__("gesture_node", GESTURE, **options)
        self._recognizer: GestureRecognizer | None = None
        self._own: tuple[OwnGesture, ...] = ()
        self._header = Header()
        self._stamps = StampClock()
        self._received_s = -math.inf
        self._silence_s = math.inf
        self._rate = RateMeter()
        self._latest: tuple[HandGesture, ...] = ()
        self._events = self._hands_rejected = 0
        self._pairing: HandPairing | None = None
        self._in_space = 0

    def configure(self) -> None:
        """Read the user's gestures and create topics."""
        file = self.parameters["gestures_file"]
        self._own = load_gestures(Path(file).expanduser()) if file else ()
        self._recognizer = GestureRecognizer(self.parameters.make(GestureOptions), self._own)
        self._silence_s = self.parameters["silence_s"]
        self._gestures = self.publish_on(GestureArray, "gestures", "gestures")
        self._happened = self.publish_on(EventMessage, "gesture_events", "events")
        self._hri_class = hri_gesture_class() if self.parameters["hri_gestures"] else None
        self._hri = self.publish_on(self._hri_class, "hri_gesture", "events") if self._hri_class else None
        self.listen_to(HandArray, "hands", self._on_hands, "hands")
        self._pairing = None
        if self.parameters["depth.hands_3d"]:
            self._pairing = HandPairing(self.parameters["depth.wait_s"])
            self.listen_to(Hand3DArray, "hands_3d", self._on_hands_3d, "hands_3d")

    def activate(self) -> None:
        """Begin to look for silence."""
        self._events = self._hands_rejected = 0
        self._received_s = -math.inf
        self._stamps = StampClock()
        self.repeat(_WATCH_PERIOD_S, self._watch)
        if self._pairing is not None:
            self._pairing = HandPairing(self.parameters["depth.wait_s"])
            self.repeat(_PAIRING_PERIOD_S, self._pair_overdue)

    def deactivate(self) -> None:
        """End what is held."""
        self._end_all()

    def cleanup(self) -> None:
        """Forget the recognizer."""
        self._recognizer = None
        self._own = ()

    def apply(self, values: Mapping[str, Any]) -> None:
        """Take up thresholds; what is held ends, as it was held by the old ones."""
        options = self.parameters.make(GestureOptions, changes=values)
        self._silence_s = values.get("silence_s", self._silence_s)
        if self._recognizer is not None and values.keys() - {"silence_s"}:
            self._end_all()
            self._recognizer = GestureRecognizer(options, self._own)

    def describe(self, report: Report) -> None:
        """Say how often hands come, and what they show."""
        report.values |= {
            "rate_hz": self._rate.hz(time.monotonic()),
            "gestures": ", ".join(gesture.held or "none" for gesture in self._latest),
            "events": self._events,
            "hands_rejected": self._hands_rejected,
            "own_gestures": len(self._own),
        }
        if self._pairing is not None:
            report.values["hands_in_space"] = f"{self._in_space} of {len(self._latest)}"
        if sentence := self._stamps.warning(self.resolve_topic_name("hands")):
            report.warnings.append(sentence)

    def _on_hands(self, message: HandArray) -> None:
        if self._recognizer is None or self.state != "active":
            return
        self._received_s = time.monotonic()
        self._rate.tick(self._received_s)
        if self._pairing is None:
            self._recognize(message, None)
        else:
            self._recognize_all(self._pairing.add_hands(message, self._received_s))

    def _on_hands_3d(self, message: Hand3DArray) -> None:
        if self._pairing is not None and self.state == "active":
            self._recognize_all(self._pairing.add_in_space(message, time.monotonic()))

    def _pair_overdue(self) -> None:
        if self._pairing is not None:
            self._recognize_all(self._pairing.overdue(time.monotonic()))

    def _recognize_all(self, pairs: Iterable[Pair]) -> None:
        for hands, in_space in pairs:
            self._recognize(hands, in_space)

    def _recognize(self, message: HandArray, in_space: Hand3DArray | None) -> None:
        if self._recognizer is None:
            return
        self._header = message.header
        arrival_s = self.get_clock().now().nanoseconds * 1e-9
        stamp_s = self._stamps.time_s(seconds(message.header.stamp), arrival_s)
        size = (message.image_width, message.image_height)
        hands = tracked_hands(message)
        known_size = size if all(size) else None
        found = {} if in_space is None else {hand.track_id: hand for hand in space_hands(in_space)}
        gestures, events = self._recognizer.update(stamp_s, hands, known_size, message.predicted_s, found)
        self._latest = gestures
        self._in_space = sum(gesture.track_id in found for gesture in gestures)
        self._reject(len(message.hands) - len(gestures))
        frame_id_3d = in_space.header.frame_id if in_space is not None and self._in_space else ""
        self._gestures.publish(gestures_message(gestures, message, frame_id_3d))
        self._report(events)

    def _reject(self, hands: int) -> None:
        if hands:
            self._hands_rejected += hands
            self.get_logger().warning(
                "A hand was left out: its landmarks or its track_id cannot be used.",
                throttle_duration_sec=5.0,
            )

    def _watch(self) -> None:
        if time.monotonic() - self._received_s > self._silence_s:
            self._end_all()

    def _end_all(self) -> None:
        if self._recognizer is not None:
            self._latest = ()
            self._report(self._recognizer.reset())

    def _report(self, events: Iterable[GestureEvent]) -> None:
        for event in events:
            self._events += 1
            self._happened.publish(event_message(event, self._header))
            if self._hri is not None and (told := hri_gesture_message(event, self._header, self._hri_class)):
                self._hri.publish(told)


main = partial(run_node, GestureNode)
