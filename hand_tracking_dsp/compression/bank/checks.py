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

"""Checks of a bank's networks: what they say of hands on this machine.

Landmark networks are compared with the bank's dense one, and the result with that in bank.json; palm
detectors with their own default file. So a variant that this machine computes wrongly shows: INT8 sums that
overflow, a provider with a defect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import (
    Predictions,
    deviation_palm_percent,
    predict,
    predict_depth,
)
from hand_tracking_dsp.compression.data.crops import HandFinder, cut
from hand_tracking_dsp.errors import BackendError, ConfigurationError, ModelError
from hand_tracking_dsp.recordings.truth import boxes_overlap
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.depth_level import require_own_joints
from hand_tracking_dsp.tracking.losses import DEVIATION, PALMS_FOUND
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_file import read_network
from hand_tracking_dsp.tracking.network_info import LevelInfo, NetworkInfo
from hand_tracking_dsp.tracking.opening import open_checked
from hand_tracking_dsp.tracking.palm import PalmDetector
from hand_tracking_dsp.tracking.precision import Choice
from hand_tracking_dsp.tracking.types import Image, PalmDetection

_LEAST_PALMS_FOUND = 90.0
_SAME_PALM = 0.5
# How far a deviation may lie above what was recorded on the same pictures, and on other ones: times
# the first, plus the second in % of palm size. The lite network was seen to deviate by 3.9 % on synthetic
# hands and by 13.7 % on hands of a head camera.
_ON_SAME, _ON_OTHER = (1.5, 0.5), (4.0, 5.0)


@dataclass(frozen=True, slots=True)
class Check:
    """Result of a network on this machine.

    Attributes:
        choice: The network, its file and runtime.
        metric: DEVIATION or PALMS_FOUND.
        value: The result, %; NaN where it could not be run.
        limit: The worst result allowed, %; None where nothing was recorded to compare with.
        samples: Number of crops or palms compared.
        problem: Why it could not be run or used; "" if it could.
        opens: Whether it could be opened.
    """

    choice: Choice[NetworkInfo]
    metric: str
    value: float
    limit: float | None
    samples: int
    problem: str = ""
    opens: bool = True

    @property
    def accepted(self) -> bool:
        """True if the result is a number within the limit."""
        if self.limit is None or math.isnan(self.value):
            return not math.isnan(self.value)
        return self.value <= self.limit if self.metric == DEVIATION else self.value >= self.limit


@dataclass(frozen=True, slots=True)
class CheckedHands:
    """Hands to check networks on.

    Attributes:
        data: Name of them in bank.json.
        images: uint8 [height, width, 3] each, BGR.
        depths: uint8 [n, size, size], depth of other hands as bytes, for levels that see depth; None without.
    """

    data: str
    images: Sequence[Image]
    depths: NDArray[np.uint8] | None = None

    def looker(self, level: LevelInfo) -> Callable[[Session], Predictions]:
        """Return what runs a level as others of its kind.

        Raises:
            ModelError: It finds other joints than the package's.
            ConfigurationError: It sees depth, of which there is none; or the pictures show no hand.
        """
        if level.depth is None:
            crops = _crops(self.images)
            return lambda session: predict(session, crops)
        require_own_joints(level.depth)
        if (depths := self.depths) is None:
            msg = "Levels that see depth are checked on rendered hands: leave out --images."
            raise ConfigurationError(msg)
        return lambda session: predict_depth(session, depths)


def check_networks(
    bank: Manifest, choices: Sequence[Choice[NetworkInfo]], hands: CheckedHands
) -> Iterator[Check]:
    """Run networks, the dense one in fp32 first, on hands.

    Raises:
        ModelError: A file is missing, damaged or another one, or a level finds other joints.
        ConfigurationError: The pictures show no hand, or levels see depth and there is none.
    """
    # Levels that see depth and those that see images are compared among themselves.
    kinds: dict[bool, tuple[Callable[[Session], Predictions], Predictions]] = {}
    for one in choices:
        if isinstance(one.info, LevelInfo) and (kind := one.info.depth is None) not in kinds:
            look = hands.looker(one.info)
            kinds[kind] = look, look(open_checked(read_network(bank, one.info), one))
    palms: dict[str, list[list[PalmDetection]]] = {}

    def check(choice: Choice[NetworkInfo], session: Session) -> Check:
        choice = choice.run_by(session)
        if isinstance(choice.info, LevelInfo):
            look, reference = kinds[choice.info.depth is None]
            found = look(session)
            if count := int(found.unusable.sum()):
                msg = (
                    f"The network {choice.info.file} answers {count} of {len(found.presence)} hands with "
                    f"unusable outputs on {session.provider}: choose another precision, or export it again."
                )
                raise BackendError(msg)
            deviations = deviation_palm_percent(found, reference)[~reference.unusable]
            limit = _limit(choice, hands.data)
            value = float(deviations.mean()) if len(deviations) else math.nan
            return Check(choice, DEVIATION, value, limit, len(deviations))
        detector = PalmDetector(choice, session)
        seen = [detector.detect(image, "bgr") for image in hands.images]
        for sentence in detector.unusable:
            raise BackendError(sentence)
        value, count = _found_too(palms.setdefault(choice.info.name, seen), seen)
        return Check(choice, PALMS_FOUND, value, _LEAST_PALMS_FOUND, count)

    for choice in choices:
        network = read_network(bank, choice.info)
        session = None
        try:
            session = open_checked(network, choice)
            result = check(choice, session)
        except (BackendError, ModelError) as error:
            metric = DEVIATION if isinstance(choice.info, LevelInfo) else PALMS_FOUND
            result = Check(choice, metric, math.nan, None, 0, str(error), opens=session is not None)
        yield result


def _crops(images: Sequence[Image]) -> list[NDArray[np.uint8]]:
    finder = HandFinder.load()
    crops = [cut(image, region) for image in images for region in finder.regions(image)]
    if not crops:
        msg = f"No hand was found in {len(images)} pictures: give pictures that show hands."
        raise ConfigurationError(msg)
    return crops


def _limit(choice: Choice[NetworkInfo], data: str) -> float | None:
    """Return the largest deviation that what is recorded of a network allows, % of palm size."""
    info = choice.info
    if isinstance(info, LevelInfo) and info.index == 0 and choice.precision == "fp32":
        return _ON_SAME[1]  # it is compared with itself
    recorded = [
        one
        for one in info.accuracy
        if one.metric == DEVIATION and (choice.as_filed or one.provider == choice.provider)
    ]
    if not recorded:
        return None
    same = [one for one in recorded if one.data == data]
    factor, margin = _ON_SAME if same else _ON_OTHER
    return factor * max(one.value for one in same or recorded) + margin


def _found_too(
    expected: Sequence[Sequence[PalmDetection]], found: Sequence[Sequence[PalmDetection]]
) -> tuple[float, int]:
    """Return the share of palms that are found again, %, and how many there are."""
    again = [
        any(boxes_overlap(palm.box.tolist(), other.box.tolist()) >= _SAME_PALM for other in others)
        for palms, others in zip(expected, found, strict=True)
        for palm in palms
    ]
    return (100 * float(np.mean(again)) if again else math.nan), len(again)
