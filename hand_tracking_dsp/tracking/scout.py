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

"""Single looks for hands in images that are not tracked."""

from __future__ import annotations

from hand_tracking_dsp.tracking.bank import LevelBank
from hand_tracking_dsp.tracking.geometry import region_from_palm
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.types import ChannelOrder, Image


class Scout:
    """Looks for a hand in an image, without anything known of earlier ones.

    Args:
        detector: Palm detector of its own, since that of a tracker may run in another thread.
        bank: Networks, which may be a tracker's of the same thread.
    """

    def __init__(self, detector: PalmDetector, bank: LevelBank) -> None:
        self._detector, self._bank = detector, bank

    def presence(self, image: Image, order: ChannelOrder = "rgb") -> float:
        """Return the presence of the hand whose palm is most likely, 0 to 1; 0: no palm is found.

        Args:
            image: uint8 [height, width, 3].
            order: The order of its channels.
        """
        for palm in self._detector.detect(image, order, max_hands=1):
            return self._bank.landmarks(image, region_from_palm(palm), 0, order).presence
        return 0.0
