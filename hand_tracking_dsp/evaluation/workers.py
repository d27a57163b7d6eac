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

"""The parent's side of frame_worker: start a tracker in its own process and hand it frames."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from hand_tracking_dsp.errors import ConfigurationError, HandTrackingError
from hand_tracking_dsp.hand import Handedness
from hand_tracking_dsp.resources import default_bank
from hand_tracking_dsp.tracking.backends import RuntimeOptions
from hand_tracking_dsp.tracking.operating_point import OperatingPoint
from hand_tracking_dsp.tracking.tracker_options import TrackerOptions
from hand_tracking_dsp.tracking.types import Floats, Image

_SCRIPT = Path(__file__).with_name("frame_worker.py")
_MODULE = f"{__package__}.frame_worker"


@dataclass(frozen=True, slots=True)
class FoundHand:
    """A hand as both trackers report it.

    Attributes:
        landmarks: float32 [21, 3], pixels.
        handedness: Side of the person's body.
        track_id: The same from frame to frame; 0: the tracker gives none.
        measured: Whether a network saw it in this frame; else it was held.
    """

    landmarks: Floats
    handedness: Handedness
    track_id: int = 0
    measured: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer of a tracker on one frame.

    Attributes:
        ms: Time that it took inside its process until the hands were known, milliseconds.
        cpu_ms: Processor time of the tracker since the frame before, all threads, milliseconds.
        detector_ran: Whether the palm detector ran; False where that is not reported.
        detection_ms: Time of the palm detector, also beside the hands, milliseconds; 0 where it did not run
            or is not reported.
        landmarks_ms: Time of the landmark network, milliseconds; 0 likewise.
        hands: The hands it found.
    """

    ms: float
    cpu_ms: float
    detector_ran: bool
    detection_ms: float
    landmarks_ms: float
    hands: tuple[FoundHand, ...]


class TrackerWorker:
    """A tracker in a process of its own; leaving the ``with`` block ends it.

    Args:
        interpreter: The Python that runs it.
        options: Options as frame_worker describes them.
        missing: Advice where the interpreter or its packages are missing; begins with a small letter.
    """

    def __init__(self, interpreter: str, options: Mapping[str, Any], missing: str = "") -> None:
        self._interpreter = interpreter
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        # -I: neither this environment's PYTHONPATH nor the script's folder reaches MediaPipe.
        program = ["-I", str(_SCRIPT)] if options["tracker"] == "mediapipe" else ["-m", _MODULE]
        try:
            self._process = subprocess.Popen(
                [interpreter, *program, json.dumps(dict(options))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )
        except OSError as error:
            self._errors.close()
            msg = f"{interpreter} cannot be run ({error.strerror}): {missing or 'install it'}."
            raise ConfigurationError(msg) from error
        self._input = cast("BinaryIO", self._process.stdin)
        self._output = cast("BinaryIO", self._process.stdout)
        try:
            self.about: dict[str, Any] = self._answer()
        except HandTrackingError as error:
            self.close()
            msg = f"{error} {missing[:1].upper()}{missing[1:]}." if missing else str(error)
            raise ConfigurationError(msg) from error

    def __enter__(self) -> TrackerWorker:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.close()

    def process(
        self,
        image_rgb: Image,
        stamp_s: float = 0.0,
        point: OperatingPoint | int = 0,
        reset: bool = False,
    ) -> Reply:
        """Hand over one frame and wait for the answer.

        Args:
            image_rgb: uint8 [height, width, 3], RGB.
            stamp_s: Seconds, growing.
            point: Operating point, or a sparsity level alone; MediaPipe has none.
            reset: Whether to forget all hands first.

        Raises:
            HandTrackingError: The process has ended.
        """
        height, width = image_rgb.shape[:2]
        point = OperatingPoint(point) if isinstance(point, int) else point
        header = {
            "width": width,
            "height": height,
            "stamp_s": stamp_s,
            "point": (point.level, point.gate, point.search_interval_s),
            "reset": reset,
        }
        with suppress(BrokenPipeError):  # _answer says why
            self._input.write(json.dumps(header).encode() + b"\n" + image_rgb.tobytes())
            self._input.flush()
        answer = self._answer()
        hands = tuple(
            FoundHand(
                np.array(hand["landmarks"], np.float32),
                _side(hand["right"]),
                hand["track_id"],
                hand["measured"],
            )
            for hand in answer["hands"]
        )
        return Reply(**{**answer, "hands": hands})

    def close(self) -> None:
        """End the process; harmless when it has ended."""
        with suppress(BrokenPipeError):
            self._input.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()
        self._errors.close()

    def _answer(self) -> dict[str, Any]:
        if line := self._output.readline():
            answer: dict[str, Any] = json.loads(line)
            return answer
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        last = said[-1] if said else f"exit status {self._process.returncode}"
        msg = f"The tracker's process {self._interpreter} ended: {last}."
        raise HandTrackingError(msg)


def mediapipe_worker(
    interpreter: Path | str, static: bool, max_hands: int, cpu: int | None = None
) -> TrackerWorker:
    """Open MediaPipe's Hands solution (full model, confidence 0.5), static where each image stands alone.

    It stays on one processor core if cpu is given.

    Raises:
        ConfigurationError: The interpreter cannot be run or lacks mediapipe.
    """
    options = {
        "tracker": "mediapipe",
        "static": static,
        "max_hands": max_hands,
        "complexity": 1,
        "confidence": 0.5,
        "cpu": cpu,
    }
    missing = (
        "name a Python that has mediapipe==0.10.21 by --mediapipe-python; make setup-mediapipe makes one"
    )
    return TrackerWorker(str(interpreter), options, missing)


def package_worker(
    tracker: TrackerOptions,
    runtime: RuntimeOptions | None = None,
    bank: Path | str | None = None,
    detector: str = "full",
    cpu: int | None = None,
    *,
    live: bool = False,
) -> TrackerWorker:
    """Open this package's tracker in a process of its own, with a bank's folder or the package's own bank.

    It stays on one processor core if cpu is given, and works with threads if it is live, see HandTracker.

    Raises:
        ConfigurationError: It cannot be opened; the message says why.
    """
    options = {
        "tracker": "package",
        "bank": str(bank or default_bank()),
        "detector": detector,
        "runtime": asdict(runtime or RuntimeOptions()),
        "tracker_options": tracker.values(),
        "live": live,
        "cpu": cpu,
    }
    return TrackerWorker(sys.executable, options)


def _side(right: float) -> Handedness:
    if right == 0.5:
        return Handedness.UNKNOWN
    return Handedness.RIGHT if right > 0.5 else Handedness.LEFT
