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

"""Training of a palm detector as a whole: from folders of pictures and a bank to a detector in a folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from torch import Tensor

from hand_tracking_dsp.compression.bank.files import read_model
from hand_tracking_dsp.compression.distillation.batch_changes import Draw
from hand_tracking_dsp.compression.distillation.batch_maker import LabelledBatch
from hand_tracking_dsp.compression.distillation.joint_train import JointTrainer, Report
from hand_tracking_dsp.compression.distillation.palm_frames import (
    FrameMaker,
    FrameOptions,
    PalmTeacher,
    PictureViews,
)
from hand_tracking_dsp.compression.distillation.palm_student import PalmStudent, measure_palms
from hand_tracking_dsp.compression.distillation.student import JointTrainingOptions
from hand_tracking_dsp.compression.onnx_graph import parse_model
from hand_tracking_dsp.compression.palm.pictures import calibration_inputs, split_pictures
from hand_tracking_dsp.compression.palm.prune import prune_palm
from hand_tracking_dsp.compression.palm.score_shift import score_shift, with_shifted_scores
from hand_tracking_dsp.compression.palm.trained import TrainedPalm, read_trained, write_trained
from hand_tracking_dsp.documents import sha256_of
from hand_tracking_dsp.errors import ConfigurationError
from hand_tracking_dsp.files import make_folder, write_bytes
from hand_tracking_dsp.images.options import ImageOptions
from hand_tracking_dsp.tracking.composition.onnx_changes import serialized
from hand_tracking_dsp.tracking.manifest import Manifest

_CALIBRATED = 128
_MEASURED = 192
# Frames of hands, and as many without, on which the scores are compared with the dense detector's.
_COMPARED = 256
_TIMED = 32
# What is left to do after the training: the network is written.
_END_S = 3.0


@dataclass(frozen=True, slots=True)
class PalmTrainingOptions:
    """Options of a palm detector's training.

    Attributes:
        without: Residual blocks that are taken out of the dense detector before it is pruned and trained.
        depthwise: Train depthwise kernels, too.
        pictures: Most pictures of hands.
        frames: Contents of a batch.
        start: Work folder of an earlier training, with whose detector this begins; None: with a pruned one.
        training: Options of the training; seconds is 0 where it ends with this call.
        limit: Limit of the pictures that are read.
    """

    without: tuple[str, ...] = ("block01", "block03")
    depthwise: bool = False
    pictures: int = 6000
    frames: FrameOptions = field(default_factory=FrameOptions)
    start: Path | None = None
    training: JointTrainingOptions = field(default_factory=JointTrainingOptions)
    limit: ImageOptions = field(default_factory=ImageOptions)


@dataclass(frozen=True, slots=True)
class _Compared:
    """Frames on which a detector's scores are compared with the dense one's.

    Attributes:
        images: float32 [2 n, 3, side, side]; of hands, then without.
        palms: bool [n]; where the dense detector sees a palm among those of hands.
        false: bool [n]; the same among the others.
    """

    images: Tensor
    palms: Tensor
    false: Tensor

    def seconds(self, student: PalmStudent) -> float:
        """Foretell how long shift takes."""
        begun, some = time.monotonic(), self.images[:_TIMED]
        student.predict(some)
        return (time.monotonic() - begun) * len(self.images) / len(some)

    def shift(self, student: PalmStudent) -> float:
        """Choose what is to be added to a detector's scores: nothing where no palm is there to compare."""
        if not self.palms.any():
            return 0.0
        found = student.predict(self.images)["scores"][:, :, 0].amax(1).cpu().numpy()
        hands, empty = np.split(found, 2)
        return score_shift(hands[self.palms.cpu().numpy()], empty, float(self.false.float().mean()))


