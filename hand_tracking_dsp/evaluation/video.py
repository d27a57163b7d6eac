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

"""The annotated video of a run: pictures kept as JPEG while it lasts, drawn and encoded afterwards."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.depth.draw import draw_depth_inset, draw_hands_in_space
from hand_tracking_dsp.errors import HandTrackingError, OutputError
from hand_tracking_dsp.files import make_folder, replaced_files, write_bytes
from hand_tracking_dsp.messages.frame_cost import FrameCost
from hand_tracking_dsp.recordings.run import Charge, ObservedRun
from hand_tracking_dsp.tracking.caption import Caption
from hand_tracking_dsp.tracking.draw import write_caption
from hand_tracking_dsp.tracking.types import Image, TrackedHand

Depth = NDArray[np.uint16]
"""A depth image, uint16 [height, width], millimetres; 0 = unknown."""

_JPEG = ".jpg", [cv2.IMWRITE_JPEG_QUALITY, 90]
# Expected deviation of landmarks, % of palm size, at which a hand is not to be shown as an example.
_USELESS_PERCENT = 30.0
_PNG = ".png", [cv2.IMWRITE_PNG_COMPRESSION, 1]
_LABEL_BGR = (120, 220, 255)


class FrameSpool:
    """Keeps pictures on disk while the nodes run: JPEG costs them less time than a video encoder.

    They lie in a file without a name, of which nothing is left however the process ends.

    Args:
        folder: Folder with room for them; made if missing.

    Attributes:
        problem: Sentence on why pictures are missing; "" where none is.

    Raises:
        OutputError: It cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        try:
            make_folder(folder)
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by __exit__)
        except OSError as error:
            msg = f"{folder} cannot be written ({error.strerror}): choose another folder or make room."
            raise OutputError(msg) from error
        self._index: list[tuple[int, int]] = []
        self.problem = ""

    def __enter__(self) -> FrameSpool:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free the room."""
        self._file.close()

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self._index)

    @property
    def rate_hz(self) -> float:
        """Rate at which the pictures came, 1 to 240 Hz; 30 where their stamps do not show it."""
        stamps = [stamp_ns for stamp_ns, _ in self._index]
        if len(stamps) < 2 or stamps[-1] <= stamps[0]:
            return 30.0
        return min(max((len(stamps) - 1) / ((stamps[-1] - stamps[0]) * 1e-9), 1.0), 240.0)

    def add(self, stamp_ns: int, image: Image | Depth) -> None:
        """Keep a BGR picture, or a depth image as it is, unless there was no room for an earlier one."""
        if self.problem:
            return
        suffix, settings = _PNG if image.ndim == 2 else _JPEG
        _, packed = cv2.imencode(suffix, image, settings)
        try:
            self._file.write(packed.tobytes())
        except OSError as error:
            self.problem = f"The video ends before the run ({error.strerror}): make room for its pictures."
            return
        self._index.append((stamp_ns, len(packed)))

    @property
    def stamps_ns(self) -> list[int]:
        """Stamps of the pictures, nanoseconds, in the order they came."""
        return [stamp_ns for stamp_ns, _ in self._index]

    def frames(self) -> Iterator[tuple[int, Any]]:
        """Yield stamp (nanoseconds) and picture, in the order they came."""
        with suppress(OSError):  # the last picture may be cut off where there was no room
            self._file.flush()
        self._file.seek(0)
        for stamp_ns, size in list(self._index):
            jpeg = np.frombuffer(self._file.read(size), dtype=np.uint8)
            yield stamp_ns, cv2.imdecode(jpeg, cv2.IMREAD_UNCHANGED)
        self._file.seek(0, os.SEEK_END)


def write_video(
    spool: FrameSpool,
    recording: ObservedRun,
    path: Path,
    labels: Sequence[str] = (),
    on_frame: Callable[[int], None] = lambda _: None,
    depths: FrameSpool | None = None,
) -> None:
    """Draw what was found into the pictures and encode them (MPEG-4; plays in mpv, VLC and ffplay).

    Pictures from before the first frame that was handled are left out. Beside the video, under its name
    with the ending .png, stands the picture with the hand that was measured best, by size and expected error,
    of those whose battery is known if any is.
    The labels are remarks that a viewer must see, for example that the pictures are synthetic. Depth images
    of the same stamps, uint16 [height, width] in millimetres, are drawn small into them.

    Raises:
        HandTrackingError: OpenCV has no encoder here.
        OutputError: A file cannot be written.
    """
    costs = {cost.stamp_ns: cost for cost in recording.costs}
    # Of an image whose hands were received the picture itself may have been lost.
    drawn = recording.hands.keys() & {ns for ns in spool.stamps_ns if ns >= recording.start_ns}
    still_ns = max(
        sorted(drawn),
        key=lambda ns: (recording.charge_at(ns) is not None, _clearness(recording.hands[ns])),
        default=None,
    )
    still = path.with_suffix(".png")
    with replaced_files(path.parent, [still.name], path.name) as made:
        writer: cv2.VideoWriter | None = None
        depth_at = _DepthAt(depths)
        try:
            for done, (stamp_ns, image) in enumerate(spool.frames(), 1):
                if stamp_ns < recording.start_ns:
                    continue
                caption = _caption(costs.get(stamp_ns), recording.charge_at(stamp_ns))
                if (depth_mm := depth_at(stamp_ns)) is not None:
                    draw_depth_inset(image, depth_mm.astype(np.float32) * np.float32(1e-3))
                hands, space = recording.hands.get(stamp_ns, ()), recording.hands_3d.get(stamp_ns)
                found = {} if space is None else {hand.track_id: hand for hand in space.hands}
                draw_hands_in_space(image, hands, found, caption)
                write_caption(image, "\n".join(labels), _LABEL_BGR, at_bottom=True)
                if writer is None:
                    writer = _open_writer(made / path.name, spool.rate_hz, image)
                writer.write(image)
                if stamp_ns == still_ns:
                    write_bytes(made / still.name, cv2.imencode(".png", image)[1].tobytes())
                on_frame(done)
        finally:
            if writer is not None:
                writer.release()


class _DepthAt:
    """Gives the depth image of a stamp; the stamps are asked for in the order of the pictures."""

    def __init__(self, depths: FrameSpool | None) -> None:
        self._frames = iter(()) if depths is None else depths.frames()
        self._next = next(self._frames, None)

    def __call__(self, stamp_ns: int) -> Depth | None:
        while self._next is not None and self._next[0] < stamp_ns:
            self._next = next(self._frames, None)
        return self._next[1] if self._next is not None and self._next[0] == stamp_ns else None


def _clearness(hands: Sequence[TrackedHand]) -> float:
    """Return how well the clearest measured hand is seen: its box's area, less by its expected error."""
    return max((_area(hand) * _trust(hand.error_percent) for hand in hands if hand.measured), default=0.0)


def _area(hand: TrackedHand) -> float:
    """Return the area of the box around a hand's landmarks, square pixels."""
    return float(np.prod(np.ptp(hand.landmarks[:, :2], axis=0)))


def _trust(error_percent: float) -> float:
    """Return 1 at no expected error, or where none is known, and 0 from one on that is of no use."""
    return 1.0 if math.isnan(error_percent) else max(1.0 - error_percent / _USELESS_PERCENT, 0.0)


def _caption(cost: FrameCost | None, charge: Charge | None) -> str:
    """Return the caption with the frame's cost and the battery's charge."""
    if cost is None:
        return "frame not handled"
    share = math.nan if charge is None else charge.charge
    return str(Caption(cost.level, cost.total_ms, cost.end_to_end_ms, share))


def _open_writer(path: Path, rate_hz: float, image: Image) -> cv2.VideoWriter:
    height, width = image.shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate_hz, (width, height))
    if not writer.isOpened():
        msg = f"The video {path} cannot be written: install an OpenCV with an MPEG-4 encoder."
        raise HandTrackingError(msg)
    return writer
