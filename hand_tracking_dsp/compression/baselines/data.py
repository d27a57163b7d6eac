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

"""Data of the comparison: crops to calibrate with, packed pictures to train on, sets to measure on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx

from hand_tracking_dsp.compression.bank.deviation import predict
from hand_tracking_dsp.compression.bank.sessions import open_exact
from hand_tracking_dsp.compression.baselines.measure import EvaluationSet
from hand_tracking_dsp.compression.data.crops import Crops, collect_crops
from hand_tracking_dsp.compression.data.pack_pictures import PackOptions, PicturePacker
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, read_pack, write_pack
from hand_tracking_dsp.compression.data.pictures import list_pictures
from hand_tracking_dsp.compression.data.synthetic import SYNTHETIC, draw_pictures, synthetic_hands
from hand_tracking_dsp.compression.distillation.distill import Progress
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_text

# Synthetic pictures to train on; many crops are cut out of each.
_DRAWN = 400


@dataclass(frozen=True, slots=True)
class BaselineDataOptions:
    """Options of the data.

    Attributes:
        images: Folders of pictures to calibrate with; synthetic hands are drawn where there are none.
        validation: Folders of pictures to measure on.
        pack: Packed pictures to train on; None: those of images are packed.
        crops: Number of hands to calibrate with, at least 32.
        exam: Number of hands of each data set to measure on, at least 32.
        seed: Random seed.
    """

    images: tuple[Path, ...]
    validation: tuple[Path, ...]
    pack: Path | None = None
    crops: int = 480
    exam: int = 200
    seed: int = 0


def pack_path(work: Path) -> Path:
    """Return the place of the packed pictures in the work folder."""
    return work / "pack.npz"


def calibration_crops(options: BaselineDataOptions, work: Path, report: Progress) -> Crops:
    """Cut out hands to calibrate with, or read those that an earlier call has kept in the folder.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: The folders show fewer than 32 hands, or the work folder was begun with others.
        OutputError: The work folder cannot be written.
    """
    _claim(work, options)
    return _collected("images", _folders(options, work, report), options.crops, options.seed, work, report)


def prepare_pack(options: BaselineDataOptions, work: Path, report: Progress) -> None:
    """Put packed pictures to train on into the work folder, unless they are there.

    Packed from folders are their hands, places beside them, and the hands to measure on, for the curves of
    training.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: The packed pictures cannot be read, the folders show fewer than 32 hands, or the
            work folder was begun with others.
        OutputError: The work folder cannot be written.
    """
    _claim(work, options)
    path = pack_path(work)
    if path.exists():
        return
    pictures = read_pack(options.pack) if options.pack else _packed(options, work, report)
    unfinished = path.with_suffix(".unfinished")
    write_pack(unfinished, pictures)
    unfinished.replace(path)


def evaluation_sets(
    options: BaselineDataOptions, dense: onnx.ModelProto, work: Path, report: Progress
) -> tuple[EvaluationSet, ...]:
    """Cut out hands to measure on; the last set is of synthetic hands, with exact joints.

    Raises:
        SourceError: A folder is missing or holds no picture.
        ConfigurationError: A folder shows fewer than 32 hands, or the work folder was begun with others.
        OutputError: The work folder cannot be written.
    """
    _claim(work, options)
    session = open_exact(dense)
    sets = [
        EvaluationSet(name, crops.images, predict(session, crops.images))
        for name, crops in _validation(options, work, report).items()
    ]
    drawn, truth = synthetic_hands(
        options.exam, options.seed, lambda done, of: report("drawing hands to measure on", done, of, "")
    )
    return (*sets, EvaluationSet(SYNTHETIC, drawn.images, predict(session, drawn.images), truth))


def _packed(options: BaselineDataOptions, work: Path, report: Progress) -> list[PackedPicture]:
    """Pack hands and places beside them, and hands to measure on."""
    packer = PicturePacker.load(
        PackOptions(measured=options.exam, seed=options.seed),
        lambda name, done, of: report(f"packing {name}", done, of, ""),
    )
    for folder in _folders(options, work, report):
        packer.add_hands(list_pictures(folder))
    for folder in options.validation:
        packer.measure_hands(list_pictures(folder))
    return packer.pictures


def _folders(options: BaselineDataOptions, work: Path, report: Progress) -> Sequence[Path]:
    if options.images:
        return options.images
    drawn = work / "synthetic_hands"
    draw_pictures(drawn, _DRAWN, lambda done, of: report("drawing synthetic hands", done, of, ""))
    return (drawn,)


def _validation(options: BaselineDataOptions, work: Path, report: Progress) -> dict[str, Crops]:
    found = {}
    for folder in options.validation:
        name = folder.resolve().name
        found[name] = _collected(f"validation {name}", [folder], options.exam, options.seed, work, report)
    return found


def _collected(
    name: str, folders: Sequence[Path], count: int, seed: int, work: Path, report: Progress
) -> Crops:
    """Read crops kept by an earlier call, or cut them out."""
    path = work / "crops" / f"{name}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as kept:
            return Crops(kept["images"], tuple(map(str, kept["sources"])), tuple(map(str, kept["groups"])))
    what = f"cutting hands out of {name}"
    crops = collect_crops(folders, count, seed, on_progress=lambda done, of: report(what, done, of, ""))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished.npz")
    np.savez(unfinished, images=crops.images, sources=np.array(crops.sources), groups=np.array(crops.groups))
    unfinished.replace(path)
    return crops


def _claim(work: Path, options: BaselineDataOptions) -> None:
    """Refuse a work folder of other options; only the sets to measure on may change."""
    path = work / "options.json"
    mine = asdict(options)
    del mine["validation"]
    text = json.dumps(mine, default=str, indent=1) + "\n"
    if not path.exists():
        write_text(path, text)
    elif path.read_text(encoding="utf-8") != text:
        msg = f"The work folder {work} was begun with other options ({path} names them): choose another one."
        raise ConfigurationError(msg)
