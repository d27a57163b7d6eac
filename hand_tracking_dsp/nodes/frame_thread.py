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

"""Thread that handles the newest image that has come, and what is wrong with images."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from rclpy.impl.rcutils_logger import RcutilsLogger

from hand_tracking_dsp.errors import FrameError
from hand_tracking_dsp.nodes.base.mailbox import Mailbox
from hand_tracking_dsp.nodes.base.report import Report
from hand_tracking_dsp.nodes.messages.received_images import ReceivedImage

# A bad frame stays in /diagnostics for so long.
_BAD_FRAME_SHOWN_S = 5.0

# Longer than any network takes for a frame.
_STUCK_S = 5.0


class FrameThread:
    """Calls a function with one image after the other, leaving out those that newer ones replace.

    Args:
        handle: Function that handles an image; what it raises is counted and reported.
        enter: Function called first in the thread, for its priority.
        log: Log of the node.

    Attributes:
        rejected: Images that could not be handled.
    """

    def __init__(
        self,
        handle: Callable[[ReceivedImage], None],
        enter: Callable[[], None],
        log: RcutilsLogger,
    ) -> None:
        self._handle, self._enter, self._log = handle, enter, log
        self._images: Mailbox[ReceivedImage] = Mailbox()
        self.rejected = 0
        self._bad_frame = ""
        self._bad_frame_s = -math.inf
        self._taken_s = math.inf
        self._thread = threading.Thread(target=self._run, name="tracker", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Images that newer ones replaced."""
        return self._images.dropped

    def put(self, image: ReceivedImage) -> ReceivedImage | None:
        """Leave an image; return the one that it replaces, None where there is none."""
        return self._images.put(image)

    def stop(self) -> None:
        """End the thread; returns once no image is under way."""
        self._images.close()
        self._thread.join()

    def describe(self, report: Report) -> None:
        """Add the images left out and refused, and what was wrong with the last of these."""
        report.values |= {"frames_dropped": self.dropped, "frames_rejected": self.rejected}
        if (stuck_s := time.monotonic() - self._taken_s) > _STUCK_S:
            report.errors.append(
                f"An image has been under way for {stuck_s:.0f} s: if it never ends, start the node again."
            )
        if time.monotonic() - self._bad_frame_s < _BAD_FRAME_SHOWN_S:
            report.errors.append(self._bad_frame)

    def _run(self) -> None:
        self._enter()
        while (image := self._images.take()) is not None:
            self._taken_s = time.monotonic()
            try:
                self._handle(image)
            except FrameError as error:
                self._reject(str(error))
            except Exception as error:  # noqa: BLE001 (nothing may end the thread)
                self._reject(f"Tracking failed with {type(error).__name__}: {error}.")
            finally:
                self._taken_s = math.inf

    def _reject(self, sentence: str) -> None:
        self.rejected += 1
        self._bad_frame = sentence
        self._bad_frame_s = time.monotonic()
        self._log.warning(sentence, throttle_duration_sec=5.0)
