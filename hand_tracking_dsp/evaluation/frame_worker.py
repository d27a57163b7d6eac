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

"""A hand tracker in a process of its own, ours or MediaPipe's, behind one protocol on pipes.

Run as a script, so that it also works under an interpreter that has MediaPipe and not this package
(their NumPy versions exclude each other); it imports nothing else at the top.

Protocol: one argument, a JSON object of options (see the two classes). The worker answers one JSON
line about itself. Then, per frame, it reads a JSON line ``{"width", "height", "stamp_s", "point",
"reset"}``, point being level, gate and search interval of an operating point, and width x height x 3
bytes of RGB. It answers a JSON line ``{"ms", "cpu_ms", "detector_ran", "detection_ms", "landmarks_ms",
"hands": [{"landmarks": 21 times [x, y, z] in pixels, "right": probability of an anatomical right hand,
"track_id": 0 where there is none, "measured": whether a network saw it in this frame}]}``. It ends with
its input.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any


class _MediaPipe:
    """MediaPipe's Hands solution: options static, max_hands, complexity and confidence."""

    def __init__(self, options: dict[str, Any]) -> None:
        import mediapipe

        self._hands = mediapipe.solutions.hands.Hands(
            static_image_mode=options["static"],
            max_num_hands=options["max_hands"],
            model_complexity=options["complexity"],
            min_detection_confidence=options["confidence"],
            min_tracking_confidence=options["confidence"],
        )
        self.about = {"name": "MediaPipe Hands " + mediapipe.__version__, "provider": "TFLite XNNPACK"}

    def process(self, image: Any, request: dict[str, Any]) -> Any:  # noqa: ANN401
        if request["reset"]:
            self._hands.reset()
        return self._hands.process(image)

    def cost(self, _result: Any) -> dict[str, Any]:  # noqa: ANN401
        return {"detector_ran": False, "detection_ms": 0.0, "landmarks_ms": 0.0}

    def hands(self, result: Any, width: int, height: int) -> Iterator[dict[str, Any]]:  # noqa: ANN401
        both = zip(result.multi_hand_landmarks or (), result.multi_handedness or (), strict=True)
        for landmarks, handedness in both:
            best = handedness.classification[0]
            yield {
                "landmarks": [[p.x * width, p.y * height, p.z * width] for p in landmarks.landmark],
                # MediaPipe names sides as in a mirrored picture: its "Left" is the right hand of a
                # person whom the camera sees directly.
                "right": best.score if best.label == "Left" else 1 - best.score,
                "track_id": 0,
                "measured": True,
            }


class _Package:
    """This package's tracker: options bank, detector, runtime, tracker_options and live."""

    def __init__(self, options: dict[str, Any]) -> None:
        # MediaPipe's interpreter has none of these.
        import cv2

        from hand_tracking_dsp.tracking.backends import RuntimeOptions
        from hand_tracking_dsp.tracking.bank import LevelBank
        from hand_tracking_dsp.tracking.operating_point import OperatingPoint
        from hand_tracking_dsp.tracking.palm import PalmDetector
        from hand_tracking_dsp.tracking.tracker import HandTracker
        from hand_tracking_dsp.tracking.tracker_options import TrackerOptions

        runtime = RuntimeOptions(**options["runtime"])
        cv2.setNumThreads(max(1, runtime.threads))
        bank = LevelBank.load(options["bank"], runtime)
        detector = PalmDetector.load(options["bank"], options["detector"], runtime)
        self._tracker = HandTracker(
            bank, detector, TrackerOptions.of(options["tracker_options"]), live=options["live"]
        )
        self._point = OperatingPoint
        levels = [info.name for info in bank.levels]
        self.about = {"name": "hand_tracking_dsp", "provider": bank.provider, "levels": levels}

    def process(self, image: Any, request: dict[str, Any]) -> Any:  # noqa: ANN401
        if request["reset"]:
            self._tracker.reset()
        return self._tracker.track(image, request["stamp_s"], self._point(*request["point"]), "rgb")

    def cost(self, result: Any) -> dict[str, Any]:  # noqa: ANN401
        stats = result.stats
        return {
            # Without a search that runs after the frame, whose hands are out by then.
            "ms": stats.total_ms,
            "detector_ran": stats.detector_ran,
            "detection_ms": stats.detection_ms + stats.aside_ms,
            "landmarks_ms": stats.landmarks_ms,
        }

    def hands(self, result: Any, _width: int, _height: int) -> Iterator[dict[str, Any]]:  # noqa: ANN401
        for hand in result.hands:
            # Handedness.UNKNOWN (0) is a toss-up, RIGHT is 2.
            score = hand.handedness_score if hand.handedness else 0.5
            yield {
                "landmarks": hand.landmarks.tolist(),
                "right": score if hand.handedness == 2 else 1 - score,
                "track_id": hand.track_id,
                "measured": hand.measured,
            }


class _TrackerClock:
    """Processor time of a tracker from one frame to the next, also of its threads that go on in between.

    What this thread does between frames, to exchange them, does not count.
    """

    def __init__(self) -> None:
        self._process_s = time.process_time()
        self._exchanged_s = 0.0
        self._thread_s = time.thread_time()

    def start(self) -> None:
        """Begin a frame."""
        self._exchanged_s = time.thread_time() - self._thread_s

    def cpu_ms(self) -> float:
        """Return the time since the end of the frame before, milliseconds, and end this frame."""
        before_s, self._process_s = self._process_s, time.process_time()
        self._thread_s = time.thread_time()
        return max(self._process_s - before_s - self._exchanged_s, 0.0) * 1e3


def _loaded(elapsed_s: float) -> dict[str, float]:
    """Tell what loading a tracker took, seconds, and the most memory that this process has used, MiB."""
    return {"loading_s": elapsed_s, "memory_mib": peak_memory_bytes() / 2**20}


def peak_memory_bytes() -> int:
    """Return the most memory that this process has used, bytes.

    On Linux getrusage counts the process that started this one, too, as it was then.
    """
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:  # noqa: PTH123
            peaks = [line.split()[1] for line in status if line.startswith("VmHWM:")]
        return int(peaks[0]) * 1024
    except (OSError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Serve until standard input ends."""
    import numpy as np

    options = json.loads(sys.argv[1])
    # Libraries print to standard output as they please; the answers get a pipe of their own.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    if options["cpu"] is not None:
        os.sched_setaffinity(0, {options["cpu"]})
    start = time.perf_counter()
    tracker = (_MediaPipe if options["tracker"] == "mediapipe" else _Package)(options)
    print(json.dumps({**tracker.about, **_loaded(time.perf_counter() - start)}), file=answers)
    clock = _TrackerClock()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        width, height = request["width"], request["height"]
        data = sys.stdin.buffer.read(width * height * 3)
        image = np.frombuffer(data, dtype=np.uint8).reshape(height, width, 3)
        clock.start()
        start = time.perf_counter()
        result = tracker.process(image, request)
        elapsed_ms = (time.perf_counter() - start) * 1e3
        answer = {
            "ms": elapsed_ms,
            "cpu_ms": clock.cpu_ms(),
            **tracker.cost(result),
            "hands": list(tracker.hands(result, width, height)),
        }
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
