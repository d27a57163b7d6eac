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

"""A bank whose files say how far off their landmarks are: heads fitted to each on packed pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from hand_tracking_dsp.compression.bank.files import (
    read_files,
    read_level,
    read_model,
    with_files,
    write_bank,
)
from hand_tracking_dsp.compression.bank.hold_out import level_files
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_maker import BatchMaker, BatchOptions
from hand_tracking_dsp.compression.distillation.clean_crops import (
    CleanCrops,
    DeviceTeacher,
    EmptyCutter,
    HandCutter,
    label_rendered,
)
from hand_tracking_dsp.compression.distillation.error_fit import FeatureNetwork, fit_error_head, meet_all
from hand_tracking_dsp.compression.distillation.error_head import with_error_head
from hand_tracking_dsp.compression.distillation.joint_samples import cut_all
from hand_tracking_dsp.compression.statues.rendered_hands import RenderedHandRecipe
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import Manifest

_BATCH = 64
_RENDERED_SHARE = 0.2
# Places without a hand are what others are covered with: fewer will do.
_EMPTY_SHARE = 0.25

Progress = Callable[[str, int, int], None]
"""Called with the name of the work, how much is done and how much there is."""


@dataclass(frozen=True, slots=True)
class ErrorFitOptions:
    """Amounts of a fit.

    Attributes:
        hands: Crops of real hands to cut out of the pack.
        rendered: Rendered hands, whose joints are exact; 0: none.
        samples: Covered and changed crops to run every file on.
        seed: Random seed.
    """

    hands: int = 8192
    rendered: int = 1024
    samples: int = 16384
    seed: int = 0


def write_error_heads(
    bank: Manifest,
    pictures: Sequence[PackedPicture],
    out: Path,
    options: ErrorFitOptions,
    on_progress: Progress,
) -> Manifest:
    """Fit heads to all files of all levels of a bank, and write a bank that has them.

    Args:
        bank: The bank; all else is taken over.
        pictures: Packed pictures of hands and of places without one.
        out: Folder of the new bank.
        options: Amounts.
        on_progress: See Progress.

    Raises:
        ConfigurationError: No crop without a hand is left.
        ModelError: A file is missing, damaged, or no landmark network of images.
        OutputError: The bank cannot be written.
    """
    models = {info.file: read_model(bank, info) for info in level_files(bank)}
    networks = {name: FeatureNetwork(model) for name, model in models.items()}
    teacher, draw = DeviceTeacher(read_level(bank)[1], "cpu"), Draw(options.seed, "cpu")
    empty_count = math.ceil(_EMPTY_SHARE * options.hands)
    real, empty = (
        cut_all(cutter, count, draw, teacher.device, partial(on_progress, name))
        for cutter, count, name in (
            (HandCutter(pictures, teacher), options.hands, "cutting out hands"),
            (EmptyCutter(pictures, teacher), empty_count, "cutting out places"),
        )
    )
    rendered = _rendered(options, teacher, on_progress) if options.rendered else None
    contents = BatchOptions(_BATCH, real=1 - _RENDERED_SHARE, rendered=_RENDERED_SHARE)
    maker = BatchMaker(real, rendered, empty, contents)
    found = meet_all(
        networks,
        lambda: maker.make(draw),
        math.ceil(options.samples / _BATCH),
        partial(on_progress, "running networks"),
    )
    files = {}
    for number, (name, met) in enumerate(found.items()):
        on_progress("fitting heads", number, len(found))
        files[name] = serialized(with_error_head(models[name], fit_error_head(met, options.seed)))
    return write_bank(out, with_files(bank, files), {**read_files(bank), **files})


def _rendered(options: ErrorFitOptions, teacher: DeviceTeacher, on_progress: Progress) -> CleanCrops:
    make = RenderedHandRecipe(options.seed).maker()
    parts = []
    for start in range(0, options.rendered, _BATCH):
        drawn = [make(number) for number in range(start, min(start + _BATCH, options.rendered))]
        exact = {name: np.stack([labels[name] for _, labels in drawn]) for name in drawn[0][1]}
        parts.append(label_rendered(np.stack([image for image, _ in drawn]), exact, teacher))
        on_progress("drawing hands", start + len(drawn), options.rendered)
    return CleanCrops.of(parts)