class PalmTraining:
    """Trains a palm detector; the same training goes on where it was stopped.

    The last quarter of each folder by name is held out to measure on. The work folder gets the network that
    the training begins with, a folder of checkpoints, and the detector with its record.

    Args:
        bank: Bank whose first palm detector is pruned and trained, and is the teacher.
        hands: Folders of pictures of hands.
        empty: Folders of pictures without a hand.
        work: Work folder.
        options: Options.
        report: Called with lines.

    Raises:
        ModelError: The bank has no palm detector in fp32 that can be trained.
        SourceError: A folder is missing or holds no picture.
    """

    def __init__(
        self,
        bank: Manifest,
        hands: Sequence[Path],
        empty: Sequence[Path],
        work: Path,
        options: PalmTrainingOptions,
        report: Report,
    ) -> None:
        self._work, self._options, self._report = work, options, report
        self._detectors = bank.detectors
        self._models = [read_model(bank, info) for info in bank.detectors]
        self._earlier = read_trained(options.start) if options.start else None
        self._hands, self._empty = (split_pictures(folders, options.limit) for folders in (hands, empty))

    def run(self, stop_after_s: float) -> bool:
        """Train for as long as there is time, and write the detector.

        Args:
            stop_after_s: Time after which it is to be back, seconds.

        Returns:
            Whether the training is finished; else the same call goes on with it.

        Raises:
            ConfigurationError: Too few pictures, no time left after the preparations, or training diverged.
            OutputError: The work folder cannot be written.
        """
        started, training = time.monotonic(), self._options.training
        make_folder(self._work)
        teacher = PalmTeacher(self._models, training.device)
        maker, unseen = (self._maker(teacher, part) for part in range(2))
        start = self._start()
        validation = self._validation(teacher, unseen)
        compared = self._compared(teacher, unseen)
        student = PalmStudent(self._detectors[0].name, start, training, depthwise=self._options.depthwise)
        settings = (
            f"{sha256_of(serialized(start))}{training.learning_rate}{training.seed}{self._options.frames}"
        )
        folder = self._work / f"training-{sha256_of(settings.encode())[:8]}"
        trainer = JointTrainer([student], maker, validation, folder, training, measure_palms)
        end_s = _END_S + compared.seconds(student)
        left = stop_after_s - end_s - (time.monotonic() - started)
        if left <= 0:
            spent = time.monotonic() - started
            msg = f"After {spent:.0f} s of preparations no time is left: give it more time."
            raise ConfigurationError(msg)
        if not training.seconds:
            trainer.finish_within(left)
        self._report(f"training from batch {trainer.step}, {100 * trainer.progress:.0f} % done")
        finished = trainer.run(self._report, left)
        shift = compared.shift(student) if finished else 0.0
        self._report(f"{shift:+.2f} is added to the scores")
        self._write(trainer, shift, finished=finished)
        return finished

    def _start(self) -> onnx.ModelProto:
        """Prune the dense detector, or read what an earlier call or training left."""
        if self._earlier is not None:
            return self._earlier.model
        dense, without, seed = self._detectors[0], self._options.without, self._options.training.seed
        pictures = [str(one.path) for one in (*self._hands[0], *self._empty[0])]
        way = sha256_of(f"{dense.computes}{without}{seed}{pictures}".encode())[:8]
        path = self._work / f"start-{way}.onnx"
        if path.exists():
            return parse_model(path.read_bytes(), str(path))
        self._report(f"pruning {dense.name} by least squares")
        images = calibration_inputs(self._hands[0], self._empty[0], _CALIBRATED, seed)
        start = prune_palm(self._models[0], images, without=without, seed=seed)
        write_bytes(path, serialized(start))
        return start

    def _maker(self, teacher: PalmTeacher, part: int) -> FrameMaker:
        """Make frames of the pictures to train on, part 0, or to measure on, 1."""
        most = self._options.pictures if part == 0 else _MEASURED
        views = []
        for kind, pictures in (("hands", self._hands), ("no hand", self._empty)):
            read = [image for one in pictures[part][:most] if (image := one.read()) is not None]
            if not read:
                msg = (
                    f"No picture of {kind} to {('train', 'measure')[part]} on can be read, where the last "
                    f"quarter of each folder is to measure on: give folders with more pictures."
                )
                raise ConfigurationError(msg)
            self._report(f"{len(read)} pictures of {kind} to {'measure' if part else 'train'} on")
            views.append(PictureViews(read, teacher.device))
        return FrameMaker(views[0], views[1], teacher, self._options.frames)

    def _validation(self, teacher: PalmTeacher, maker: FrameMaker) -> dict[str, LabelledBatch]:
        """Make sets to measure on, and report what the teacher itself sees where no hand is."""
        sets: dict[str, LabelledBatch] = {}
        draw = Draw(self._options.training.seed, teacher.device)
        for side in sorted(set(self._options.frames.sides), reverse=True):
            images, labels = sets[f"held out, {side}"] = maker.clean(
                draw, _MEASURED // 2, _MEASURED // 2, side
            )
            own = teacher.label(images)
            found = measure_palms({"boxes": own["boxes"], "scores": own["scores"][:, :, None]}, labels)
            self._report(f"the dense detector on held out, {side}: {found.get('false', 0.0):.1f} % false")
        first = sets[f"held out, {max(self._options.frames.sides)}"]
        sets["covered and changed"] = maker.changed(*first, draw)
        return sets

    def _compared(self, teacher: PalmTeacher, unseen: FrameMaker) -> _Compared:
        """Make the frames on which the scores are compared with the dense detector's."""
        side, draw = max(self._options.frames.sides), Draw(self._options.training.seed, teacher.device)
        images, labels = unseen.clean(draw, _COMPARED, _COMPARED, side)
        own = teacher.label(images[_COMPARED:])["scores"].amax(1) > 0
        return _Compared(images, labels["scores"][:_COMPARED].amax(1) > 0, own)

    def _write(self, trainer: JointTrainer[PalmStudent], shift: float, *, finished: bool) -> None:
        """Write the detector, and what it was made of and how."""
        options = self._options
        source: dict[str, Any] = {
            "file": self._detectors[0].file,
            "sha256": self._detectors[0].computes,
            "method": "blocks taken out, 5x5 kernels of the finest grid cut to 3x3, trained on frames",
            "without": list(options.without),
            "steps": trainer.step,
            "batch": options.frames.size,
            "learning_rate": options.training.learning_rate,
            "seed": options.training.seed,
            "added_to_scores": round(shift, 4),
        }
        if self._earlier is not None:
            source["without"] = self._earlier.source["without"]
            source["began_with"] = dict(self._earlier.source)
        rest = {
            "finished": finished,
            "pictures": sorted({one.source for one in (*self._hands[0], *self._empty[0])}),
            "frames": asdict(options.frames),
            "training": asdict(options.training),
            "curve": trainer.curve,
        }
        model = with_shifted_scores(trainer.students[0].to_onnx(), shift)
        write_trained(self._work, TrainedPalm(model, source), rest)
