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

"""A joint training as a whole: from a pack of pictures and a bank to networks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import onnx
import torch

from hand_tracking_dsp.compression.bank.files import read_level
from hand_tracking_dsp.compression.data.picture_pack import PackedPicture, PictureKind, read_pack_with
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_geometry import SIZE
from hand_tracking_dsp.compression.distillation.batch_maker import BatchMaker, BatchOptions, LabelledBatch
from hand_tracking_dsp.compression.distillation.clean_crops import (
    CleanCrops,
    DeviceTeacher,
    EmptyCutter,
    HandCutter,
)
from hand_tracking_dsp.compression.distillation.joint_samples import (
    CHANGED,
    SamplesInBackground,
    changed_set,
    cut_all,
    label_all,
    validation_sets,
)
from hand_tracking_dsp.compression.distillation.joint_train import JointTrainer
from hand_tracking_dsp.compression.distillation.late_student import LateStudent, batches_for
from hand_tracking_dsp.compression.distillation.layout import fastest_layout
from hand_tracking_dsp.compression.distillation.level_to_train import LevelToTrain
from hand_tracking_dsp.compression.distillation.samples import folder_of
from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions, Student
from hand_tracking_dsp.compression.input_size import InputSize
from hand_tracking_dsp.compression.statues.rendered_hands import RenderedHandRecipe
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import write_bytes, write_text
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import Manifest
from hand_tracking_dsp.tracking.network_info import LevelInfo

RECORD = "training.json"
"""Name of the file that describes a training and the networks beside it."""

_NEEDED = {
    PictureKind.HAND: "hands to train on",
    PictureKind.EMPTY: "pictures without a hand",
    PictureKind.CROP: "hands to measure on",
}
_SHARD = 64
_FITTED = 6144
# Batches between two looks for rendered hands, and the share of new ones that is worth a copy of all.
_LOOK_EVERY, _WORTH = 100, 0.1
# What is left to do after the training: rendering ends, networks are written.
_END_S = 6.0


@dataclass(frozen=True, slots=True)
class JointRunOptions:
    """Amounts of a joint training.

    Attributes:
        hands: Crops of real hands.
        empty: Crops without a hand.
        rendered: Rendered hands.
        workers: Processes that draw them.
        kept: Samples that are made once, to train behind frozen first blocks; 0: all blocks are trained, on
            ever new samples.
        batch: Contents of a batch.
        training: Options of the training; seconds is 0 where it ends with this call.
    """

    hands: int = 98304
    empty: int = 40960
    rendered: int = 49152
    workers: int = 2
    kept: int = 0
    batch: BatchOptions = field(default_factory=BatchOptions)
    training: JointTrainingOptions = field(default_factory=JointTrainingOptions)


class JointRun:
    """Trains levels on a pack of pictures; the same run goes on where it was stopped.

    The work folder gets rendered hands, a folder of checkpoints, and the networks with training.json.

    Args:
        pack: Pack of pictures.
        bank: Bank of the levels that are begun with; level 0 is the teacher.
        levels: Levels to make besides the dense one.
        work: Work folder.
        options: Amounts.
        report: Called with lines.

    Raises:
        ConfigurationError: The pack cannot be used, or a level is named twice.
        ModelError: The bank has no such level in fp32.
    """

    def __init__(
        self,
        pack: Path,
        bank: Manifest,
        levels: Sequence[LevelToTrain],
        work: Path,
        options: JointRunOptions,
        report: Callable[[str], None],
    ) -> None:
        self._pack, self._work, self._options, self._report = pack, work, options, report
        self._dense, self._dense_model = read_level(bank)
        self._starts: list[tuple[str, InputSize, LevelInfo, onnx.ModelProto]] = []
        for level in levels:
            info, model = read_level(bank, level.start)
            self._starts.append((f"{info.name}_{level.size}".replace("/", "of"), level.size, info, model))
        names = [self._dense.name, *(name for name, *_ in self._starts)]
        if len(set(names)) < len(names):
            msg = f"A level is named twice ({', '.join(names[1:])}): name each once."
            raise ConfigurationError(msg)
        # Other crops in each call.
        self._draw = Draw(options.training.seed + _steps_before(work), options.training.device)

    def run(self, stop_after_s: float, on_batch: Callable[[LabelledBatch], None] | None = None) -> bool:
        """Train for as long as there is time, and write the networks.

        Args:
            stop_after_s: Time after which it is to be back, seconds.
            on_batch: Called with one batch before the training.

        Returns:
            Whether the training is finished; else the same call goes on with it.

        Raises:
            ConfigurationError: There is no time left to train after the preparations, or training diverged.
            OutputError: The work folder cannot be written.
        """
        started = time.monotonic()
        options = self._options
        recipe = RenderedHandRecipe(options.training.seed, shard=_SHARD)
        folder = folder_of(recipe, self._work, "rendered")
        with SamplesInBackground(recipe, options.rendered, folder, options.workers) as rendered:
            teacher = DeviceTeacher(self._dense_model, options.training.device)
            pictures = read_pack_with(self._pack, _NEEDED)
            validation = validation_sets(pictures, teacher)
            real, empty = self._crops(pictures, teacher)
            changed = changed_set(validation, empty, options.batch, teacher.device)
            validation |= {CHANGED: changed} if changed else {}
            maker = BatchMaker(real, rendered.new(teacher), empty, options.batch, teacher)
            if on_batch:
                on_batch(maker.make(self._draw))
            trainer = self._trainer(maker, real, validation, teacher)

            def left() -> float:
                return stop_after_s - _END_S - (time.monotonic() - started)

            if left() <= 0:
                msg = (
                    f"After {time.monotonic() - started:.0f} s of preparations no time is left: give it "
                    f"more time, or fewer --hands."
                )
                raise ConfigurationError(msg)
            if not options.training.seconds:
                trainer.finish_within(left())
            self._report(f"training from batch {trainer.step}, {100 * trainer.progress:.0f} % done")
            finished = trainer.run(
                self._report, left(), lambda step: self._take_rendered(step, rendered, maker, teacher)
            )
        self._write(trainer, len(pictures), finished=finished)
        return finished

    def _crops(
        self, pictures: Sequence[PackedPicture], teacher: DeviceTeacher
    ) -> tuple[CleanCrops, CleanCrops]:
        """Cut out hands and places without one."""
        options, found = self._options, []
        for name, cutter, count in (
            ("hands", HandCutter(pictures, teacher), options.hands),
            ("places without a hand", EmptyCutter(pictures, teacher), options.empty),
        ):
            crops = cut_all(cutter, count, self._draw, teacher.device, lambda *_: None)
            self._report(f"{len(crops)} {name} cut out and labelled")
            found.append(crops)
        if teacher.device == "cuda":
            torch.cuda.empty_cache()
        return found[0], found[1]

    def _trainer(
        self,
        maker: BatchMaker,
        real: CleanCrops,
        validation: dict[str, LabelledBatch],
        teacher: DeviceTeacher,
    ) -> JointTrainer[Student]:
        """Make the students, and resume what there is of them."""
        options = self._options.training
        device = options.device
        if device == "cuda":
            some = real.images[: self._options.batch.size].float() / 255
            last, tune = fastest_layout(self._dense_model, some, half=options.half)
            torch.backends.cudnn.benchmark = tune
            options = replace(options, channels_last=last)
            self._report(f"channels last: {last}, tuned: {tune}")
        order = torch.randperm(len(real), generator=torch.Generator().manual_seed(options.seed))
        images, labels = real.batch(order[:_FITTED].to(device))
        # What the dense network says of these very crops: the means of its views are farther from it.
        fit = images, {**labels, **label_all(images, teacher)}
        kind = LateStudent if self._options.kept else Student
        students = [kind(name, model, size, options, fit) for name, size, _, model in self._starts]
        settings = f"{self._dense.computes}{[(name, start.computes) for name, _, start, _ in self._starts]}"
        settings += f"{options.learning_rate}{options.seed}{self._options.batch}{self._options.kept}"
        folder = self._work / f"training-{sha256_of(settings.encode())[:8]}"
        batches = batches_for(students, maker, self._options.kept, self._options.batch.size, self._draw)
        return JointTrainer(students, batches, validation, folder, options)

    def _take_rendered(
        self, step: int, rendered: SamplesInBackground, maker: BatchMaker, teacher: DeviceTeacher
    ) -> None:
        """Take the rendered hands that have been drawn since, now and then."""
        known = maker.rendered
        if step % _LOOK_EVERY or (known and rendered.waiting < _WORTH * len(known)):
            return
        if new := rendered.new(teacher):
            maker.rendered = CleanCrops.of([known, new] if known else [new])
            self._report(f"batch {step}: {len(maker.rendered)} rendered hands")

    def _write(self, trainer: JointTrainer[Student], pictures: int, *, finished: bool) -> None:
        """Write the networks, and what they were made of and how."""
        networks = [
            (self._dense.name, InputSize(SIZE, SIZE), self._dense, self._dense_model),
            *(
                (name, size, start, student.to_onnx())
                for student, (name, size, start, _) in zip(trainer.students, self._starts, strict=True)
            ),
        ]
        levels: list[dict[str, Any]] = []
        for name, size, start, model in networks:
            data = serialized(model)
            write_bytes(self._work / f"{name}.onnx", data)
            levels.append(
                {
                    "name": name,
                    "sha256": sha256_of(data),
                    "input_size": size.side,
                    "seen": size.seen,
                    "start": start.name,
                    "start_sha256": start.computes,
                    "keep": dict(start.keep),
                }
            )
        options = self._options
        record = {
            "pack_sha256": sha256_of(self._pack.read_bytes()),
            "pictures": pictures,
            "hands": options.hands,
            "empty": options.empty,
            "rendered": options.rendered,
            "kept": options.kept,
            "batch": asdict(options.batch),
            "training": asdict(options.training),
            "steps": trainer.step,
            "finished": finished,
            "levels": levels,
            "curve": trainer.curve,
        }
        write_text(self._work / RECORD, json.dumps(record, indent=1) + "\n")


def _steps_before(work: Path) -> int:
    """Return the number of batches of an earlier call, 0 if there was none."""
    try:
        return int(json.loads((work / RECORD).read_text(encoding="utf-8"))["steps"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
