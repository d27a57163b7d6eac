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

"""Crops that nothing is learned from, and all that the files of a bank's levels say of them.

Deviation is agreement with the dense network's landmarks of the clean crop, never accuracy; only rendered
hands have exact joints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hand_tracking_dsp.compression.bank.deviation import Predictions, deviation_palm_percent, predict
from hand_tracking_dsp.compression.data.augment import Augmentation, changed, occluded
from hand_tracking_dsp.compression.data.crops import Crops
from hand_tracking_dsp.compression.data.pictures import generator_of
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.hand import JOINT_COUNT
from hand_tracking_dsp.tracking.backends.base import Session
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo, files_of
from hand_tracking_dsp.tracking.tracker_options import PRESENCE_THRESHOLD
from hand_tracking_dsp.tracking.types import Floats

CLEAN, COVERED, RENDERED, EMPTY = "clean", "covered", "rendered", "empty"
"""Kinds of crops: hands as they are, the same covered in part and changed in light and sharpness, rendered
ones, whose joints are exact, and regions without a hand."""

Mask = NDArray[np.bool_]

_CHANGES = Augmentation(change=0.3)
_COVERS = 3


@dataclass(frozen=True)
class HoldOutCrops:
    """Crops of several kinds, and what their landmarks should be.

    Attributes:
        crops: All crops.
        kinds: Kind of each.
        reference: Landmarks of the dense network on the clean crop, or exact ones; NaN without a hand.
        hand: Whether each shows a hand: clean and covered ones where the dense network takes the clean crop
            for one.
        found: Clean and covered hands that the dense network takes for one as they are.
    """

    crops: Crops
    kinds: NDArray[np.str_]
    reference: Predictions
    hand: Mask
    found: Mask

    @classmethod
    def make(
        cls,
        hands: Crops,
        empty: Crops | None,
        dense: Session,
        rendered: tuple[Crops, Predictions] | None = None,
        seed: int = 0,
    ) -> HoldOutCrops:
        """Cover hands, and run the dense network.

        Args:
            hands: Crops of hands.
            empty: Crops without a hand.
            dense: The dense network in fp32.
            rendered: Rendered hands, and their exact joints.
            seed: Seed of the covers.
        """
        covered = _covered(hands, seed)
        clean = predict(dense, hands.images)
        parts = [(CLEAN, hands, clean), (COVERED, covered, clean)]
        if rendered is not None:
            parts.append((RENDERED, *rendered))
        if empty is not None:
            parts.append((EMPTY, empty, _unknown(len(empty))))
        reference = _joined([one for _, _, one in parts])
        found = np.zeros(len(reference.presence), bool)
        presence = np.concatenate([clean.presence, predict(dense, covered.images).presence])
        found[: len(presence)] = presence >= PRESENCE_THRESHOLD
        crops = [one for _, one, _ in parts]
        return cls(
            Crops(
                np.concatenate([one.images for one in crops]),
                tuple(name for one in crops for name in one.sources),
                tuple(name for one in crops for name in one.groups),
            ),
            np.array([kind for kind, one, _ in parts for _ in range(len(one))]),
            reference,
            reference.presence >= PRESENCE_THRESHOLD,
            found & (reference.presence >= PRESENCE_THRESHOLD),
        )

    @cached_property
    def sets(self) -> Mapping[tuple[str, str], Mask]:
        """Kinds and names of the data sets, each with its crops; of hands only what counts as one."""
        sources = np.array(self.crops.sources)
        counted = self.hand | (self.kinds == EMPTY)
        names = dict.fromkeys(zip(self.kinds.tolist(), self.crops.sources, strict=True))
        return {(kind, name): (self.kinds == kind) & (sources == name) & counted for kind, name in names}

    def of(self, kind: str) -> Mask:
        """Return the crops of a kind; of hands only what counts as one."""
        chosen: Mask = (self.kinds == kind) & (self.hand | (kind == EMPTY))
        return chosen

    def half(self, seed: int) -> Mask:
        """Choose about half of the groups of each data set, to calibrate with; the others are to report on.

        Crops of one group look alike, so that all of them are in one half.

        Raises:
            ConfigurationError: A data set is of one group.
        """
        groups, sources = np.array(self.crops.groups), np.array(self.crops.sources)
        chosen: set[str] = set()
        for source in sorted(set(self.crops.sources)):
            names = sorted(set(groups[sources == source]))
            if len(names) < 2:
                msg = f"{source} cannot be halved: its pictures are of one scene; give more of them."
                raise ConfigurationError(msg)
            chosen.update(generator_of(seed, source).permutation(names)[: len(names) // 2].tolist())
        return np.isin(groups, sorted(chosen))


@dataclass(frozen=True, slots=True)
class FileOutputs:
    """Outputs of one file of a level on hold-out crops.

    Attributes:
        info: The level in that file.
        presence: float32 [n], 0 to 1.
        deviation: float32 [n], distance of its landmarks from the reference, % of palm; NaN without a hand,
            and where its outputs cannot be used.
        error_percent: float32 [n], the same as it expects it; NaN where it does not say it.
        unusable: Number of crops on which its outputs cannot be used; they count as no hand.
        provider: What ran it, as Session.provider.
    """

    info: LevelInfo
    presence: Floats
    deviation: Floats
    error_percent: Floats
    unusable: int = 0
    provider: str = ""

    @classmethod
    def of(cls, info: LevelInfo, session: Session, held_out: HoldOutCrops) -> FileOutputs:
        """Run a file."""
        found = predict(session, held_out.crops.images)
        deviation = deviation_palm_percent(found, held_out.reference)
        unusable = int(found.unusable.sum())
        return cls(info, found.presence, deviation, found.error_percent, unusable, session.provider)

    @property
    def says_error(self) -> bool:
        """True if the file has the output error_percent."""
        return not bool(np.isnan(self.error_percent).all())


def level_files(bank: Manifest) -> list[LevelInfo]:
    """Return every level of a bank in each of its files."""
    return [info for level in bank.levels for info in files_of(level)]


def dense_file(bank: Manifest) -> LevelInfo:
    """Return the dense level in fp32, which others are compared with, or in its default file without one."""
    files = files_of(bank.levels[0])
    return next((info for info in files if info.precision == "fp32"), files[0])


def _covered(hands: Crops, seed: int) -> Crops:
    """Cover parts of hands by parts of others of the same set, or plainly, and change light and sharpness.

    What covers a set is drawn from that set alone: its figures do not depend on which others there are.
    """
    sources = np.array(hands.sources)
    textures = {source: np.flatnonzero(sources == source) for source in set(hands.sources)}
    randoms = {source: generator_of(seed, source, COVERED) for source in textures}

    def images() -> Iterator[NDArray[np.uint8]]:
        for image, source in zip(hands.images, hands.sources, strict=True):
            covered, random = image, randoms[source]
            for _ in range(int(random.integers(_COVERS))):
                covered = occluded(covered, hands.images[random.choice(textures[source])], random)
            yield changed(covered, _CHANGES, random)

    return Crops(np.stack(list(images())), hands.sources, hands.groups)


def _unknown(count: int) -> Predictions:
    nothing = np.full((count, JOINT_COUNT, 3), np.nan, np.float32)
    none = np.zeros(count, np.float32)
    return Predictions(nothing, none, none, nothing, np.full(count, np.nan, np.float32))


def _joined(parts: Sequence[Predictions]) -> Predictions:
    names = ("landmarks", "presence", "handedness", "world_landmarks", "error_percent")
    return Predictions(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
