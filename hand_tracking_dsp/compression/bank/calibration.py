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

"""Calibration of a bank on hold-out crops: presence thresholds by level, and the scale of error_percent.

Both are chosen on one half of the crops; what they bring is measured on the other one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hand_tracking_dsp.compression.bank.entries import WITHOUT_HAND, new_accuracy, with_accuracy
from hand_tracking_dsp.compression.bank.error_scale import with_error_scale
from hand_tracking_dsp.compression.bank.files import read_model, with_files, write_bank
from hand_tracking_dsp.compression.bank.hold_out import (
    EMPTY,
    FileOutputs,
    HoldOutCrops,
    Mask,
    dense_file,
)
from hand_tracking_dsp.compression.bank.presence_threshold import (
    Acceptance,
    PresenceSamples,
    choose_threshold,
)
from hand_tracking_dsp.compression.bank.reliability import agreement_samples, error_score, fit_error_scale
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.losses import ACCEPTED
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import Accuracy, File, LevelInfo
from hand_tracking_dsp.tracking.tracker_options import PRESENCE_THRESHOLD, TrackerOptions

_LEAST_CROPS = 20
FEW_CROPS = 100
"""Below so many in a half a single one moves a share by more than 1 %."""


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """Presence threshold of a level, and what it does on the half that it was not chosen on.

    Attributes:
        level: The level as the bank has it.
        old: Its threshold in the bank.
        new: The one chosen.
        chosen_on: Acceptance at the new threshold on the half that it was chosen on.
        before: Acceptance at the old threshold on the other half.
        after: Acceptance at the new one there.
    """

    level: LevelInfo
    old: float
    new: float
    chosen_on: Acceptance
    before: Acceptance
    after: Acceptance


@dataclass(frozen=True, slots=True)
class ErrorScale:
    """Scale of the error_percent of a file, and what it does on the half that it was not fitted to.

    Attributes:
        info: The level in that file.
        slope: Factor of the logarithm.
        shift: Number added to the logarithm.
        said: Mean of the expected deviations before, % of palm.
        scaled: The same after.
        met: Mean of the deviations met, % of palm.
        better: Whether the scaled expectations fit better.
    """

    info: LevelInfo
    slope: float
    shift: float
    said: float
    scaled: float
    met: float
    better: bool


def choose_thresholds(
    bank: Manifest, found: Sequence[FileOutputs], held_out: HoldOutCrops, half: Mask, lost_limit: float
) -> list[ThresholdChoice]:
    """Choose the threshold of each level but the dense one, which keeps its own and is the measure of others.

    Args:
        bank: The bank.
        found: Outputs of all files of all levels.
        held_out: The crops, of which some are empty.
        half: Crops to choose on.
        lost_limit: Share of the hands that may be lost, %.

    Raises:
        ConfigurationError: There are too few of them.
    """
    for name, count in counted(held_out, half).items():
        if count < _LEAST_CROPS:
            msg = (
                f"Only {count} {name} are in one half of the pictures: give more; {_LEAST_CROPS} are needed."
            )
            raise ConfigurationError(msg)
    old = TrackerOptions().presence_thresholds(bank.levels)
    dense = next(one for one in found if one.info.file == dense_file(bank).file)
    limit = PresenceSamples.of([dense], held_out, half).at(old[0]).empty
    choices = []
    for level in bank.levels:
        files = [one for one in found if one.info.index == level.index]
        here, there = (PresenceSamples.of(files, held_out, part) for part in (half, ~half))
        before = old[level.index]
        new = choose_threshold(here, limit, lost_limit) if level.index else before
        choices.append(ThresholdChoice(level, before, new, here.at(new), there.at(before), there.at(new)))
    return choices


def counted(held_out: HoldOutCrops, half: Mask) -> dict[str, int]:
    """Count what thresholds are chosen on, by what it is: in the half that has fewer."""
    kinds = {"hands that the dense network finds": held_out.found, WITHOUT_HAND: held_out.of(EMPTY)}
    return {name: int(min((crops & part).sum() for part in (half, ~half))) for name, crops in kinds.items()}


def fit_error_scales(found: Sequence[FileOutputs], held_out: HoldOutCrops, half: Mask) -> list[ErrorScale]:
    """Fit the scale of each file that says error_percent, on agreement with the dense network."""
    scales = []
    for one in found:
        hands = agreement_samples(one, held_out) & np.isfinite(one.deviation) & np.isfinite(one.error_percent)
        if not one.says_error or min((hands & half).sum(), (hands & ~half).sum()) < _LEAST_CROPS:
            continue
        slope, shift = fit_error_scale(one.error_percent[hands & half], one.deviation[hands & half])
        said, met = one.error_percent[hands & ~half], one.deviation[hands & ~half]
        scaled = np.exp(slope * np.log(said) + shift)
        better = error_score(scaled, met) < error_score(said, met)
        expected, after, real = (float(values.mean()) for values in (said, scaled, met))
        scales.append(ErrorScale(one.info, slope, shift, expected, after, real, better))
    return scales


def accepted_figures(
    found: Sequence[FileOutputs], held_out: HoldOutCrops, thresholds: Sequence[ThresholdChoice]
) -> dict[str, tuple[Accuracy, ...]]:
    """Return what each file accepts of each set without a hand at the thresholds chosen, by its name."""
    chosen = {choice.level.index: choice.new for choice in thresholds}
    sets = [(name, crops) for (kind, name), crops in held_out.sets.items() if kind == EMPTY]
    return {
        one.info.file: tuple(
            new_accuracy(
                f"{name} ({crops.sum()} {WITHOUT_HAND})",
                float(100 * (one.presence[crops] >= chosen[one.info.index]).mean()),
                int(crops.sum()),
                one.provider,
                ACCEPTED,
            )
            for name, crops in sets
        )
        for one in found
    }


def write_calibrated(
    bank: Manifest,
    thresholds: Sequence[ThresholdChoice],
    scales: Sequence[ErrorScale],
    accepted: Mapping[str, Sequence[Accuracy]],
) -> Manifest:
    """Write thresholds into bank.json, and scales that fit better into the networks.

    What files accept takes the place of such figures at other thresholds, which no longer hold.

    Args:
        bank: The bank as it was read.
        thresholds: Thresholds chosen.
        scales: Scales of error_percent.
        accepted: Figures of what each file accepts at these thresholds, by its name.

    Raises:
        ModelError: A network is missing, damaged or another one, or the bank was changed meanwhile.
        OutputError: Something cannot be written.
    """
    chosen = {choice.level.index: choice.new for choice in thresholds}
    levels = tuple(_with_threshold(level, chosen.get(level.index)) for level in bank.levels)
    scaled: dict[str, ErrorScale] = {one.info.file: one for one in scales if one.better}
    files = {
        name: serialized(with_error_scale(read_model(bank, one.info), one.slope, one.shift))
        for name, one in scaled.items()
    }

    def measured(info: File) -> File:
        if info.file not in accepted:
            return info
        others = tuple(one for one in info.accuracy if one.metric != ACCEPTED)
        return with_accuracy(replace(info, accuracy=others), *accepted[info.file])

    new = with_files(bank.with_levels(levels), files).with_each_file(measured)
    return write_bank(bank.folder, new, files, since=bank)


def _with_threshold(level: LevelInfo, threshold: float | None) -> LevelInfo:
    if threshold is None or threshold == level.presence_threshold:
        return level
    return replace(level, presence_threshold=None if threshold == PRESENCE_THRESHOLD else threshold)
